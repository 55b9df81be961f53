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

    /// <summary>Reads a file; nothing is loaded yet.</summary>
    public static ObjectHandle Open(string path, out IReadOnlyList<LibbpfMessage> messages)
    {
        LibbpfLibrary.Require();
        return LibbpfLog.Open("bpf_object__open_file", () => bpf_object__open_file(path, null), out messages);
    }

    /// <summary>Creates the maps and hands the programs to the verifier.</summary>
    public static void Load(ObjectHandle item, out IReadOnlyList<LibbpfMessage> messages) =>
        LibbpfException.Check(LibbpfLog.Capture(() => bpf_object__load(item), out messages), "bpf_object__load", messages);

    /// <summary>The <c>struct bpf_program *</c> of the object in order; valid as long as it is open.</summary>
    public static IReadOnlyList<nint> Programs(ObjectHandle item)
    {
        var all = new List<nint>();
        for (nint next = bpf_object__next_program(item, 0); next != 0; next = bpf_object__next_program(item, next))
        {
            all.Add(next);
        }

        return all;
    }

    /// <summary>The <c>struct bpf_map *</c> of the object in order; valid as long as it is open.</summary>
    public static IReadOnlyList<nint> Maps(ObjectHandle item)
    {
        var all = new List<nint>();
        for (nint next = bpf_object__next_map(item, 0); next != 0; next = bpf_object__next_map(item, next))
        {
            all.Add(next);
        }

        return all;
    }

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial ObjectHandle bpf_object__open_file(string path, void* options);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_object__load(ObjectHandle item);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint bpf_object__next_program(ObjectHandle item, nint previous);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint bpf_object__next_map(ObjectHandle item, nint previous);
}
