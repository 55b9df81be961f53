namespace KernelDebug.Records;

/// <summary>A control register, status word or error code, its bits by name.</summary>
/// <param name="Name">The register as the log names it (<c>EFLAGS</c>, <c>CR4</c>, <c>pstate</c>), or <c>ErrorCode</c>, <c>ESR</c>, <c>FSR</c>, <c>PSW</c>, <c>TEID</c> where the log has no such name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Bits">The names of the bits that are set, lowest first; bits without a name are left out.</param>
/// <param name="Text">What its fields say in words; empty where the bits say it all.</param>
public sealed record DecodedRegister(string Name, ulong Value, IReadOnlyList<string> Bits, string Text)
{
    /// <summary><c>EFLAGS 0x10246: PF ZF IF RF</c>.</summary>
    public override string ToString() => $"{Name} 0x{Value:x}"
        + (Bits.Count + Text.Length == 0 ? "" : $": {string.Join(' ', Bits)}{(Bits.Count > 0 && Text.Length > 0 ? "; " : "")}{Text}");
}
