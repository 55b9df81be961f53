using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>Names of the kernel's enumerations that libbpf knows, as bpftool prints them; null where it is older than what is named.</summary>
internal static partial class TypeNames
{
    static TypeNames() => LibbpfLibrary.Register();

    /// <summary><c>enum bpf_prog_type</c>.</summary>
    public static string? Program(int type) => Marshal.PtrToStringUTF8(libbpf_bpf_prog_type_str(type));

    /// <summary><c>enum bpf_map_type</c>.</summary>
    public static string? Map(int type) => Marshal.PtrToStringUTF8(libbpf_bpf_map_type_str(type));

    /// <summary><c>enum bpf_link_type</c>.</summary>
    public static string? Link(int type) => Marshal.PtrToStringUTF8(libbpf_bpf_link_type_str(type));

    /// <summary><c>enum bpf_attach_type</c>.</summary>
    public static string? Attach(int type) => Marshal.PtrToStringUTF8(libbpf_bpf_attach_type_str(type));

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint libbpf_bpf_prog_type_str(int type);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint libbpf_bpf_map_type_str(int type);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint libbpf_bpf_link_type_str(int type);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint libbpf_bpf_attach_type_str(int type);
}
