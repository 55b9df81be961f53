namespace KernelDebug.Disassembly;

/// <summary>The operands of x87 instructions on the register stack: one or two, by opcode.</summary>
internal static class X87Operands
{
    /// <summary><c>%st(1),%st</c>, <c>st(1)</c> and so on; null where the instruction has none or is not on registers.</summary>
    public static string? Of(in InstructionEncoding encoding, bool att)
    {
        if (encoding.ModRm < 0xc0) return null;
        var other = (att ? "%st(" : "st(") + (char)('0' + encoding.Rm) + ")";
        var top = att ? "%st" : "st";
        switch (encoding.Opcode, encoding.Reg)
        {
            // The destination is the top of the stack.
            case (0xd8, not (2 or 3)) or (0xda or 0xdb, < 4) or (0xdb or 0xdf, 5 or 6):
                return att ? other + "," + top : top + "," + other;
            // The destination is the other register.
            case (0xdc, not (2 or 3)) or (0xde, not (2 or 3)):
                return att ? top + "," + other : other + "," + top;
            case (0xd8, 2 or 3) or (0xd9, 0 or 1) or (0xdd, 0 or 2 or 3 or 4 or 5) or (0xdf, 0):
                return other;
            default:
                return null;
        }
    }
}
