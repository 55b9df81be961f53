namespace KernelDebug.Btf.CHeader;

/// <summary>In which order a header has definitions where what needs what leaves a choice.</summary>
public enum CHeaderOrder
{
    /// <summary>By the ids of types: as <c>bpftool btf dump ... format c</c> before v7.5, and since then <c>format c unsorted</c>.</summary>
    Id = 0,
    /// <summary>By kind and name, so that the headers of two kernels can be compared: as bpftool's <c>format c</c> since v7.5, which loses the first.</summary>
    Name = 1,
}

/// <summary>What a header has.</summary>
public sealed record CHeaderOptions
{
    /// <summary>The order of definitions.</summary>
    public CHeaderOrder Order { get; init; }

    /// <summary>The types to write, with what they need, in this order; null for all, the base's included.</summary>
    public IReadOnlyList<BtfType>? Types { get; init; }

    /// <summary>
    /// True for the file's own types and what they need, without the rest of its base: what a module adds. bpftool writes the base too.
    /// </summary>
    public bool HasOwnTypesOnly { get; init; }

    /// <summary>True for declarations of the functions BPF programs may call (kfuncs), as bpftool has them since v7.5.</summary>
    public bool HasKernelFunctions { get; init; }
}
