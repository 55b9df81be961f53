using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.IO;

/// <summary>What tells one file of a system from all others.</summary>
/// <param name="Device">The file system's device as the kernel numbers it: the major number in the bits from 20, the minor one below.</param>
/// <param name="Inode">The file's number in it.</param>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode)
{
    /// <summary>Asks for a file's, links followed.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static FileIdentity Of(string path) => VersionOf(path).File;

    /// <summary>The same with when the file was last changed: of a file that is gone, another may get the number.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public static unsafe (FileIdentity File, long Seconds, uint Nanoseconds) VersionOf(string path)
    {
        // struct statx, include/uapi/linux/stat.h: stx_ino at byte 32, stx_ctime at 96, its nanoseconds at 104, stx_dev_major and stx_dev_minor at 136 and 140.
        const int Size = 256, CurrentDirectory = -100;
        const uint InodeAndChange = 0x100 | 0x80;
        byte* status = stackalloc byte[Size];

        // SAFETY: the structure has 256 bytes on every architecture, and the call writes no more.
        return statx(CurrentDirectory, path, 0, InodeAndChange, status) == 0
            ? (new(((ulong)*(uint*)(status + 136) << 20) | *(uint*)(status + 140), *(ulong*)(status + 32)), *(long*)(status + 96), *(uint*)(status + 104))
            : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>Whether a path is of a regular file, links followed: opening it cannot wait, as a pipe's may. False where that cannot be told.</summary>
    public static unsafe bool IsRegular(string path)
    {
        // stx_mode at byte 28; S_IFMT and S_IFREG, include/uapi/linux/stat.h.
        const int Size = 256, CurrentDirectory = -100, TypeBits = 0xf000, Regular = 0x8000;
        const uint TypeMask = 1;
        byte* status = stackalloc byte[Size];

        // SAFETY: as above.
        return statx(CurrentDirectory, path, 0, TypeMask, status) == 0 && (*(ushort*)(status + 28) & TypeBits) == Regular;
    }

    /// <summary>Whether others than root and this user may change an open file. True where that cannot be told.</summary>
    public static unsafe bool MayOthersChange(SafeFileHandle file)
    {
        // stx_uid at byte 20, stx_mode at 28: may its group or anyone write it? AT_EMPTY_PATH, include/uapi/linux/fcntl.h.
        const int Size = 256, EmptyPath = 0x1000, WritableByOthers = 0x12;
        const uint ModeAndOwner = 2 | 8;
        byte* status = stackalloc byte[Size];

        // SAFETY: as above; the handle is open as long as its caller holds it.
        if (statx((int)file.DangerousGetHandle(), "", EmptyPath, ModeAndOwner, status) != 0)
        {
            return true;
        }

        uint owner = *(uint*)(status + 20);
        return (owner != 0 && owner != geteuid()) || (*(ushort*)(status + 28) & WritableByOthers) != 0;
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* status);
}
