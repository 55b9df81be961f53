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

    /// <summary>Writes a value. <paramref name="flags"/>: 0 any, 1 where the key is not there (BPF_NOEXIST), 2 where it is (BPF_EXIST).</summary>
    public static void Set(SafeFileHandle map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        fixed (byte* k = key, v = value)
        {
            LibbpfException.Check(bpf_map_update_elem((int)map.DangerousGetHandle(), k, v, flags), "bpf_map_update_elem");
        }
    }

    /// <summary>Takes a key out; false where it is not there.</summary>
    public static bool Remove(SafeFileHandle map, ReadOnlySpan<byte> key)
    {
        fixed (byte* k = key)
        {
            int result = bpf_map_delete_elem((int)map.DangerousGetHandle(), k);
            return result != -NoEntry && LibbpfException.Check(result, "bpf_map_delete_elem") == 0;
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
    private static partial int bpf_map_delete_elem(int map, byte* key);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map_get_next_key(int map, byte* previous, byte* next);
}
