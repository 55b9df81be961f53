using System.ComponentModel;
using System.Text;

namespace KernelDebug.IO;

/// <summary>
/// The running kernel's log as <c>/dev/kmsg</c> gives it: one record a read, from the oldest kept (Documentation/ABI/testing/dev-kmsg).
/// Where nothing is waited for, the end of the log is an end.
/// </summary>
public sealed class KernelLogDevice : IDisposable
{
    /// <summary>Where the device is.</summary>
    public const string DefaultPath = "/dev/kmsg";

    /// <summary>Larger than any record: CONSOLE_EXT_LOG_MAX and PRINTK_MESSAGE_MAX are 8,192 and 2,048 bytes; a smaller buffer is EINVAL.</summary>
    private const int RecordSize = 16 * 1024;

    private readonly PolledFile _file;

    private KernelLogDevice(PolledFile file) => _file = file;

    /// <summary>Opens the log.</summary>
    /// <exception cref="FileNotFoundException">There is no such device, as in many containers.</exception>
    /// <exception cref="UnauthorizedAccessException">The device's mode or <c>kernel.dmesg_restrict</c> keeps this user out.</exception>
    /// <exception cref="IOException">It cannot be opened for another reason.</exception>
    public static KernelLogDevice Open(string path = DefaultPath) => new(PolledFile.Open(path));

    /// <summary>The next record; null at the log's end.</summary>
    /// <param name="wasOverwritten">True where records were lost before it, since the kernel wrote faster than they were read.</param>
    /// <exception cref="IOException">Reading failed.</exception>
    public string? Read(out bool wasOverwritten)
    {
        wasOverwritten = false;
        Span<byte> record = stackalloc byte[RecordSize];
        while (true)
        {
            switch (_file.TryRead(record, out int length))
            {
                case 0:
                    return length > 0 ? Encoding.UTF8.GetString(record[..length]) : null;
                case PolledFile.BrokenPipe:
                    wasOverwritten = true;
                    break;
                case var error:
                    throw new IOException($"read({_file.Path}): {new Win32Exception(error).Message}");
            }
        }
    }

    /// <summary>Closes the device.</summary>
    public void Dispose() => _file.Dispose();
}
