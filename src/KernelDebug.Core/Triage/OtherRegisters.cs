namespace KernelDebug.Triage;

/// <summary>riscv, powerpc, s390 and loongarch.</summary>
internal static class OtherRegisters
{
    private static readonly string[] s_riscvCauses =
    [
        "instruction address misaligned", "instruction access fault", "illegal instruction", "breakpoint", "load address misaligned", "load access fault", "store address misaligned", "store access fault",
        "environment call from U-mode", "environment call from S-mode", "environment call from VS-mode", "environment call from M-mode", "instruction page fault", "load page fault", "", "store page fault",
    ];

    private static readonly string[] s_loongCodes =
    [
        "interrupt", "TLB miss on a load", "TLB miss on a store", "TLB miss on an instruction fetch", "TLB modified fault", "TLB read-inhibit", "TLB execution-inhibit", "TLB privilege error", "address error",
        "unaligned access", "out of bounds", "system call", "breakpoint", "instruction does not exist", "instruction privileged", "FPU disabled", "LSX disabled", "LASX disabled", "floating point exception", "watchpoint",
    ];

    /// <summary>arch/riscv/include/asm/csr.h.</summary>
    public static RegisterLayout[] RiscV { get; } =
    [
        RegisterLayout.Printed("cause", [], value => value < (ulong)s_riscvCauses.Length ? s_riscvCauses[value] : (value >> 63 | value >> 31) != 0 ? "interrupt" : ""),
        // The upper bits (SD, UXL) lie elsewhere on 32 and on 64 bits.
        RegisterLayout.Printed("status", [(1, "SIE"), (5, "SPIE"), (8, "SPP"), (18, "SUM"), (19, "MXR")]),
    ];

    /// <summary>arch/powerpc/include/asm/reg.h; the MSR's bits that book3s and book3e share.</summary>
    public static RegisterLayout[] PowerPc { get; } =
    [
        RegisterLayout.Printed("MSR", [(0, "LE"), (1, "RI"), (4, "DR"), (5, "IR"), (12, "ME"), (13, "FP"), (14, "PR"), (15, "EE"), (23, "VSX"), (25, "VEC"), (60, "HV"), (63, "SF")]),
        RegisterLayout.Printed("DSISR", [(25, "ISSTORE"), (26, "BADACCESS"), (27, "PROTFAULT"), (28, "NOEXEC_OR_G"), (29, "ATTR_CONFLICT"), (30, "NOHPTE")]),
    ];

    /// <summary>arch/s390/include/uapi/asm/ptrace.h (psw_t's mask), arch/s390/mm/fault.c (the translation exception's identification).</summary>
    public static RegisterLayout[] S390 { get; } =
    [
        new("PSW", e => RegisterLayout.Behind(e, "Krnl PSW : "), [(62, "PER"), (58, "DAT"), (57, "IO"), (56, "EXT"), (50, "MCHECK"), (49, "WAIT"), (48, "PSTATE"), (39, "RI"), (32, "EA"), (31, "BA")],
            value => $"key {value >> 52 & 0xf}, condition code {value >> 44 & 3}, {(value >> 46 & 3) switch { 0 => "primary", 1 => "access register", 2 => "secondary", _ => "home" }} space"),
        new("TEID", e => e.Line("Failing address: ") is { } line && line.IndexOf("TEID: ", StringComparison.Ordinal) is > 0 and var at ? FaultAddresses.ReadHex(line.AsSpan(at + "TEID: ".Length)) : null, [],
            value => $"{(value >> 10 & 3) switch { 1 => "fetch", 2 => "store", _ => "access" }}, {(value & 3) switch { 0 => "primary", 1 => "access register", 2 => "secondary", _ => "home" }} space"),
    ];

    /// <summary>arch/loongarch/include/asm/loongarch.h.</summary>
    public static RegisterLayout[] LoongArch { get; } =
    [
        RegisterLayout.Printed("ESTAT", [], value => (value >> 16 & 0x3f) is var code && code < (ulong)s_loongCodes.Length ? s_loongCodes[code] : ""),
        RegisterLayout.Printed("CRMD", [(2, "IE"), (3, "DA"), (4, "PG"), (9, "WE")], value => $"PLV{value & 3}"),
    ];
}
