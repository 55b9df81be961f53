using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf.Native;

/// <summary>A map's elements (bpf/bpf.h). Keys and values are as long as the map says, values of per-CPU maps as long for each possible CPU.</summary>
internal static unsafe partial class MapItemApi
{
    private const int NoEntry = 2;

    static MapItemApi() => LibbpfLibrary.Register();

    /// <summary>How many CPUs the kernel can have: as many values a per-CPU map has for a key.</summary>
    public static int PossibleCpus => LibbpfException.Check(libbpf_num_possible_cpus(), "libbpf_num_possible_cpus");

    /// <summary>The value of a key; false where there is none.</summary>
    public static bool TryGet(SafeFileHandle map, ReadOnlySpan<byte> key, Span<byte> value)
    {
        // SAFETY: the caller's spans are as long as the map's keys and values.
        fixed (byte* k = key, v = value)
        {
            int result = bpf_map_lookup_elem((int)map.DangerousGetHandle(), k, v);
            return result != -NoEntry && LibbpfException.Check(result, "bpf_map_lookup_elem") == 0;
        }
    }

    /// <summary>Writes a value, whether or not the key is there (BPF_ANY).</summary>
    public static void Set(SafeFileHandle map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        const ulong Any = 0;
        fixed (byte* k = key, v = value)
        {
            LibbpfException.Check(bpf_map_update_elem((int)map.DangerousGetHandle(), k, v, Any), "bpf_map_update_elem");
        }
    }

    /// <summary>The key behind one, or the first; false behind the last.</summary>
    public static bool TryNext(SafeFileHandle map, ReadOnlySpan<byte> previous, Span<byte> next)
    {
        fixed (byte* p = previous, n = next)
        {
            int result = bpf_map_get_next_key((int)map.DangerousGetHandle(), p, n);
            return result != -NoEntry && LibbpfException.Check(result, "bpf_map_get_next_key") == 0;
        }
    }

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int libbpf_num_possible_cpus();

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map_lookup_elem(int map, byte* key, byte* value);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map_update_elem(int map, byte* key, byte* value, ulong flags);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map_get_next_key(int map, byte* previous, byte* next);
}
