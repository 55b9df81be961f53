using KernelDebug.Bpf.Native;

namespace KernelDebug.Btf;

/// <summary>Where types are.</summary>
public enum BtfObjectSource
{
    /// <summary>The running kernel's own.</summary>
    Kernel,
    /// <summary>A module that is loaded.</summary>
    Module,
    /// <summary>A file.</summary>
    File,
    /// <summary>BPF programs or maps that are loaded, or a process that loads some.</summary>
    Program,
}

/// <summary>What BTF a kernel, a module or a file has, or why it has none.</summary>
public sealed record BtfObject
{
    /// <summary>The kernel's, module's or file's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is from.</summary>
    public required BtfObjectSource Source { get; init; }

    /// <summary>The file its types are in; for a loaded module without types, where they would be; null for those of BPF programs.</summary>
    public string? Path { get; init; }

    /// <summary>The id in the kernel, as <c>bpftool btf list</c> has it; null where it has none or ids cannot be had.</summary>
    public uint? Id { get; init; }

    /// <summary>Ids of the BPF programs that have these types.</summary>
    public IReadOnlyList<uint> ProgramIds { get; init; } = [];

    /// <summary>Ids of the BPF maps that have these types.</summary>
    public IReadOnlyList<uint> MapIds { get; init; } = [];

    /// <summary>The processes that hold these types open.</summary>
    public IReadOnlyList<BpfOwner> Processes { get; init; } = [];

    /// <summary>True where it has types.</summary>
    public bool HasBtf => Reason is null;

    /// <summary>Why it has none; null where it has.</summary>
    public string? Reason { get; init; }

    /// <summary>Bytes of header, types and strings; null where it has none.</summary>
    public long? Size { get; init; }

    /// <summary>True where the types continue those of a base; null where it has none.</summary>
    public bool? IsSplit { get; init; }

    /// <summary>How many types it has, without those of its base; null where they cannot be counted or it has none.</summary>
    public int? TypeCount { get; init; }

    /// <summary>Bytes of .BTF.ext, where functions and lines of BPF code are; null where it has none.</summary>
    public long? ExtensionSize { get; init; }

    /// <summary>Bytes of .BTF.base, the part of its base a module needs; null where it has none.</summary>
    public long? DistilledBaseSize { get; init; }
}
