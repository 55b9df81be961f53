namespace KernelDebug.Triage;

/// <summary>
/// arm64: arch/arm64/include/uapi/asm/ptrace.h, arch/arm64/include/asm/esr.h, the names of arch/arm64/kernel/traps.c and mm/fault.c.
/// arm: arch/arm/include/uapi/asm/ptrace.h, arch/arm/mm/fault.h and fsr-2level.c.
/// </summary>
internal static class ArmRegisters
{
    private static readonly (int, string)[] s_pstate =
    [
        (6, "F"), (7, "I"), (8, "A"), (9, "D"), (12, "SSBS"), (20, "IL"), (21, "SS"), (22, "PAN"), (23, "UAO"), (24, "DIT"), (25, "TCO"), (28, "V"), (29, "C"), (30, "Z"), (31, "N"),
    ];

    private static readonly (int, string)[] s_psr = [(5, "T"), (6, "F"), (7, "I"), (8, "A"), (9, "E"), (24, "J"), (27, "Q"), (28, "V"), (29, "C"), (30, "Z"), (31, "N")];

    private static readonly Dictionary<ulong, string> s_classes = new()
    {
        [0x00] = "unknown reason", [0x01] = "WFI/WFE", [0x07] = "SIMD or floating point", [0x0d] = "BTI", [0x0e] = "illegal execution state", [0x15] = "SVC (AArch64)", [0x18] = "MSR/MRS",
        [0x19] = "SVE", [0x1c] = "pointer authentication failure", [0x1d] = "SME", [0x20] = "instruction abort (lower EL)", [0x21] = "instruction abort (current EL)", [0x22] = "PC alignment",
        [0x24] = "data abort (lower EL)", [0x25] = "data abort (current EL)", [0x26] = "SP alignment", [0x27] = "memory copy or set", [0x2c] = "floating point (AArch64)", [0x2d] = "guarded control stack",
        [0x2f] = "SError", [0x30] = "breakpoint (lower EL)", [0x31] = "breakpoint (current EL)", [0x32] = "software step (lower EL)", [0x33] = "software step (current EL)", [0x34] = "watchpoint (lower EL)",
        [0x35] = "watchpoint (current EL)", [0x3c] = "BRK",
    };

    private static readonly Dictionary<ulong, string> s_aborts = new()
    {
        [0x00] = "address size fault, level 0", [0x01] = "address size fault, level 1", [0x02] = "address size fault, level 2", [0x03] = "address size fault, level 3",
        [0x04] = "translation fault, level 0", [0x05] = "translation fault, level 1", [0x06] = "translation fault, level 2", [0x07] = "translation fault, level 3",
        [0x09] = "access flag fault, level 1", [0x0a] = "access flag fault, level 2", [0x0b] = "access flag fault, level 3",
        [0x0d] = "permission fault, level 1", [0x0e] = "permission fault, level 2", [0x0f] = "permission fault, level 3",
        [0x10] = "synchronous external abort", [0x11] = "synchronous tag check fault", [0x14] = "external abort on table walk, level 0", [0x15] = "external abort on table walk, level 1",
        [0x16] = "external abort on table walk, level 2", [0x17] = "external abort on table walk, level 3", [0x18] = "parity or ECC error", [0x21] = "alignment fault", [0x30] = "TLB conflict",
    };

    private static readonly string[] s_armAborts =
    [
        "vector exception", "alignment exception", "terminal exception", "alignment exception", "external abort on linefetch", "section translation fault", "external abort on linefetch",
        "page translation fault", "external abort on non-linefetch", "section domain fault", "external abort on non-linefetch", "page domain fault", "external abort on translation",
        "section permission fault", "external abort on translation", "page permission fault",
    ];

    public static RegisterLayout[] Arm64 { get; } =
    [
        new("ESR", Syndrome, [(25, "IL")], DescribeSyndrome),
        RegisterLayout.Printed("pstate", s_pstate, value => (value & 0x10) != 0 ? "AArch32" : (value & 0xf) switch { 0 => "EL0t", 4 => "EL1t", 5 => "EL1h", 8 => "EL2t", 9 => "EL2h", 12 => "EL3t", 13 => "EL3h", var mode => $"mode 0x{mode:x}" }),
    ];

    public static RegisterLayout[] Arm { get; } =
    [
        // "Internal error: Oops: 805 [#1] SMP ARM"; with LPAE the numbers are others (fsr-3level.c), and bit 9 says so.
        new("FSR", e => e.Report.Headline.StartsWith("Unable to handle kernel", StringComparison.Ordinal) ? e.Report.ErrorCode : null, [(9, "LPAE"), (11, "WRITE"), (31, "LNX_PF")],
            value => (value & 0x200) != 0 || (value & 0x400) != 0 ? "" : s_armAborts[value & 0xf]),
        new("psr", e => RegisterLayout.Behind(e, "psr: "), s_psr, value => (value & 0x1f) switch { 0x10 => "USR", 0x11 => "FIQ", 0x12 => "IRQ", 0x13 => "SVC", 0x16 => "MON", 0x17 => "ABT", 0x1a => "HYP", 0x1b => "UND", 0x1f => "SYS", var mode => $"mode 0x{mode:x}" }),
    ];

    // "ESR = 0x0000000096000004", and in the line of the oops as its error code.
    private static ulong? Syndrome(CrashEvidence e) => RegisterLayout.Behind(e, "ESR = ") ?? (e.Line("Internal error: Oops") is not null && e.Report.ErrorCode is > uint.MaxValue >> 6 and var code ? code : null);

    private static string DescribeSyndrome(ulong value)
    {
        ulong exception = value >> 26 & 0x3f;
        string text = s_classes.TryGetValue(exception, out string? name) ? name : $"exception class 0x{exception:x}";
        if (exception is 0x20 or 0x21 or 0x24 or 0x25)
        {
            text += $", {(s_aborts.TryGetValue(value & 0x3f, out string? fault) ? fault : $"fault status 0x{value & 0x3f:x}")}";
        }
        if (exception is 0x24 or 0x25)
        {
            // CM: a cache maintenance instruction, for which WnR does not tell.
            text += (value & 1 << 8) != 0 ? ", cache maintenance" : (value & 1 << 6) != 0 ? ", write" : ", read";
        }
        return exception == 0x3c ? $"{text} 0x{value & 0xffff:x}" : text;
    }
}
