using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.IO;

/// <summary>
/// Bytes that stand still: a file mapped read-only, never read whole, or an array. Length is 64 bits; every access is bounded.
/// </summary>
/// <remarks>
/// A file that another process shortens while it is mapped ends this process, as it does every tool that maps files; where that must not be, there is
/// <see cref="OpenFileOfOthers"/>.
/// </remarks>
public sealed unsafe partial class ByteSource : IDisposable
{
    /// <summary>Bytes of a file that is read whole, at most.</summary>
    private const long MostOfOthers = 256 << 20;

    private readonly SafeMemoryMappedViewHandle? _view;
    private readonly byte[]? _array;
    private readonly bool _isPrivate;
    private byte* _start;

    private ByteSource(string name, byte* start, long length, SafeMemoryMappedViewHandle? view, byte[]? array, bool isPrivate = false)
    {
        _isPrivate = isPrivate;
        Name = name;
        _start = start;
        Length = length;
        _view = view;
        _array = array;
        if (view is null && !isPrivate)
        {
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Unmaps what was not disposed of.</summary>
    ~ByteSource() => Release();

    /// <summary>The file's path, or what the bytes were made from.</summary>
    public string Name { get; }

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>Maps a file.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    /// <exception cref="BinaryFormatException">It is empty or not a regular file.</exception>
    public static ByteSource OpenFile(string path) => OpenFile(path, 0, path);

    /// <summary>
    /// Bytes of a file that a process named, not the user: mapped where root and this user alone may change it. Any other is read whole, since who
    /// shortens it while it is mapped would end this process.
    /// </summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    /// <exception cref="BinaryFormatException">It is empty, not a regular file, too large to be read whole, or became shorter.</exception>
    internal static ByteSource OpenFileOfOthers(string path)
    {
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (!FileIdentity.MayOthersChange(handle))
        {
            return Map(handle, path, 0, path);
        }

        long length = LengthOf(handle);
        if (length is <= 0 or > MostOfOthers)
        {
            throw new BinaryFormatException(path, "file", 0, $"expected a regular file of {MostOfOthers >> 20} MiB at most, since others may change it while it is read, have {length} bytes");
        }

        var bytes = new byte[length];
        int read = 0;
        while (read < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(read), read) is > 0 and var more)
        {
            read += more;
        }

        return read == bytes.Length ? FromArray(bytes, path) : throw new BinaryFormatException(path, "file", read, $"expected {length} bytes, have an end: it became shorter while it was read");
    }

    /// <summary>Maps a file from an offset on: a file within a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="name">The name of what is mapped.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    /// <exception cref="BinaryFormatException">It is empty from there on, or not a regular file.</exception>
    internal static ByteSource OpenFile(string path, long offset, string name)
    {
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Map(handle, path, offset, name);
    }

    /// <summary>
    /// A file of sysfs: mapped where the kernel allows it, which is for private mappings alone (the framework makes shared ones), and else read.
    /// </summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    internal static ByteSource OpenSysfsFile(string path)
    {
        const int Read = 1; // PROT_READ, MAP_PRIVATE (mmap(2))
        const int Private = 2;
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long length = LengthOf(handle);
        if (length > 0 && OperatingSystem.IsLinux())
        {
            // SAFETY: the kernel chooses the place, so nothing is overwritten; the mapping outlives the handle and is undone in Release.
            void* start = mmap(null, (nuint)length, Read, Private, handle, 0);
            if (start != (void*)-1)
            {
                return new ByteSource(path, (byte*)start, length, null, null, isPrivate: true);
            }
        }

        return FromArray(File.ReadAllBytes(path), path);
    }

    /// <summary>Wraps an array.</summary>
    public static ByteSource FromArray(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return new ByteSource(name, null, bytes.Length, null, bytes);
    }

    /// <summary>The bytes from <paramref name="offset"/>, valid while this source is not disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are not all inside.</exception>
    public ReadOnlySpan<byte> GetSpan(long offset, int length)
    {
        if (offset < 0 || length < 0 || (ulong)offset + (ulong)length > (ulong)Length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"0x{offset:x}+0x{length:x} is outside the {Length} bytes of {Name}");
        }

        if (_array is not null)
        {
            return _array.AsSpan((int)offset, length);
        }

        ObjectDisposedException.ThrowIf(_start == null, this);

        // SAFETY: offset and length were checked against Length; the mapping lives as long as _start is not null.
        return new ReadOnlySpan<byte>(_start + offset, length);
    }

    /// <summary>
    /// Lets the kernel take back the memory of bytes that are read and done with. They stay readable: the next access maps them again
    /// from the page cache. Nothing happens for an array.
    /// </summary>
    internal void ReleasePages(long offset, long length)
    {
        const int DontNeed = 4; // MADV_DONTNEED (madvise(2))
        if (_start == null || !OperatingSystem.IsLinux() || offset < 0 || length < 0 || (ulong)offset + (ulong)length > (ulong)Length)
        {
            return;
        }

        // A page fault maps its neighbours too, 64 KiB unless the administrator says otherwise (mm/memory.c, do_fault_around).
        const ulong Around = 1 << 16;
        ulong start = (ulong)_start;
        ulong first = Math.Max((start + (ulong)offset) / Around * Around, start);
        ulong end = Math.Min((start + (ulong)offset + (ulong)length + Around - 1) / Around * Around, start + (ulong)Length);

        // SAFETY: the range lies inside the mapping, which begins on a page; of a read-only file mapping the advice drops no data. A
        // refusal costs memory alone.
        _ = madvise((void*)first, (nuint)(end - first), DontNeed);
    }

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nuint length, int advice);

    [LibraryImport("libc")]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, SafeFileHandle file, nint offset);

    [LibraryImport("libc")]
    private static partial int munmap(void* address, nuint length);

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static ByteSource Map(SafeFileHandle handle, string path, long offset, string name)
    {
        long length = LengthOf(handle) - offset;
        if (length <= 0)
        {
            throw new BinaryFormatException(path, "file", offset, "expected a regular file, have an empty one, a pipe or a device");
        }

        using var mapping = MemoryMappedFile.CreateFromFile(
            handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        using MemoryMappedViewAccessor accessor = mapping.CreateViewAccessor(offset, length, MemoryMappedFileAccess.Read);
        SafeMemoryMappedViewHandle view = accessor.SafeMemoryMappedViewHandle;
        byte* start = null;
        // SAFETY: AcquirePointer takes a reference on the view, which keeps the mapping alive past the accessor; Release gives it back.
        view.AcquirePointer(ref start);
        return new ByteSource(name, start + accessor.PointerOffset, length, view, null);
    }

    /// <returns>0 for what has no length: a pipe, such as the shell's <c>&lt;(zcat vmlinux.gz)</c>.</returns>
    private static long LengthOf(SafeFileHandle handle)
    {
        try
        {
            return RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException)
        {
            return 0;
        }
    }

    private void Release()
    {
        if (_start != null && _isPrivate)
        {
            // SAFETY: this is the mapping OpenSysfsFile made, and _start is forgotten with it.
            _ = munmap(_start, (nuint)Length);
            _start = null;
        }

        if (_start == null || _view is null)
        {
            return;
        }

        _start = null;
        _view.ReleasePointer();
        _view.Dispose();
    }
}
