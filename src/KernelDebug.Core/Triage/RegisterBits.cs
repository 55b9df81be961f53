using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>Control registers, status words and error codes, their bits by the names of the kernel's headers.</summary>
internal static class RegisterBits
{
    private static readonly Dictionary<Machine, RegisterLayout[]> s_layouts = new()
    {
        [Machine.X64] = X86Registers.All,
        [Machine.X86] = X86Registers.All,
        [Machine.Arm64] = ArmRegisters.Arm64,
        [Machine.Arm] = ArmRegisters.Arm,
        [Machine.RiscV] = OtherRegisters.RiscV,
        [Machine.PowerPc] = OtherRegisters.PowerPc,
        [Machine.S390] = OtherRegisters.S390,
        [Machine.LoongArch] = OtherRegisters.LoongArch,
    };

    /// <summary>The registers of the report that have bits with names.</summary>
    public static IReadOnlyList<DecodedRegister> Decode(CrashEvidence evidence) => !s_layouts.TryGetValue(evidence.Machine, out RegisterLayout[]? layouts) ? []
        : layouts.Select(layout => layout.Value(evidence) is { } value ? layout.Decode(value) : null).OfType<DecodedRegister>().ToArray();
}

/// <summary>One register of a machine.</summary>
/// <param name="Name">Its name in the result.</param>
/// <param name="Value">Its value; null where the report has none.</param>
/// <param name="Bits">The names of its bits, by number.</param>
/// <param name="Text">What its fields say; null where it has only bits.</param>
internal sealed record RegisterLayout(string Name, Func<CrashEvidence, ulong?> Value, (int Bit, string Name)[] Bits, Func<ulong, string>? Text = null)
{
    /// <summary>A register that stands in the report's dictionary under its name.</summary>
    public static RegisterLayout Printed(string name, (int Bit, string Name)[] bits, Func<ulong, string>? text = null) =>
        new(name, e => e.Report.Registers.TryGetValue(name, out ulong value) ? value : null, bits, text);

    /// <summary>A hexadecimal number behind a phrase of the report.</summary>
    public static ulong? Behind(CrashEvidence evidence, string phrase) => evidence.Line(phrase) is { } line ? FaultAddresses.ReadHex(line.AsSpan(phrase.Length)) : null;

    /// <summary>The register with its bits named.</summary>
    public DecodedRegister Decode(ulong value) =>
        new(Name, value, Bits.Where(b => (value >> b.Bit & 1) != 0).Select(b => b.Name).ToArray(), Text?.Invoke(value) ?? "");
}
