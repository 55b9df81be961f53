using System.Management.Automation;
using KernelDebug.Host;
using KernelDebug.IO;

namespace KernelDebug.Commands;

/// <summary>What keeps a command from the kernel's tracing files.</summary>
internal static class TraceErrors
{
    /// <summary>tracefs itself is not there, or not for this user.</summary>
    public static ErrorRecord Unusable(TracingFiles files)
    {
        (string id, ErrorCategory category) = files.State switch
        {
            TracingFilesState.Denied => ("TracefsAccessDenied", ErrorCategory.PermissionDenied),
            TracingFilesState.NotMounted => ("TracefsNotMounted", ErrorCategory.ResourceUnavailable),
            TracingFilesState.NotBuilt => ("TracefsNotBuilt", ErrorCategory.NotInstalled),
            _ => ("TracefsUnknown", ErrorCategory.ResourceUnavailable),
        };
        string message = $"The kernel's tracing files cannot be used: {files.Reason}.";
        return CommandErrors.Create(new InvalidOperationException(message), id, category, files.Path ?? TracingFiles.UsualPlace, message, Remedy(files));
    }

    /// <summary>How to get at it.</summary>
    /// <param name="files">The tracing files; those of this machine where left out.</param>
    public static string Remedy(TracingFiles? files = null) => (files ?? TracingFiles.Find()).State switch
    {
        TracingFilesState.Readable => "Where root is refused it, the kernel is locked down.",
        TracingFilesState.Denied => "Run PowerShell as root: tracefs is for root alone unless it was mounted otherwise.",
        TracingFilesState.NotBuilt => "Boot a kernel with CONFIG_FTRACE.",
        _ => $"As root: mount -t tracefs tracefs {TracingFiles.UsualPlace}.",
    };

    /// <summary>One of its files cannot be opened or read.</summary>
    /// <param name="cause">What the kernel said.</param>
    /// <param name="path">The file.</param>
    /// <param name="instance">The instance that was asked for.</param>
    public static ErrorRecord UnusableFile(Exception cause, string path, string? instance) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException when instance is not null => CommandErrors.Create(
            cause, "TraceInstanceNotFound", ErrorCategory.ObjectNotFound, instance, Formatting.ControlText.MakeNameVisible($"There is no instance {instance} of the kernel's trace."),
            $"Those there are: Get-ChildItem {System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(path))}. As root, mkdir makes one."),
        FileBusyException => CommandErrors.Create(
            cause, "TracePipeBusy", ErrorCategory.ResourceBusy, path, $"Another process reads {path}, and the kernel lets one do so at a time.",
            $"End the other: fuser -v {path} names it. Or read an instance's: -Instance; or what is in the buffer: -Snapshot."),
        UnauthorizedAccessException => CommandErrors.Create(
            cause, "TraceAccessDenied", ErrorCategory.PermissionDenied, path, $"{path} may not be read: {cause.Message}",
            "Run PowerShell as root. Where root is refused too, the kernel is locked down (Test-KernelDebug says)."),
        _ => CommandErrors.Create(cause, "TraceReadFailed", ErrorCategory.ReadError, path, $"{path} cannot be read: {cause.Message}", "Test-KernelDebug says what is in the way here."),
    };
}
