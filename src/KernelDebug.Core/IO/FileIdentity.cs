using System.Runtime.InteropServices;

namespace KernelDebug.IO;

/// <summary>What tells one file of a system from all others.</summary>
/// <param name="Device">The file system's device as the kernel numbers it: the major number in the bits from 20, the minor one below.</param>
/// <param name="Inode">The file's number in it.</param>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode)
{
    /// <summary>Asks for a file's, links followed.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static unsafe FileIdentity Of(string path)
    {
        // struct statx, include/uapi/linux/stat.h: stx_ino at byte 32, stx_dev_major and stx_dev_minor at 136 and 140.
        const int Size = 256, CurrentDirectory = -100;
        const uint InodeMask = 0x100;
        byte* status = stackalloc byte[Size];

        // SAFETY: the structure has 256 bytes on every architecture, and the call writes no more.
        return statx(CurrentDirectory, path, 0, InodeMask, status) == 0
            ? new(((ulong)*(uint*)(status + 136) << 20) | *(uint*)(status + 140), *(ulong*)(status + 32))
            : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* status);
}
