using Iced.Intel;

namespace KernelDebug.Inference;

/// <summary>The general registers of x86-64 by the numbers DWARF gives them (System V psABI, Figure 3.36), and as the kernel prints them.</summary>
internal static class X64Registers
{
    private static readonly Register[] ByNumber =
    [
        Register.RAX, Register.RDX, Register.RCX, Register.RBX, Register.RSI, Register.RDI, Register.RBP, Register.RSP,
        Register.R8, Register.R9, Register.R10, Register.R11, Register.R12, Register.R13, Register.R14, Register.R15,
    ];

    /// <summary>The DWARF number of a register or the one it is a part of; null for none of the sixteen.</summary>
    public static int? NumberOf(Register register)
    {
        int number = Array.IndexOf(ByNumber, register.GetFullRegister());
        return number < 0 ? null : number;
    }

    /// <summary>The register of a number.</summary>
    public static Register Of(int number) => ByNumber[number];

    /// <summary>The name in a report, <c>RAX</c>; of R8 and R9 the kernel prints <c>R08</c> and <c>R09</c> (arch/x86/kernel/process_64.c, __show_regs).</summary>
    public static string NameOf(int number) => ByNumber[number] switch
    {
        Register.R8 => "R08",
        Register.R9 => "R09",
        var register => register.ToString().ToUpperInvariant(),
    };
}
