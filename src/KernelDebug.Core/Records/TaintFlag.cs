namespace KernelDebug.Records;

/// <summary>One taint letter.</summary>
/// <param name="Letter">The letter as the kernel prints it (<c>taint_flags[]</c>, kernel/panic.c).</param>
/// <param name="Meaning">What it stands for.</param>
public sealed record TaintFlag(char Letter, string Meaning)
{
    /// <summary><c>O: out-of-tree module loaded</c>.</summary>
    public override string ToString() => $"{Letter}: {Meaning}";
}
