using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>The architecture of a report, as its register names tell it.</summary>
internal enum Machine
{
    Unknown,
    X64,
    X86,
    Arm64,
    Arm,
    RiscV,
    PowerPc,
    S390,
    LoongArch,
    Mips,
}

/// <summary>Which machine a report is of.</summary>
internal static class Machines
{
    // A name that the architecture's show_regs() prints and no other's does: arch/*/kernel/process.c, traps.c, dumpstack.c.
    private static readonly (string Register, Machine Machine)[] s_names =
    [
        ("RAX", Machine.X64), ("RSP", Machine.X64), ("CR4", Machine.X64), ("pstate", Machine.Arm64), ("badaddr", Machine.RiscV),
        ("NIP", Machine.PowerPc), ("MSR", Machine.PowerPc), ("ERA", Machine.LoongArch), ("BADV", Machine.LoongArch), ("CRMD", Machine.LoongArch), ("BadVA", Machine.Mips),
    ];

    /// <summary>The machine; <see cref="Machine.Unknown"/> where no register says.</summary>
    public static Machine Of(PanicTrace report)
    {
        if (report.Registers.ContainsKey("EAX"))
        {
            return Machine.X86;
        }
        foreach ((string register, Machine machine) in s_names)
        {
            if (report.Registers.ContainsKey(register))
            {
                return machine;
            }
        }
        // These two are printed on a line with the instruction pointer: "pc : [<c0123456>]    lr : [<c0123400>]    psr: 60000013".
        return report.RawText.Contains("Krnl PSW : ", StringComparison.Ordinal) ? Machine.S390
            : report.RawText.Contains("]    psr: ", StringComparison.Ordinal) ? Machine.Arm : Machine.Unknown;
    }

    /// <summary>True where a pointer has 64 bits.</summary>
    public static bool Is64Bit(Machine machine, PanicTrace report) => machine switch
    {
        Machine.X64 or Machine.Arm64 or Machine.S390 or Machine.LoongArch => true,
        Machine.RiscV or Machine.PowerPc or Machine.Mips => report.Registers.Values.Any(v => v > uint.MaxValue),
        _ => false,
    };

    /// <summary>True for a register of the code itself, no stack pointer and no control register.</summary>
    public static bool IsGeneral(Machine machine, string name) => machine switch
    {
        Machine.X64 => name is "RAX" or "RBX" or "RCX" or "RDX" or "RSI" or "RDI" or "RBP" or "R08" or "R09" or "R10" or "R11" or "R12" or "R13" or "R14" or "R15",
        Machine.X86 => name is "EAX" or "EBX" or "ECX" or "EDX" or "ESI" or "EDI" or "EBP",
        Machine.Arm64 => name.Length > 1 && name[0] == 'x' && char.IsAsciiDigit(name[1]),
        Machine.Arm => name.Length > 1 && name[0] == 'r' && char.IsAsciiDigit(name[1]),
        Machine.RiscV or Machine.LoongArch => name.Length > 1 && name[0] is 'a' or 's' or 't' && char.IsAsciiDigit(name[1]),
        Machine.PowerPc => name.StartsWith("GPR", StringComparison.Ordinal) && name is not "GPR01" and not "GPR13",
        Machine.S390 => name.Length > 1 && name[0] == 'R' && char.IsAsciiDigit(name[1]) && name != "R15",
        _ => false,
    };
}
