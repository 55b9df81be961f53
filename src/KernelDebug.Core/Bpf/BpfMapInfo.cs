using KernelDebug.Bpf.Native;

namespace KernelDebug.Bpf;

/// <summary>A map in the kernel (<c>struct bpf_map_info</c>, include/uapi/linux/bpf.h).</summary>
public sealed record BpfMapInfo
{
    /// <summary>The number.</summary>
    public required uint Id { get; init; }

    /// <summary>The name, cut by the kernel to 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, as bpftool names it: <c>hash</c>, <c>ringbuf</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Bytes of a key.</summary>
    public required uint KeySize { get; init; }

    /// <summary>Bytes of a value; in a per-CPU map, of one CPU's.</summary>
    public required uint ValueSize { get; init; }

    /// <summary>Elements at most; bytes of a ring buffer.</summary>
    public required uint MaxEntries { get; init; }

    /// <summary>BPF_F_* of its making.</summary>
    public required uint Flags { get; init; }

    /// <summary>The BTF its keys and values have types in; null for none.</summary>
    public uint? BtfId { get; init; }

    /// <summary>The key's type in it; 0 for none.</summary>
    public uint KeyTypeId { get; init; }

    /// <summary>The value's type in it; 0 for none.</summary>
    public uint ValueTypeId { get; init; }

    /// <summary>Bytes of memory it is charged for; null where the kernel does not tell.</summary>
    public long? Memory { get; init; }

    /// <summary>True where programs alone may write it, or nobody; null where the kernel does not tell.</summary>
    public bool? IsFrozen { get; init; }

    /// <summary>The programs that use it.</summary>
    public IReadOnlyList<uint> ProgramIds { get; init; } = [];

    /// <summary>The processes that hold a descriptor of it.</summary>
    public IReadOnlyList<BpfOwner> Owners { get; init; } = [];

    /// <summary><c>enum bpf_map_type</c>.</summary>
    internal int TypeNumber { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
