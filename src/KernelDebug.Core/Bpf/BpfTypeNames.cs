using System.Globalization;
using KernelDebug.Bpf.Native;
using KernelDebug.Btf;

namespace KernelDebug.Bpf;

/// <summary>
/// Names of the kernel's enumerations as bpftool prints them. What libbpf is too old to know has its name from the kernel's types; where they do
/// not say either, it is the number.
/// </summary>
internal static class BpfTypeNames
{
    /// <summary><c>enum bpf_prog_type</c>: <c>tracing</c>, <c>kprobe</c>.</summary>
    public static string Program(int type) => TypeNames.Program(type) ?? OfKernel(type, "enum bpf_prog_type", "BPF_PROG_TYPE_");

    /// <summary><c>enum bpf_map_type</c>: <c>hash</c>, <c>ringbuf</c>.</summary>
    public static string Map(int type) => TypeNames.Map(type) ?? OfKernel(type, "enum bpf_map_type", "BPF_MAP_TYPE_");

    /// <summary><c>enum bpf_link_type</c>: <c>tracing</c>, <c>perf_event</c>.</summary>
    public static string Link(int type) => TypeNames.Link(type) ?? OfKernel(type, "enum bpf_link_type", "BPF_LINK_TYPE_");

    /// <summary><c>enum bpf_attach_type</c>: <c>trace_fentry</c>.</summary>
    public static string Attach(int type) => TypeNames.Attach(type) ?? OfKernel(type, "enum bpf_attach_type", "BPF_");

    private static string OfKernel(int number, string enumeration, string prefix)
    {
        try
        {
            // The last of them counts how many there are, and is called otherwise.
            if (BtfCache.OpenModule(null).Find(enumeration) is BtfEnum { Values: var values }
                && values.FirstOrDefault(value => value.Value == number && value.Name.StartsWith(prefix, StringComparison.Ordinal)) is { Name: { } name })
            {
                return name[prefix.Length..].ToLowerInvariant();
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or IO.BinaryFormatException)
        {
            // The number says as much as there is to say.
        }

        return number.ToString(CultureInfo.InvariantCulture);
    }
}
