using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.IO;

/// <summary>
/// A file the kernel writes into while it is read, opened with O_NONBLOCK: a read ends when there is nothing, or after a wait of a
/// given length, so that who reads can be stopped. A FileStream can ask for neither.
/// </summary>
public sealed partial class PolledFile : IDisposable
{
    /// <summary>EPIPE: what <see cref="TryRead"/> gives for records that were overwritten.</summary>
    internal const int BrokenPipe = 32;

    private const int ReadOnlyNonBlocking = 0x0800 | 0x80000; // O_RDONLY | O_NONBLOCK | O_CLOEXEC, the same on x86-64, arm64, riscv64 and s390x
    private const int NotPermitted = 1;
    private const int Interrupted = 4;
    private const int Again = 11;
    private const int AccessDenied = 13;
    private const int Busy = 16;
    private const short Readable = 1; // POLLIN

    private readonly SafeFileHandle _handle;

    private PolledFile(SafeFileHandle handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read (EACCES), or the kernel refuses it (EPERM).</exception>
    /// <exception cref="FileBusyException">Another process has it (EBUSY), where one only may.</exception>
    /// <exception cref="IOException">It cannot be opened for another reason.</exception>
    public static PolledFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        SafeFileHandle handle = OpenFile(path, ReadOnlyNonBlocking);
        if (!handle.IsInvalid)
        {
            return new PolledFile(handle, path);
        }

        int error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        string why = $"open({path}): {new Win32Exception(error).Message}";
        throw error switch
        {
            NotPermitted or AccessDenied => new UnauthorizedAccessException(why),
            Busy => new FileBusyException(why),
            2 or 20 => new FileNotFoundException(why, path),
            _ => new IOException(why),
        };
    }

    /// <summary>Reads what is there.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="length">Bytes read; 0 where there are none now.</param>
    /// <returns>0, or the number of the error.</returns>
    internal int TryRead(Span<byte> buffer, out int length)
    {
        while (true)
        {
            nint read = ReadFile(_handle, ref MemoryMarshal.GetReference(buffer), buffer.Length);
            length = Math.Max((int)read, 0);
            int error = read >= 0 ? 0 : Marshal.GetLastPInvokeError();
            switch (error)
            {
                case Interrupted:
                    break;
                case Again:
                    return 0;
                default:
                    return error;
            }
        }
    }

    /// <summary>Waits until there is something, at most for a time, and reads it.</summary>
    /// <returns>Bytes read; 0 where there were none.</returns>
    /// <exception cref="IOException">Reading failed.</exception>
    public int Read(Span<byte> buffer, TimeSpan wait)
    {
        int error = TryRead(buffer, out int length);
        if (error == 0 && length == 0 && wait > TimeSpan.Zero)
        {
            // A wait that a signal cuts short is a short wait; the read behind it decides.
            var poll = new PollEntry { File = (int)_handle.DangerousGetHandle(), Events = Readable };
            bool isReady = Poll(ref poll, 1, (int)Math.Min(wait.TotalMilliseconds, int.MaxValue)) > 0;
            error = TryRead(buffer, out length);
            if (error == 0 && length == 0 && isReady)
            {
                // trace_pipe says that it is readable, and then gives nothing, while tracing is off: not to ask without a pause.
                Thread.Sleep(wait < TimeSpan.FromMilliseconds(20) ? wait : TimeSpan.FromMilliseconds(20));
            }
        }

        return error == 0 ? length : throw new IOException($"read({Path}): {new Win32Exception(error).Message}");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFile(SafeFileHandle file, ref byte buffer, nint size);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry files, nuint count, int milliseconds);

    /// <summary>struct pollfd (poll(2)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int File;
        public short Events;
        public short Returned;
    }
}
