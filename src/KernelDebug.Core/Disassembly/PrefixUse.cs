using Iced.Intel;

namespace KernelDebug.Disassembly;

/// <summary>What an instruction makes of its prefixes, by objdump's notion; a prefix not used is printed by its name.</summary>
[Flags]
internal enum PrefixUse
{
    None = 0,
    /// <summary>REX.W selects an operand size.</summary>
    RexW = 1,
    /// <summary>REX.R extends a register number.</summary>
    RexR = 2,
    /// <summary>REX.X extends the index.</summary>
    RexX = 4,
    /// <summary>REX.B extends a register number or the base.</summary>
    RexB = 8,
    /// <summary>The mere presence of REX selects <c>spl</c>, <c>bpl</c>, <c>sil</c>, <c>dil</c>.</summary>
    Rex = 16,
    /// <summary><c>66</c> selects an operand size or an opcode.</summary>
    Data = 32,
    /// <summary><c>67</c> selects an address size.</summary>
    Address = 64,
    /// <summary>A segment override applies.</summary>
    Segment = 128,
}

/// <summary>
/// Finds an instruction's <see cref="PrefixUse"/>. The classes below were found by giving objdump (binutils 2.40) each opcode
/// with each prefix and noting which it prints.
/// </summary>
internal static class PrefixUseTable
{
    // One character an opcode. b: byte ModRM with register; v: word/dword/qword ModRM with register; z: the same from a byte;
    // g, G: b and v with an opcode extension in place of the register; o, O: register in the opcode, byte or wider; P: the same,
    // never REX.W; A: accumulator or implied registers of operand size; D: operand size by 66 alone; W: by REX.W alone;
    // S: segment register; F: x87; s: SSE; m: MMX or, with 66, SSE; c: control or debug register; M: by hand; .: nothing.
    private const string Primary =
        "bvbv.ADDbvbv.AD.bvbv.ADDbvbv.ADD" + // 00
        "bvbv.A..bvbv.A..bvbv.A..bvbv.A.." + // 20
        "PPPPPPPPPPPPPPPP" + "PPPPPPPPPPPPPPPP" + // 40 (32-bit inc, dec), 50
        "DDvv....DvDv.D.D" + "................" + // 60
        "gGgGbvbvbvbvSvSG" + "POOOOOOOAAD.DD.." + // 80
        ".A.A.A.A.A.A.A.A" + "ooooooooOOOOOOOO" + // a0
        "gGDDvvgGDDAA...A" + "gGgG....FFFFFFFF" + // c0
        ".....D.DDDD..D.D" + "......gG......gG"; // e0

    private const string Map0F =
        "SSvv...W.....g.." + "ssssssssGGGGGGGG" + // 00
        "cccc....ssMMMMss" + ".....W.........." + // 20
        "vvvvvvvvvvvvvvvv" + "Msssssssssssssss" + // 40
        "mmmmmmmmmmmmssMm" + "mMMMmmm.ss..ssMm" + // 60
        "DDDDDDDDDDDDDDDD" + "gggggggggggggggg" + // 80
        "DD.vvv..DD.vvvMv" + "bvvvvvzvvvGvvvzv" + // a0
        "bvsvMMsMOOOOOOOO" + "smmmmmMMmmmmmmmm" + // c0
        "mmmmmmsmmmmmmmmm" + "smmmmmmmmmmmmmmv"; // e0

    /// <summary>The prefixes in use; REX bits only where they may be set.</summary>
    public static PrefixUse Of(in InstructionEncoding encoding, in Instruction instruction)
    {
        var use = Operands(encoding, instruction);
        if (encoding.IsMemory)
        {
            use |= PrefixUse.Segment;
            if (encoding.Map != OpcodeMap.Vector) use |= encoding.HasSib ? PrefixUse.RexB | PrefixUse.RexX : PrefixUse.RexB;
            if (instruction.MemoryBase != Register.None || instruction.MemoryIndex != Register.None) use |= PrefixUse.Address;
        }
        else if (encoding.Map == OpcodeMap.Primary)
        {
            use |= encoding.Opcode switch
            {
                0x6c or 0x6d or 0xaa or 0xab or 0xae or 0xaf or (>= 0xe0 and <= 0xe3) => PrefixUse.Address,
                0x6e or 0x6f or (>= 0xa4 and <= 0xa7) or 0xac or 0xad or 0xd7 => PrefixUse.Address | PrefixUse.Segment,
                >= 0xa0 and <= 0xa3 => PrefixUse.Segment,
                _ => PrefixUse.None,
            };
        }
        // REX.W wins over 66, which then has no effect, but where 66 chooses the opcode.
        var isWide = (encoding.RexByte & 8) != 0 && encoding is { Map: OpcodeMap.Primary, Opcode: not 0x90 };
        if (isWide || IsSizedByRex(encoding, use)) use &= ~PrefixUse.Data;
        return use;
    }

