using KernelDebug.Bpf.Native;
using KernelDebug.Btf;
using KernelDebug.Host;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf;

/// <summary>A map of an object.</summary>
public sealed class BpfMap
{
    /// <summary>Of a map whose object leaves it to the loader.</summary>
    private const uint DefaultEntries = 10_240;

    /// <summary>PERF_MAX_STACK_DEPTH, include/uapi/linux/perf_event.h.</summary>
    private const int DefaultStackDepth = 127;

    private readonly BpfObject _owner;
    private readonly nint _map;

    internal BpfMap(BpfObject owner, nint map)
    {
        _owner = owner;
        _map = map;
        Name = MapApi.Name(map);
    }

    /// <summary>The name; of global variables the section's behind the object's, such as <c>minimal.bss</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, as bpftool names it: <c>hash</c>, <c>ringbuf</c>.</summary>
    public string Type => BpfTypeNames.Map(TypeNumber);

    /// <summary>Bytes of a key.</summary>
    public uint KeySize => MapApi.KeySize(Pointer);

    /// <summary>Bytes of a value.</summary>
    public uint ValueSize => MapApi.ValueSize(Pointer);

    /// <summary>Elements at most; bytes of a ring buffer.</summary>
    public uint MaxEntries => MapApi.MaxEntries(Pointer);

    /// <summary>True for the maps of global variables.</summary>
    public bool IsInternal => MapApi.IsInternal(Pointer);

    /// <summary>The type of a key, in the object's BTF; null where it does not say.</summary>
    public BtfType? KeyType => TypeOf(MapApi.TypeIds(Pointer).Key);

    /// <summary>The type of a value, in the object's BTF; null where it does not say.</summary>
    public BtfType? ValueType => TypeOf(MapApi.TypeIds(Pointer).Value);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary><c>enum bpf_map_type</c>.</summary>
    internal int TypeNumber => MapApi.Type(Pointer);

    /// <summary>The created map's file descriptor; negative before loading.</summary>
    internal int Descriptor => MapApi.Descriptor(Pointer);

    /// <summary>The section whose variables it has; null for other maps.</summary>
    internal string? Section => !IsInternal ? null : Name.StartsWith('.') ? Name : Name.Contains('.', StringComparison.Ordinal) ? Name[Name.IndexOf('.')..] : null;

    /// <summary>What variables begin with; to be written before loading.</summary>
    internal Span<byte> InitialValue => MapApi.InitialValue(Pointer);

    /// <summary>Pins the map when it is created, or takes the one that is pinned there.</summary>
    internal void SetPinPath(string path) => MapApi.SetPinPath(Pointer, path);

    /// <summary>Says how many elements it has at most, in place of the object; before loading.</summary>
    internal void SetMaxEntries(uint count) => MapApi.SetMaxEntries(Pointer, count);

    /// <summary>
    /// Gives it what the object leaves to its loader: elements where the kernel takes no map without, and the depth of its stacks.
    /// </summary>
    internal void FillSizes()
    {
        if (TypeNumber == BpfMapType.StackTrace && ValueSize == 0)
        {
            // The deepest the kernel takes.
            int depth = HostFacts.Read().MaxStackDepth is { IsKnown: true } known ? known.Value : DefaultStackDepth;
            MapApi.SetValueSize(Pointer, (uint)depth * sizeof(ulong));
        }

        if (MaxEntries == 0 && TypeNumber is BpfMapType.Hash or BpfMapType.PerCpuHash or BpfMapType.LruHash or BpfMapType.LruPerCpuHash or BpfMapType.StackTrace)
        {
            SetMaxEntries(DefaultEntries);
        }
    }

    /// <summary>The loaded map's elements, as bytes; not of a per-CPU map.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    internal IEnumerable<(byte[] Key, byte[] Value)> Items()
    {
        using var map = new SafeFileHandle(Descriptor, ownsHandle: false);
        foreach (byte[] key in BpfMapItems.Keys(map, KeySize, MaxEntries))
        {
            if (Get(key) is { } value)
            {
                yield return (key, value);
            }
        }
    }

    /// <summary>The value of a key; null where there is none.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    internal byte[]? Get(byte[] key)
    {
        using var map = new SafeFileHandle(Descriptor, ownsHandle: false);
        byte[] value = new byte[ValueSize];
        return BpfInventory.Guard(() => MapItemApi.TryGet(map, key, value), $"the map {Name} cannot be read") ? value : null;
    }

    /// <summary>Writes the value of a key.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    internal void Set(byte[] key, byte[] value)
    {
        using var map = new SafeFileHandle(Descriptor, ownsHandle: false);
        _ = BpfInventory.Guard(() =>
        {
            MapItemApi.Set(map, key, value);
            return 0;
        }, $"the map {Name} cannot be written");
    }

    private nint Pointer => _owner.IsOpen ? _map : throw new ObjectDisposedException(Name);

    private BtfType? TypeOf(uint id) => id == 0 || _owner.Types is not { } types || id >= types.EndId ? null : types[id];
}
