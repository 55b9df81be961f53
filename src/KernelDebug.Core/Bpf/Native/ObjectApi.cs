using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>A <c>struct bpf_object *</c>: closing it unloads its programs and maps.</summary>
internal sealed partial class ObjectHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        bpf_object__close(handle);
        return true;
    }

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial void bpf_object__close(nint item);
}

/// <summary>A BPF ELF file as libbpf has it (bpf/libbpf.h, <c>bpf_object__*</c>).</summary>
internal static unsafe partial class ObjectApi
{
    static ObjectApi() => LibbpfLibrary.Register();

    /// <summary>Reads an object; nothing is loaded yet.</summary>
    /// <param name="image">The file's bytes, which libbpf does not keep.</param>
    /// <param name="name">What the maps of global variables are named after; libbpf takes a file's name up to its first dot.</param>
    /// <param name="messages">What libbpf said.</param>
    public static ObjectHandle Open(byte[] image, string name, out IReadOnlyList<LibbpfMessage> messages)
    {
        nint text = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            return LibbpfLog.Open("bpf_object__open_mem", () => Open(image, text), out messages);
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    private static ObjectHandle Open(byte[] image, nint name)
    {
        var options = new OpenOptions { Size = (nuint)sizeof(OpenOptions), Name = name };
        return bpf_object__open_mem(image, (nuint)image.Length, &options);
    }

    /// <summary>Creates the maps and hands the programs to the verifier.</summary>
    public static void Load(ObjectHandle item, out IReadOnlyList<LibbpfMessage> messages) =>
        LibbpfException.Check(LibbpfLog.Capture(() => bpf_object__load(item), out messages), "bpf_object__load", messages);

    /// <summary>What is made of the <c>struct bpf_program *</c> of the object, which are valid as long as it is open; in order.</summary>
    public static IReadOnlyList<T> Programs<T>(ObjectHandle item, Func<nint, T> make)
    {
        var all = new List<T>();
        for (nint next = bpf_object__next_program(item, 0); next != 0; next = bpf_object__next_program(item, next))
        {
            all.Add(make(next));
        }

        return all;
    }

    /// <summary>The same of its <c>struct bpf_map *</c>.</summary>
    public static IReadOnlyList<T> Maps<T>(ObjectHandle item, Func<nint, T> make)
    {
        var all = new List<T>();
        for (nint next = bpf_object__next_map(item, 0); next != 0; next = bpf_object__next_map(item, next))
        {
            all.Add(make(next));
        }

        return all;
    }

    /// <summary>The beginning of <c>struct bpf_object_open_opts</c>, bpf/libbpf.h: the size says how much of it there is.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenOptions
    {
        public nuint Size;
        public nint Name;
    }

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial ObjectHandle bpf_object__open_mem([In] byte[] image, nuint size, OpenOptions* options);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_object__load(ObjectHandle item);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint bpf_object__next_program(ObjectHandle item, nint previous);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint bpf_object__next_map(ObjectHandle item, nint previous);
}
