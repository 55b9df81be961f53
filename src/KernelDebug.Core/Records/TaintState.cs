namespace KernelDebug.Records;

/// <summary>The kernel's taint as a report prints it.</summary>
/// <param name="Flags">The letters, <c>G OE</c> as <c>GOE</c>; empty for "Not tainted".</param>
/// <param name="Reasons">A phrase a letter, in the order of the letters.</param>
public sealed record TaintState(string Flags, IReadOnlyList<string> Reasons)
{
    /// <summary>True when any flag but <c>G</c> (only GPL modules) is set.</summary>
    public bool IsTainted => Flags.Any(c => c != 'G');
    /// <summary>The letters and their phrases.</summary>
    public override string ToString() => Flags.Length == 0 ? "Not tainted" : $"{Flags} ({string.Join(", ", Reasons)})";
}
