using Iced.Intel;

namespace KernelDebug.Disassembly;

/// <summary>Where objdump and Iced name an instruction differently.</summary>
internal static class ObjdumpMnemonics
{
    /// <summary>objdump's mnemonic for what Iced calls <paramref name="mnemonic"/>.</summary>
    public static string Correct(string mnemonic, in InstructionEncoding encoding, in Instruction instruction, bool att)
    {
        if (InvalidEncoding.IsX87Memory(encoding)) return "(bad)";
        if (IsNop(encoding)) return "nop";
        if (IsReservedNop(instruction)) return Nop(instruction, encoding, att);
        if (encoding.Map == OpcodeMap.Primary && encoding.Opcode is 0xe8 or 0xe9 && instruction.Op0Kind == OpKind.NearBranch16)
        {
            return encoding.Opcode == 0xe8 ? "callw" : "jmpw";
        }
        if (encoding.Map == OpcodeMap.Primary && encoding is { Opcode: 0xdb, ModRm: >= 0xe0 and <= 0xe5 })
        {
            return encoding.ModRm switch
            {
                0xe0 => "fneni(8087 only)",
                0xe1 => "fndisi(8087 only)",
                0xe4 => "fnsetpm(287 only)",
                0xe5 => "frstpm(287 only)",
                _ => mnemonic,
            };
        }
        if (mnemonic == "prefetch_reserved") return "prefetch";
        return att ? Att(mnemonic, encoding, instruction) : Intel(mnemonic, encoding, instruction);
    }

    /// <summary>The nops of <c>0f 18</c> to <c>0f 1f</c>, which objdump prints with their memory or register operand alone.</summary>
    public static bool IsReservedNop(in Instruction instruction) => instruction.Mnemonic == Mnemonic.Reservednop
        || instruction.Mnemonic == Mnemonic.Nop && instruction.OpCount > 0
        || instruction.Mnemonic is Mnemonic.Prefetchit0 or Mnemonic.Prefetchit1 && !instruction.IsIPRelativeMemoryOperand;

    /// <summary>Opcode 90 without a prefix that makes it xchg or pause.</summary>
    public static bool IsNop(in InstructionEncoding encoding) => encoding is { Map: OpcodeMap.Primary, Opcode: 0x90 }
        && (encoding.RexByte & 1) == 0 && !encoding.HasPrefix(0x66) && !encoding.HasPrefix(0xf3);

    /// <summary>The string instructions, by opcode.</summary>
    public static bool IsString(in InstructionEncoding encoding) => encoding.Map == OpcodeMap.Primary
        && encoding.Opcode is (>= 0x6c and <= 0x6f) or (>= 0xa4 and <= 0xa7) or (>= 0xaa and <= 0xaf);

    /// <summary>What reads or writes the port in <c>dx</c>.</summary>
    public static bool IsPort(in InstructionEncoding encoding) => encoding.Map == OpcodeMap.Primary
        && encoding.Opcode is (>= 0x6c and <= 0x6f) or (>= 0xec and <= 0xef);

    /// <summary>Whether the instruction reads through an implied <c>ds:</c> pointer.</summary>
    public static bool HasImpliedSource(in InstructionEncoding encoding) => encoding.Map == OpcodeMap.Primary
        && encoding.Opcode is 0x6e or 0x6f or (>= 0xa4 and <= 0xa7) or 0xac or 0xad or 0xd7;

    private static string Nop(in Instruction instruction, in InstructionEncoding encoding, bool att)
    {
        if (!att || !encoding.IsMemory) return "nop";
        return instruction.MemorySize.GetSize() switch { 2 => "nopw", 8 => "nopq", _ => "nopl" };
    }

    private static string Att(string mnemonic, in InstructionEncoding encoding, in Instruction instruction) => mnemonic switch
    {
        "callq" => "call",
        "jmpq" => "jmp",
        "pushq" => "push",
        "popq" => "pop",
        "pushl" or "popl" or "calll" or "jmpl" when encoding.Bitness == 32 => mnemonic[..^1],
        "retq" => "ret",
        "leaveq" => "leave",
        "enterq" => "enter",
        "pushfq" => "pushf",
        "popfq" => "popf",
        "lretl" => "lret",
        "iretl" => "iret",
        "lcalll" => "lcall",
        "ljmpl" => "ljmp",
        "getsecq" or "getsecl" or "getsecd" => "getsec",
        "movsxw" => "movsww",
        "movzxw" => "movzww",
        "salb" => "shlb",
        "salw" => "shlw",
        "sall" => "shll",
        "salq" => "shlq",
        "sal" => "shl",
        _ => mnemonic,
    };

    private static string Intel(string mnemonic, in InstructionEncoding encoding, in Instruction instruction)
    {
        if (IsString(encoding))
        {
            return encoding.Opcode switch
            {
                0x6c or 0x6d => "ins",
                0x6e or 0x6f => "outs",
                0xa4 or 0xa5 => "movs",
                0xa6 or 0xa7 => "cmps",
                0xaa or 0xab => "stos",
                0xac or 0xad => "lods",
                _ => "scas",
            };
        }
        if (IsMovabs(encoding)) return "movabs";
        return mnemonic switch
        {
            "ret far" => Sized("retf", encoding),
            "push" when encoding.Map == OpcodeMap.Primary && encoding.Opcode is 0x68 or 0x6a => IsWord(encoding) ? "pushw" : "push",
            "call far" => "call",
            "jmp far" => "jmp",
            "sysret" => (encoding.RexByte & 8) != 0 ? "sysretq" : encoding.Bitness == 64 ? "sysretd" : "sysret",
            "sysexit" => (encoding.RexByte & 8) != 0 ? "sysexitq" : encoding.Bitness == 64 ? "sysexitd" : "sysexit",
            "getsecq" or "getsecd" => "getsec",
            "push" or "pop" when encoding.Map == OpcodeMap.Map0F && IsWord(encoding) => mnemonic + "w",
            "iretd" => "iret",
            "iret" => Sized("iret", encoding),
            "pushfq" or "pushfd" => "pushf",
            "popfq" or "popfd" => "popf",
            "pushad" => "pusha",
            "popad" => "popa",
            "pusha" or "popa" => mnemonic + "w",
            "push" or "pop" when encoding is { Map: OpcodeMap.Primary, Opcode: <= 0x1f } && encoding.HasPrefix(0x66) => mnemonic + "w",
            "pushf" or "popf" or "leave" or "enter" or "ret" when IsWord(encoding) => mnemonic + "w",
            "fnsave" or "fnstenv" or "frstor" or "fldenv" when IsWord(encoding) => mnemonic + "w",
            "sal" => "shl",
            _ => mnemonic,
        };
    }

    // mov with a 64-bit address or a 64-bit immediate.
    private static bool IsMovabs(in InstructionEncoding encoding) => encoding.Map == OpcodeMap.Primary && encoding.Bitness == 64
        && (encoding.Opcode is >= 0xa0 and <= 0xa3 && !encoding.HasPrefix(0x67)
            || encoding.Opcode is >= 0xb8 and <= 0xbf && (encoding.RexByte & 8) != 0);

    private static bool IsWord(in InstructionEncoding encoding) => encoding.HasPrefix(0x66) && (encoding.RexByte & 8) == 0;

    private static string Sized(string mnemonic, in InstructionEncoding encoding) =>
        (encoding.RexByte & 8) != 0 ? mnemonic + "q" : encoding.HasPrefix(0x66) ? mnemonic + "w" : mnemonic;
}
