namespace KernelDebug.Records;

/// <summary>The kernel's taint as a report prints it.</summary>
/// <param name="Flags">The letters, <c>G OE</c> as <c>GOE</c>; empty for "Not tainted".</param>
/// <param name="Reasons">A phrase a letter, in the order of the letters.</param>
public sealed record TaintState(string Flags, IReadOnlyList<string> Reasons)
{
    /// <summary>Each letter with its meaning.</summary>
    public IReadOnlyList<TaintFlag> Letters => Flags.Zip(Reasons, (letter, meaning) => new TaintFlag(letter, meaning)).ToArray();
    /// <summary>True when any flag but <c>G</c> (only GPL modules) is set.</summary>
    public bool IsTainted => Flags.Any(c => c != 'G');
    /// <summary>The letters and their phrases.</summary>
    public override string ToString() => Flags.Length == 0 ? "Not tainted" : $"{Flags} ({string.Join(", ", Reasons)})";
}
