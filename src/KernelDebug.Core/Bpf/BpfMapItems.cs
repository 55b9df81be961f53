using KernelDebug.Bpf.Native;
using KernelDebug.Btf;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf;

/// <summary>An element of a map.</summary>
/// <param name="Map">The map's name.</param>
/// <param name="Key">The key, by its type; the bytes where none is known.</param>
/// <param name="Value">The value likewise; of a per-CPU map an array with one for each possible CPU.</param>
public sealed record BpfMapItem(string Map, object? Key, object? Value);

/// <summary>The elements of a map in the running kernel, decoded by its types.</summary>
public sealed class BpfMapItems : IDisposable
{
    private readonly SafeFileHandle _map;
    private readonly BtfType? _keyType;
    private readonly BtfType? _valueType;

    private BpfMapItems(SafeFileHandle map)
    {
        _map = map;
        Info = BpfInventory.Map(map);
        BtfFile? types = Info.BtfId is { } btf ? BpfInventory.Types(btf) : null;
        _keyType = TypeOf(types, Info.KeyTypeId, Info.KeySize);
        _valueType = TypeOf(types, Info.ValueTypeId, Info.ValueSize);
    }

    /// <summary>The map.</summary>
    public BpfMapInfo Info { get; }

    /// <summary>True where its elements can be listed: queues, ring buffers and the like give none without taking them out.</summary>
    public bool IsListable => Info.TypeNumber is not (BpfMapType.RingBuffer or BpfMapType.UserRingBuffer or BpfMapType.PerfEventArray
        or BpfMapType.Queue or BpfMapType.Stack or BpfMapType.BloomFilter or BpfMapType.ReuseportSocketArray or BpfMapType.StructOps or BpfMapType.Arena);

    /// <summary>Opens a map by its number; null where there is none.</summary>
    /// <exception cref="BpfException">This user may not.</exception>
    public static BpfMapItems? Open(uint id) => BpfInventory.Guard(() => KernelObjectApi.Open(KernelObjectKind.Map, id) is { } map ? new BpfMapItems(map) : null);

    /// <summary>Opens a map that is pinned in the BPF file system.</summary>
    /// <exception cref="BpfException">There is none, or this user may not.</exception>
    public static BpfMapItems OpenPinned(string path) => BpfInventory.Guard(() => new BpfMapItems(KernelObjectApi.OpenPinned(path)));

    /// <summary>All elements, as they are while they are walked through: one that comes or goes meanwhile may be missing, or be there twice where the map wraps around.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public IEnumerable<BpfMapItem> All()
    {
        foreach (byte[] key in Keys(_map, Info.KeySize, Info.MaxEntries))
        {
            if (Find(key) is { } item)
            {
                yield return item;
            }
        }
    }

    /// <summary>The keys of a map, as they are while it is walked through.</summary>
    internal static IEnumerable<byte[]> Keys(SafeFileHandle map, uint size, uint most)
    {
        byte[]? previous = null;
        var next = new byte[size];

        // A map that changes can lead in a circle.
        for (long steps = 0; steps <= 2L * most; steps++)
        {
            byte[]? from = previous;
            if (!BpfInventory.Guard(() => MapItemApi.TryNext(map, from, next)))
            {
                yield break;
            }

            previous = [.. next];
            yield return previous;
        }
    }

    /// <summary>The element of a key; null where there is none.</summary>
    /// <exception cref="ArgumentException">The key does not fit.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfMapItem? Get(object? key) => Find(KeyBytes(key));

    /// <summary>Writes an element; members of a structure that are not named keep their values where the element is there, and are 0 where not.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; of a per-CPU map that of every CPU, or an array with one for each.</param>
    /// <exception cref="ArgumentException">One does not fit.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Set(object? key, object? value)
    {
        byte[] keyBytes = KeyBytes(key);
        int cpus = IsPerCpu ? MapItemApi.PossibleCpus : 1;
        byte[] known = new byte[Stride * cpus];
        byte[]? old = BpfInventory.Guard(() => MapItemApi.TryGet(_map, keyBytes, known)) ? known : null;
        byte[] bytes = new byte[Stride * cpus];
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            object? own = IsPerCpu && value is System.Collections.IList each and not byte[]
                ? each.Count == cpus ? each[cpu] : throw new ArgumentException($"value: expected one value, or {cpus}, one for each possible CPU, have {each.Count}")
                : value;
            Bytes(_valueType, own, Info.ValueSize, old?.AsSpan(cpu * Stride, (int)Info.ValueSize).ToArray(), "value").CopyTo(bytes, cpu * Stride);
        }

        _ = BpfInventory.Guard(() =>
        {
            MapItemApi.Set(_map, keyBytes, bytes);
            return 0;
        });
    }

    /// <summary>Closes the map.</summary>
    public void Dispose() => _map.Dispose();

    /// <summary>Keys of arrays are indexes, whether or not a type says so.</summary>
    private bool HasIndexes => _keyType is null && Info.KeySize == sizeof(uint) && Info.TypeNumber is BpfMapType.Array or BpfMapType.PerCpuArray;

    private bool IsPerCpu => BpfMapType.IsPerCpu(Info.TypeNumber);

    /// <summary>Values of per-CPU maps are 8 bytes apart at least.</summary>
    private int Stride => IsPerCpu ? ((int)Info.ValueSize + 7) / 8 * 8 : (int)Info.ValueSize;

    private BpfMapItem? Find(byte[] key)
    {
        int cpus = IsPerCpu ? MapItemApi.PossibleCpus : 1;
        byte[] bytes = new byte[Stride * cpus];
        if (!BpfInventory.Guard(() => MapItemApi.TryGet(_map, key, bytes)))
        {
            return null;
        }

        object? value = IsPerCpu
            ? Enumerable.Range(0, cpus).Select(cpu => Shown(_valueType, bytes.AsSpan(cpu * Stride, (int)Info.ValueSize).ToArray())).ToArray()
            : Shown(_valueType, bytes);
        return new BpfMapItem(Info.Name, HasIndexes ? BitConverter.ToUInt32(key) : Shown(_keyType, key), value);
    }

    private byte[] KeyBytes(object? key) => HasIndexes && key is IConvertible index and not string
        ? BitConverter.GetBytes(Convert.ToUInt32(index, System.Globalization.CultureInfo.InvariantCulture))
        : Bytes(_keyType, key, Info.KeySize, null, "key");

    private static object? Shown(BtfType? type, byte[] bytes) => type is null ? bytes : BtfRecordClass.Read(type, bytes);

    private static byte[] Bytes(BtfType? type, object? value, uint size, byte[]? old, string what)
    {
        byte[] bytes = old ?? new byte[size];
        if (type is not null && value is not byte[])
        {
            BtfValueWriter.Write(type, value, bytes);
            return bytes;
        }

        return value is byte[] raw && raw.Length == size ? raw : throw new ArgumentException($"{what}: expected {size} bytes, since its type is not known, have {(value is byte[] other ? $"{other.Length}" : value ?? "nothing")}");
    }

    private static BtfType? TypeOf(BtfFile? types, uint id, uint size) => types is not null && id != 0 && id < types.EndId && types[id].Size == size
        ? types[id] is BtfDataSection section ? section.AsStructure() : types[id]
        : null;
}