    private static PrefixUse Operands(in InstructionEncoding encoding, in Instruction instruction) => encoding.Map switch
    {
        OpcodeMap.Primary => ByClass(encoding, Primary[encoding.Opcode]),
        OpcodeMap.Map0F => Map0F[encoding.Opcode] == 'M' ? ByHand(encoding) : ByClass(encoding, Map0F[encoding.Opcode]),
        OpcodeMap.Vector => PrefixUse.None,
        _ => ByOperands(encoding, instruction),
    };

    private static bool IsSizedByRex(in InstructionEncoding encoding, PrefixUse use) => encoding.Map == OpcodeMap.Map0F
        && (encoding.RexByte & 8) != 0
        && ((use & PrefixUse.RexW) != 0 || encoding.Opcode is (>= 0x80 and <= 0x8f) or 0xa0 or 0xa1 or 0xa8 or 0xa9)
        && encoding.Opcode is not ((>= 0x10 and < 0x18) or 0x1e or 0xb8 or 0xbc or 0xbd or (>= 0x28 and < 0x30)
            or (>= 0x50 and < 0x80) or 0xc2 or (>= 0xc4 and <= 0xc7) or 0xae or >= 0xd0);

    private static PrefixUse ByClass(in InstructionEncoding encoding, char kind)
    {
        const PrefixUse Sized = PrefixUse.RexW | PrefixUse.Data;
        var registerForm = encoding.IsMemory ? PrefixUse.None : PrefixUse.RexB;
        switch (kind)
        {
            case 'b': return PrefixUse.RexR | registerForm | ByteRegister(encoding.Reg) | ByteRegisterRm(encoding);
            case 'g':
                return registerForm | ByteRegisterRm(encoding);
            case 'z': return Sized | PrefixUse.RexR | registerForm | ByteRegisterRm(encoding);
            // arpl, movsxd's opcode in 32-bit code.
            case 'v' when encoding is { Bitness: 32, Map: OpcodeMap.Primary, Opcode: 0x63 }: return PrefixUse.None;
            case 'v': return Sized | PrefixUse.RexR | registerForm;
            case 'G': return IsBranchOrStackGroup(encoding) ? PrefixUse.Data | registerForm : Sized | registerForm;
            case 'o': return PrefixUse.RexB | ByteRegister(encoding.Opcode & 7);
            case 'O': return Sized | PrefixUse.RexB;
            case 'P' when encoding.Opcode == 0x90 && !ObjdumpMnemonics.IsNop(encoding): return Sized | PrefixUse.RexB;
            case 'P': return PrefixUse.RexB | PrefixUse.Data;
            case 'A': return Sized;
            case 'W': return PrefixUse.RexW;
            case 'D': return PrefixUse.Data;
            case 'S': return encoding.IsMemory ? PrefixUse.None : registerForm | Sized;
            case 'F': return IsEnvironment(encoding) ? PrefixUse.Data : PrefixUse.None;
            case 's': return Mandatory(encoding) | PrefixUse.RexR | registerForm;
            case 'm':
                return encoding.HasPrefix(0x66) || encoding.HasPrefix(0xf3) || encoding.HasPrefix(0xf2)
                    ? Mandatory(encoding) | PrefixUse.RexR | registerForm
                    : PrefixUse.None;
            case 'c': return PrefixUse.RexR | PrefixUse.RexB;
            default: return PrefixUse.None;
        }
    }

    // F2 and F3 choose the opcode before 66 does.
    private static PrefixUse Mandatory(in InstructionEncoding encoding) =>
        encoding.HasPrefix(0xf3) || encoding.HasPrefix(0xf2) ? PrefixUse.None : PrefixUse.Data;

    private static PrefixUse ByteRegister(int number) => number >= 4 ? PrefixUse.Rex : PrefixUse.None;

