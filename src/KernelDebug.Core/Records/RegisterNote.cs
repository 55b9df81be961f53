namespace KernelDebug.Records;

/// <summary>A register whose value points into the kernel's own code or data.</summary>
/// <param name="Name">The register.</param>
/// <param name="Value">Its value, a runtime address.</param>
/// <param name="Symbol">The symbol it points into.</param>
/// <param name="Offset">Bytes from the symbol's start.</param>
/// <param name="IsCode">True for a function, false for data.</param>
public sealed record RegisterNote(string Name, ulong Value, string Symbol, ulong Offset, bool IsCode)
{
    /// <summary><c>RBX ffffffff82a0b4c0 init_task+0x40</c>.</summary>
    public override string ToString() => $"{Name} {Value:x16} {Symbol}{(Offset == 0 ? "" : $"+0x{Offset:x}")}";
}
