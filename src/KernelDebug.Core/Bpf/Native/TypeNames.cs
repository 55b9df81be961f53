using System.Globalization;
using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>Names of the kernel's enumerations as bpftool prints them; the number where libbpf is older than the kernel.</summary>
internal static partial class TypeNames
{
    static TypeNames() => LibbpfLibrary.Register();

    /// <summary><c>enum bpf_prog_type</c>: <c>tracing</c>, <c>kprobe</c>.</summary>
    public static string Program(int type) => Text(libbpf_bpf_prog_type_str(type), type);

    /// <summary><c>enum bpf_map_type</c>: <c>hash</c>, <c>ringbuf</c>.</summary>
    public static string Map(int type) => Text(libbpf_bpf_map_type_str(type), type);

    /// <summary><c>enum bpf_link_type</c>: <c>tracing</c>, <c>perf_event</c>.</summary>
    public static string Link(int type) => Text(libbpf_bpf_link_type_str(type), type);

    /// <summary><c>enum bpf_attach_type</c>: <c>trace_fentry</c>.</summary>
    public static string Attach(int type) => Text(libbpf_bpf_attach_type_str(type), type);

    private static string Text(nint name, int number) => Marshal.PtrToStringUTF8(name) ?? number.ToString(CultureInfo.InvariantCulture);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint libbpf_bpf_prog_type_str(int type);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint libbpf_bpf_map_type_str(int type);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint libbpf_bpf_link_type_str(int type);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint libbpf_bpf_attach_type_str(int type);
}