    private static PrefixUse ByteRegisterRm(in InstructionEncoding encoding) =>
        encoding.IsMemory ? PrefixUse.None : ByteRegister(encoding.Rm);

    // 8f /0 (pop), ff /2../6 (call, jmp, push): 64 bits without REX.W.
    private static bool IsBranchOrStackGroup(in InstructionEncoding encoding) => encoding.Map == OpcodeMap.Primary
        && (encoding.Opcode == 0x8f || encoding.Opcode == 0xff && encoding.Reg >= 2);

    // fldenv, fnstenv, frstor, fnsave.
    private static bool IsEnvironment(in InstructionEncoding encoding) => encoding.IsMemory
        && (encoding.Opcode is 0xd9 or 0xdd) && encoding.Reg is 4 or 6;

    private static PrefixUse ByHand(in InstructionEncoding encoding)
    {
        var registerForm = encoding.IsMemory ? PrefixUse.None : PrefixUse.RexB;
        var scalar = encoding.HasPrefix(0xf3) || encoding.HasPrefix(0xf2);
        var wide = scalar || encoding.HasPrefix(0x66);
        return encoding.Opcode switch
        {
            0x2a when scalar => PrefixUse.RexW | PrefixUse.RexR | registerForm,
            0x2a => PrefixUse.RexR | PrefixUse.Data,
            0x2b => PrefixUse.RexR | Mandatory(encoding),
            0x2c or 0x2d when scalar => PrefixUse.RexW | PrefixUse.RexR | registerForm,
            0x2c or 0x2d => PrefixUse.Data | (wide ? registerForm : PrefixUse.None),
            0x50 => PrefixUse.RexW | PrefixUse.RexR | PrefixUse.RexB | Mandatory(encoding),
            0x6e => PrefixUse.RexW | registerForm | Mandatory(encoding) | (wide ? PrefixUse.RexR : PrefixUse.None),
            0x7e when encoding.HasPrefix(0xf3) => PrefixUse.RexR | registerForm,
            0x7e => PrefixUse.RexW | registerForm | Mandatory(encoding) | (wide ? PrefixUse.RexR : PrefixUse.None),
            >= 0x71 and <= 0x73 => Mandatory(encoding) | (wide ? registerForm : PrefixUse.None),
            0xae when encoding.IsMemory && encoding.Reg is 2 or 3 or 7 => PrefixUse.Data,
            0xae => PrefixUse.RexW | PrefixUse.Data | registerForm,
            0xc4 => Mandatory(encoding) | registerForm | (wide ? PrefixUse.RexR : PrefixUse.None),
            0xc5 => Mandatory(encoding) | PrefixUse.RexR | (wide ? registerForm : PrefixUse.None),
            0xc7 when encoding.IsMemory => encoding.Reg switch { 6 => PrefixUse.Data, 7 => PrefixUse.None, _ => PrefixUse.RexW },
            0xc7 => PrefixUse.RexW | PrefixUse.Data | registerForm,
            0xd6 => Mandatory(encoding) | PrefixUse.RexR | registerForm,
            0xd7 => Mandatory(encoding) | PrefixUse.RexW | PrefixUse.RexR | (wide ? registerForm : PrefixUse.None),
            _ => PrefixUse.None,
        };
    }

    // 0f 38 and 0f 3a: MMX or SSE operands, but for a few on general registers.
    private static PrefixUse ByOperands(in InstructionEncoding encoding, in Instruction instruction)
    {
        var registerForm = encoding.IsMemory ? PrefixUse.None : PrefixUse.RexB;
        if (encoding.Map == OpcodeMap.Map0F38 && encoding.Opcode >= 0xf0)
        {
            var use = PrefixUse.RexW | PrefixUse.RexR | registerForm;
            if (encoding.Opcode is 0xf0 or 0xf1 || !encoding.HasPrefix(0xf3)) use |= PrefixUse.Data;
            return encoding.Opcode == 0xf0 ? use | ByteRegisterRm(encoding) : use;
        }
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).IsMM()) return Mandatory(encoding);
        }
        var sized = encoding.Map == OpcodeMap.Map0F3A && encoding.Opcode is 0x16 or 0x22 ? PrefixUse.RexW : PrefixUse.None;
        return sized | Mandatory(encoding) | PrefixUse.RexR | registerForm;
    }
}
