namespace KernelDebug.Records;

/// <summary>One thing in which two reports differ.</summary>
/// <param name="Property">What it is: a property of <see cref="PanicTrace"/> (<c>CallTrace</c>, <c>Modules</c>, <c>Registers</c>).</param>
/// <param name="Item">Which of several: the register, the module, the fact; null where there is one.</param>
/// <param name="Reference">What the first report has; null where it has none.</param>
/// <param name="Difference">What the second report has; null where it has none.</param>
public sealed record TraceDifference(string Property, string? Item, string? Reference, string? Difference)
{
    /// <summary><c>&lt;=</c> only in the first, <c>=&gt;</c> only in the second, <c>&lt;&gt;</c> in both and not the same.</summary>
    public string SideIndicator => Reference is null ? "=>" : Difference is null ? "<=" : "<>";
    /// <summary><c>CallTrace &lt;= gtpsim_work</c>.</summary>
    public override string ToString() => $"{Property}{(Item is null ? "" : $" {Item}")} {SideIndicator} {string.Join(" | ", new[] { Reference, Difference }.Where(v => v is not null))}";
}

/// <summary>Two reports side by side: what differs beyond addresses, offsets and numbers that every boot has anew.</summary>
public sealed record TraceComparison
{
    /// <summary>The first report.</summary>
    public required PanicTrace Reference { get; init; }
    /// <summary>The second.</summary>
    public required PanicTrace Difference { get; init; }
    /// <summary>True where both have one signature: by its rules they are the same crash.</summary>
    public bool IsSameCrash => Reference.Signature.Length > 0 && Reference.Signature == Difference.Signature;
    /// <summary>The innermost frames that both call traces begin with, counted without <c>?</c> frames.</summary>
    public required int CommonFrames { get; init; }
    /// <summary>What differs; empty where nothing does.</summary>
    public required IReadOnlyList<TraceDifference> Differences { get; init; }
    /// <summary><c>same crash, 3 differences</c>.</summary>
    public override string ToString() => $"{(IsSameCrash ? "same crash" : "other crash")}, {Differences.Count} difference{(Differences.Count == 1 ? "" : "s")}";
}
