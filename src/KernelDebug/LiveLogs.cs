using System.Management.Automation;
using KernelDebug.IO;
using KernelDebug.KernelLog;

namespace KernelDebug.Commands;

/// <summary>A log of this machine and where it came from.</summary>
internal sealed record LiveLog(string Path, IEnumerable<string> Lines);

/// <summary>The logs of this machine's kernel: crashes that pstore kept from earlier boots, then what <c>/dev/kmsg</c> still holds.</summary>
internal static class LiveLogs
{
    private const string PstoreDirectory = "/sys/fs/pstore";

    public static IEnumerable<LiveLog> Read(PSCmdlet command, LogInput input)
    {
        foreach (PstoreLog dump in PstoreLog.Join(PstoreFiles(command, input)))
        {
            yield return new LiveLog(dump.Path, dump.Lines);
        }

        yield return new LiveLog(KernelLogDevice.DefaultPath, KernelLines(command, input));
    }

    private static IEnumerable<string> KernelLines(PSCmdlet command, LogInput input)
    {
        using KernelLogDevice? device = Guard(command, KernelLogDevice.DefaultPath, () => KernelLogDevice.Open());
        bool lost = false;
        while (device is not null && !input.IsStopping && Guard(command, KernelLogDevice.DefaultPath, () => device.Read(out lost)) is { } record)
        {
            if (lost)
            {
                command.WriteWarning("The kernel overwrote messages of its log while it was read; a report may have lost lines.");
            }

            foreach (string line in KmsgRecord.ToLines(record))
            {
                yield return line;
            }
        }
    }

    private static IEnumerable<PstoreFile> PstoreFiles(PSCmdlet command, LogInput input)
    {
        string[] paths = [];
        try
        {
            paths = Directory.Exists(PstoreDirectory) ? Directory.GetFiles(PstoreDirectory, "dmesg-*") : [];
            command.WriteVerbose($"{PstoreDirectory}: {paths.Length} crash dumps");
        }
        catch (UnauthorizedAccessException)
        {
            command.WriteWarning($"{PstoreDirectory} may not be read by this user: crashes it kept from earlier boots are not shown. Run as root to see them.");
        }

        foreach (string path in paths)
        {
            if (path.EndsWith(".enc.z", StringComparison.Ordinal))
            {
                command.WriteWarning($"{path} is compressed in a way this kernel could not undo; it is left out. Boot the kernel that wrote it to read it.");
                continue;
            }

            yield return new PstoreFile(path, File.GetLastWriteTimeUtc(path), string.Join('\n', input.ReadLines(path)) + "\n");
        }
    }

    private static T? Guard<T>(PSCmdlet command, string path, Func<T> read)
        where T : class?
    {
        try
        {
            return read();
        }
        catch (FileNotFoundException missing)
        {
            command.WriteError(CommandErrors.Create(
                missing, "KernelLogNotFound", ErrorCategory.ObjectNotFound, path, $"There is no {path} here, as in most containers.", "Run this on the machine itself, or save its dmesg to a file."));
        }
        catch (UnauthorizedAccessException denied)
        {
            command.WriteError(CommandErrors.Create(
                denied, "KernelLogAccessDenied", ErrorCategory.PermissionDenied, path, $"The kernel's log {path} may not be read by this user{Restriction()}.", "Run PowerShell as root, or with CAP_SYSLOG."));
        }
        catch (IOException failed)
        {
            command.WriteError(CommandErrors.Create(
                failed, "KernelLogReadFailed", ErrorCategory.ReadError, path, $"The kernel's log cannot be read: {failed.Message}", "Save the output of dmesg to a file and read that."));
        }

        return null;
    }

    private static string Restriction()
    {
        const string Setting = "/proc/sys/kernel/dmesg_restrict";
        return File.Exists(Setting) && File.ReadAllText(Setting).Trim() == "1" ? " (kernel.dmesg_restrict is 1)" : "";
    }
}
