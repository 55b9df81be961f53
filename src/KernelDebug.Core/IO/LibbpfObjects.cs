using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.IO;

/// <summary>What the bpf system call lists.</summary>
internal enum LibbpfObjectKind
{
    /// <summary>Programs.</summary>
    Program,
    /// <summary>Maps.</summary>
    Map,
    /// <summary>BTF.</summary>
    Btf,
}

/// <summary>The objects of BPF in the running kernel, through the system's libbpf.so.1 (bpf/bpf.h).</summary>
internal static unsafe partial class LibbpfObjects
{
    private const string Library = "libbpf.so.1";
    private const int NoEntry = 2;
    private const int MaxNameBytes = 256;

    [LibraryImport(Library)]
    private static partial int bpf_prog_get_next_id(uint start, out uint next);

    [LibraryImport(Library)]
    private static partial int bpf_map_get_next_id(uint start, out uint next);

    [LibraryImport(Library)]
    private static partial int bpf_btf_get_next_id(uint start, out uint next);

    [LibraryImport(Library)]
    private static partial int bpf_prog_get_fd_by_id(uint id);

    [LibraryImport(Library)]
    private static partial int bpf_map_get_fd_by_id(uint id);

    [LibraryImport(Library)]
    private static partial int bpf_btf_get_fd_by_id(uint id);

    [LibraryImport(Library)]
    private static partial int bpf_obj_get_info_by_fd(int file, byte* info, uint* length);

    /// <summary>The ids of a kind, ascending.</summary>
    /// <exception cref="DllNotFoundException">libbpf is not installed.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel does not allow this user to list them.</exception>
    /// <exception cref="NotSupportedException">The kernel has no BPF, or is too old to list them.</exception>
    /// <exception cref="IOException">The kernel refuses for another reason.</exception>
    public static uint[] Ids(LibbpfObjectKind kind)
    {
        var ids = new List<uint>();
        for (uint id = 0; ;)
        {
            uint start = id;
            int code = Loaded(() => kind switch
            {
                LibbpfObjectKind.Program => bpf_prog_get_next_id(start, out id),
                LibbpfObjectKind.Map => bpf_map_get_next_id(start, out id),
                _ => bpf_btf_get_next_id(start, out id),
            });
            if (code == -NoEntry)
            {
                return [.. ids];
            }

            Check(code, kind switch { LibbpfObjectKind.Program => "bpf_prog_get_next_id", LibbpfObjectKind.Map => "bpf_map_get_next_id", _ => "bpf_btf_get_next_id" });
            ids.Add(id);
        }
    }

    /// <summary>The id of the BTF a program or map has; 0 where it has none, or is gone.</summary>
    /// <inheritdoc cref="Ids" path="/exception"/>
    public static uint BtfIdOf(LibbpfObjectKind kind, uint id)
    {
        // btf_id of struct bpf_prog_info and struct bpf_map_info, include/uapi/linux/bpf.h.
        int place = kind == LibbpfObjectKind.Program ? 128 : 64;
        Span<byte> info = stackalloc byte[place + sizeof(uint)];
        info.Clear();
        using SafeFileHandle? file = Open(kind, id);
        return file is not null && GetInfo(file, info) == info.Length ? ReadUInt32(info[place..]) : 0;
    }

    /// <summary>Size, name and kind of some BTF; false where it is gone.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="size">Bytes of header, types and strings.</param>
    /// <param name="name">vmlinux or a module's name; empty where it was loaded without.</param>
    /// <param name="isKernel">True for vmlinux and modules.</param>
    /// <inheritdoc cref="Ids" path="/exception"/>
    public static bool TryGetBtf(uint id, out uint size, out string name, out bool isKernel)
    {
        (size, name, isKernel) = (0, "", false);
        using SafeFileHandle? file = Open(LibbpfObjectKind.Btf, id);
        if (file is null)
        {
            return false;
        }

        // struct bpf_btf_info: btf, btf_size, id, name, name_len, kernel_btf.
        Span<byte> info = stackalloc byte[32];
        info.Clear();
        Span<byte> text = stackalloc byte[MaxNameBytes];
        text.Clear();

        // SAFETY: the kernel writes at most name_len bytes to the name, which is on this frame.
        fixed (byte* place = text)
        {
            BitConverter.TryWriteBytes(info[16..], (ulong)place);
            BitConverter.TryWriteBytes(info[24..], MaxNameBytes);
            int length = GetInfo(file, info);

            // Before v5.11 there were neither names nor BTF of the kernel in the list.
            size = ReadUInt32(info[8..]);
            isKernel = length >= 32 && ReadUInt32(info[28..]) != 0;
            int end = text.IndexOf((byte)0);
            name = length >= 32 ? Encoding.UTF8.GetString(text[..(end < 0 ? text.Length : end)]) : "";
            return true;
        }
    }

    private static SafeFileHandle? Open(LibbpfObjectKind kind, uint id)
    {
        int file = kind switch
        {
            LibbpfObjectKind.Program => bpf_prog_get_fd_by_id(id),
            LibbpfObjectKind.Map => bpf_map_get_fd_by_id(id),
            _ => bpf_btf_get_fd_by_id(id),
        };

        // What was listed may be gone by now.
        if (file == -NoEntry)
        {
            return null;
        }

        Check(file, kind switch { LibbpfObjectKind.Program => "bpf_prog_get_fd_by_id", LibbpfObjectKind.Map => "bpf_map_get_fd_by_id", _ => "bpf_btf_get_fd_by_id" });
        return new SafeFileHandle(file, ownsHandle: true);
    }

    /// <summary>Asks for what the kernel tells of an object; how many bytes of it there are.</summary>
    private static int GetInfo(SafeFileHandle file, Span<byte> info)
    {
        uint size = (uint)info.Length;

        // SAFETY: the kernel writes at most as many bytes as are told, and says how many it has; the handle is held by the caller.
        fixed (byte* place = info)
        {
            int code = bpf_obj_get_info_by_fd((int)file.DangerousGetHandle(), place, &size);
            Check(code, "bpf_obj_get_info_by_fd");
            return (int)size;
        }
    }

    private static uint ReadUInt32(ReadOnlySpan<byte> bytes) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);

    private static int Loaded(Func<int> call)
    {
        try
        {
            return call();
        }
        catch (DllNotFoundException missing)
        {
            throw new DllNotFoundException("BPF objects of the running kernel are listed with the system's libbpf.so.1, which is not installed (Debian: apt-get install libbpf1)", missing);
        }
    }

    // libbpf 1.0 and later return the error negated.
    private static void Check(int code, string function)
    {
        const int NotPermitted = 1, AccessDenied = 13, Invalid = 22, NoSystemCall = 38;
        if (code < 0)
        {
            string problem = $"{function}: {Marshal.GetPInvokeErrorMessage(-code)}";
            throw -code switch
            {
                NotPermitted or AccessDenied => new UnauthorizedAccessException(problem),
                Invalid or NoSystemCall => new NotSupportedException($"{problem}: the kernel has no BPF, or is older than v5.0"),
                _ => new IOException(problem),
            };
        }
    }
}
