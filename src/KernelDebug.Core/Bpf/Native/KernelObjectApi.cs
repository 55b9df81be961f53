using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf.Native;

/// <summary>What the bpf system call lists.</summary>
internal enum KernelObjectKind
{
    /// <summary>Programs.</summary>
    Program,
    /// <summary>Maps.</summary>
    Map,
    /// <summary>Links.</summary>
    Link,
    /// <summary>BTF.</summary>
    Btf,
}

/// <summary>The objects of BPF in the running kernel, by id (bpf/bpf.h).</summary>
internal static unsafe partial class KernelObjectApi
{
    private const int NoEntry = 2;

    static KernelObjectApi() => LibbpfLibrary.Register();

    /// <summary>The ids of a kind, ascending.</summary>
    public static IReadOnlyList<uint> Ids(KernelObjectKind kind)
    {
        LibbpfLibrary.Require();
        var ids = new List<uint>();
        for (uint id = 0; ;)
        {
            int result = kind switch
            {
                KernelObjectKind.Program => bpf_prog_get_next_id(id, &id),
                KernelObjectKind.Map => bpf_map_get_next_id(id, &id),
                KernelObjectKind.Link => bpf_link_get_next_id(id, &id),
                _ => bpf_btf_get_next_id(id, &id),
            };
            if (result == -NoEntry)
            {
                return ids;
            }

            LibbpfException.Check(result, $"bpf_{Word(kind)}_get_next_id");
            ids.Add(id);
        }
    }

    /// <summary>A file descriptor of an object; null where it is gone.</summary>
    public static SafeFileHandle? Open(KernelObjectKind kind, uint id)
    {
        LibbpfLibrary.Require();
        int descriptor = kind switch
        {
            KernelObjectKind.Program => bpf_prog_get_fd_by_id(id),
            KernelObjectKind.Map => bpf_map_get_fd_by_id(id),
            KernelObjectKind.Link => bpf_link_get_fd_by_id(id),
            _ => bpf_btf_get_fd_by_id(id),
        };
        return descriptor == -NoEntry ? null : new SafeFileHandle(LibbpfException.Check(descriptor, $"bpf_{Word(kind)}_get_fd_by_id"), ownsHandle: true);
    }

    /// <summary>What is pinned in a file of the BPF file system.</summary>
    public static SafeFileHandle OpenPinned(string path)
    {
        LibbpfLibrary.Require();
        return new SafeFileHandle(LibbpfException.Check(bpf_obj_get(path), "bpf_obj_get"), ownsHandle: true);
    }

    /// <summary>
    /// The <c>struct bpf_*_info</c> of an object, include/uapi/linux/bpf.h. Fields that the kernel is too old for stay 0. What is given is
    /// handed in: the struct may hold pointers to buffers.
    /// </summary>
    /// <returns>How many bytes the kernel has of it.</returns>
    public static int Info(SafeFileHandle item, Span<byte> info)
    {
        uint size = (uint)info.Length;

        // SAFETY: the kernel writes at most the bytes it is told of; the caller holds the descriptor.
        fixed (byte* place = info)
        {
            LibbpfException.Check(bpf_obj_get_info_by_fd((int)item.DangerousGetHandle(), place, &size), "bpf_obj_get_info_by_fd");
            return (int)size;
        }
    }

    /// <summary>The text that the kernel writes to where a field of the struct points.</summary>
    /// <param name="item">The object.</param>
    /// <param name="size">Bytes of the struct.</param>
    /// <param name="pointer">Where in it the pointer is.</param>
    /// <param name="length">Where in it the length is, 32 bits.</param>
    /// <param name="most">Bytes of text at most; a longer one is cut.</param>
    public static string InfoText(SafeFileHandle item, int size, int pointer, int length, int most)
    {
        Span<byte> info = stackalloc byte[size];
        info.Clear();
        Span<byte> text = new byte[most];

        // SAFETY: the kernel writes at most as many bytes as it is told to the text, which is held for the call.
        fixed (byte* place = text)
        {
            BitConverter.TryWriteBytes(info[pointer..], (ulong)place);
            BitConverter.TryWriteBytes(info[length..], most);
            try
            {
                _ = Info(item, info);
            }
            catch (LibbpfException cut) when (cut.ErrorNumber == 28)
            {
                // ENOSPC: what fits was written.
            }
        }

        int end = text.IndexOf((byte)0);
        return System.Text.Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    /// <summary>map_ids of <c>struct bpf_prog_info</c>.</summary>
    public static void ReadMapIds(SafeFileHandle program, Span<uint> ids)
    {
        Span<byte> info = stackalloc byte[64];
        info.Clear();
        fixed (uint* place = ids)
        {
            BitConverter.TryWriteBytes(info[52..], (uint)ids.Length);
            BitConverter.TryWriteBytes(info[56..], (ulong)place);
            _ = Info(program, info);
        }
    }

    /// <summary>The type of a program's first function in its BTF; null where the kernel does not tell.</summary>
    public static uint? FirstFunctionType(SafeFileHandle program)
    {
        // func_info_rec_size, func_info and nr_func_info of struct bpf_prog_info; a record begins with insn_off and type_id.
        const int RecordSize = 132, Records = 136, Count = 144;
        Span<byte> info = stackalloc byte[160];
        info.Clear();
        byte* record = stackalloc byte[8];
        BitConverter.TryWriteBytes(info[RecordSize..], 8u);
        BitConverter.TryWriteBytes(info[Records..], (ulong)record);
        BitConverter.TryWriteBytes(info[Count..], 1u);
        _ = Info(program, info);
        return BitConverter.ToUInt32(info[Count..]) > 0 ? BitConverter.ToUInt32(new ReadOnlySpan<byte>(record + 4, 4)) : null;
    }

    /// <summary>Header, types and strings of some BTF.</summary>
    public static byte[] ReadTypes(SafeFileHandle types)
    {
        // btf and btf_size of struct bpf_btf_info.
        Span<byte> info = stackalloc byte[16];
        info.Clear();
        _ = Info(types, info);
        byte[] bytes = new byte[BitConverter.ToUInt32(info[8..])];
        fixed (byte* place = bytes)
        {
            BitConverter.TryWriteBytes(info, (ulong)place);
            BitConverter.TryWriteBytes(info[8..], (uint)bytes.Length);
            _ = Info(types, info);
        }

        return bytes;
    }

    private static string Word(KernelObjectKind kind) => kind switch { KernelObjectKind.Program => "prog", KernelObjectKind.Map => "map", KernelObjectKind.Link => "link", _ => "btf" };

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_prog_get_next_id(uint start, uint* next);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map_get_next_id(uint start, uint* next);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_link_get_next_id(uint start, uint* next);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_btf_get_next_id(uint start, uint* next);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_prog_get_fd_by_id(uint id);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map_get_fd_by_id(uint id);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_link_get_fd_by_id(uint id);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_btf_get_fd_by_id(uint id);

    [LibraryImport(LibbpfLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int bpf_obj_get(string path);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_obj_get_info_by_fd(int item, byte* info, uint* length);
}
