using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.IO;

/// <summary>
/// The running kernel's log as <c>/dev/kmsg</c> gives it: one record a read, from the oldest kept (Documentation/ABI/testing/dev-kmsg).
/// Opened with O_NONBLOCK, so that the end of the log is an end and not a wait for the next message, which a FileStream cannot ask for.
/// </summary>
public sealed partial class KernelLogDevice : IDisposable
{
    /// <summary>Where the device is.</summary>
    public const string DefaultPath = "/dev/kmsg";

    private const int ReadOnlyNonBlocking = 0x0800 | 0x80000; // O_RDONLY | O_NONBLOCK | O_CLOEXEC, the same on x86-64, arm64, riscv64 and s390x
    private const int NotPermitted = 1;
    private const int Interrupted = 4;
    private const int Again = 11;
    private const int BrokenPipe = 32;

    /// <summary>Larger than any record: CONSOLE_EXT_LOG_MAX and PRINTK_MESSAGE_MAX are 8,192 and 2,048 bytes; a smaller buffer is EINVAL.</summary>
    private const int RecordSize = 16 * 1024;

    private readonly SafeFileHandle _handle;
    private readonly string _path;

    private KernelLogDevice(SafeFileHandle handle, string path)
    {
        _handle = handle;
        _path = path;
    }

    /// <summary>Opens the log.</summary>
    /// <exception cref="FileNotFoundException">There is no such device, as in many containers.</exception>
    /// <exception cref="UnauthorizedAccessException">The device's mode or <c>kernel.dmesg_restrict</c> keeps this user out.</exception>
    /// <exception cref="IOException">It cannot be opened for another reason.</exception>
    public static KernelLogDevice Open(string path = DefaultPath)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no {path} here.", path);
        }

        SafeFileHandle handle = OpenFile(path, ReadOnlyNonBlocking);
        if (!handle.IsInvalid)
        {
            return new KernelLogDevice(handle, path);
        }

        int error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        string why = $"open({path}): {new Win32Exception(error).Message}";
        throw error is NotPermitted or 13 ? new UnauthorizedAccessException(why) : new IOException(why);
    }

    /// <summary>The next record; null at the log's end.</summary>
    /// <param name="wasOverwritten">True where records were lost before it, since the kernel wrote faster than they were read.</param>
    /// <exception cref="IOException">Reading failed.</exception>
    public string? Read(out bool wasOverwritten)
    {
        wasOverwritten = false;
        Span<byte> record = stackalloc byte[RecordSize];
        while (true)
        {
            nint length = ReadFile(_handle, ref MemoryMarshal.GetReference(record), RecordSize);
            if (length > 0)
            {
                return Encoding.UTF8.GetString(record[..(int)length]);
            }

            int error = length == 0 ? Again : Marshal.GetLastPInvokeError();
            switch (error)
            {
                case Again:
                    return null;
                case BrokenPipe:
                    wasOverwritten = true;
                    break;
                case Interrupted:
                    break;
                default:
                    throw new IOException($"read({_path}): {new Win32Exception(error).Message}");
            }
        }
    }

    /// <summary>Closes the device.</summary>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFile(SafeFileHandle file, ref byte buffer, nint size);
}
