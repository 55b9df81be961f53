namespace KernelDebug.Disassembly;

/// <summary>
/// How objdump tells of bytes that are no instruction. All of it was found by giving objdump (binutils 2.40) each opcode with each
/// mandatory prefix: how many bytes it takes into the <c>(bad)</c>, and which prefixes it still prints before it.
/// </summary>
internal static class InvalidEncoding
{
    /// <summary>Which prefixes are printed before <c>(bad)</c>.</summary>
    public enum Shown
    {
        /// <summary>Each.</summary>
        All,
        /// <summary>All but the mandatory prefix (66, F2, F3) that led to an empty place in the opcode's table.</summary>
        NotMandatory,
        /// <summary>None: the opcode is known, but not with this mandatory prefix.</summary>
        None,
    }

    /// <summary>The bytes that <c>(bad)</c> covers, prefixes included; they may run past the code's end.</summary>
    public static int Length(in InstructionEncoding encoding)
    {
        var opcode = encoding.OpcodeIndex + 1;
        // 3DNow! has its opcode last; objdump gives up at the escape.
        if (encoding.Map == OpcodeMap.Map0F && encoding.Opcode == 0x0f) return encoding.PrefixCount + 1;
        if (IsWithoutMap(encoding)) return encoding.PrefixCount + 1;
        if (LacksFixedBit(encoding)) return encoding.PrefixCount + 2;
        return IsX87(encoding) ? opcode + 1 : opcode;
    }

    /// <summary>Whether VEX, EVEX or XOP without a map says that no register is extended, which hides a REX before it.</summary>
    public static bool HidesRex(in InstructionEncoding encoding) =>
        (IsWithoutMap(encoding) || LacksFixedBit(encoding)) && encoding.Bytes[encoding.PrefixCount + 1] >= 0xe0;

    /// <summary>Which prefixes stand before it.</summary>
    public static Shown Prefixes(in InstructionEncoding encoding) => encoding.Map switch
    {
        OpcodeMap.Primary => Shown.All,
        OpcodeMap.Map0F => Map0F(encoding),
        OpcodeMap.Map0F38 => Map0F38(encoding),
        OpcodeMap.Map0F3A => IsKnown0F3A(encoding.Opcode) ? Shown.None : encoding.Opcode == 0xf0 ? Shown.NotMandatory : Shown.All,
        _ => IsWithoutMap(encoding) || LacksFixedBit(encoding) ? Shown.All : Shown.None,
    };

    /// <summary>
    /// The whole instruction's length where objdump reads its operands before it finds the prefix wrong, so that the end of
    /// the code may come first; otherwise what <see cref="Length"/> and ModRM need.
    /// </summary>
    public static int BytesRead(in InstructionEncoding encoding)
    {
        var length = encoding.OpcodeIndex + 1;
        if (IsWithoutMap(encoding))
        {
            // VEX, EVEX and XOP are read with their opcode before the map is looked at.
            return encoding.PrefixCount + encoding.Bytes[encoding.PrefixCount] switch { 0x62 => 5, _ => 4 };
        }
        if (encoding.IsCut) return length + 1;
        if (!encoding.NeedsModRm) return length;
        length++;
        if (encoding.ModRmIndex < 0) return length;
        if (Prefixes(encoding) != Shown.None || encoding.Map == OpcodeMap.Vector) return encoding.HasSib ? length + 1 : length;
        if (encoding.IsMemory)
        {
            var mod = encoding.ModRm >> 6;
            var hasBase = encoding.Rm != 5;
            if (encoding.HasSib)
            {
                length++;
                if (encoding.ModRmIndex + 1 < encoding.Bytes.Length) hasBase = (encoding.Bytes[encoding.ModRmIndex + 1] & 7) != 5;
            }
            length += mod == 1 ? 1 : mod == 2 || !hasBase ? 4 : 0;
        }
        var hasImmediate = encoding.Map == OpcodeMap.Map0F3A
            || encoding.Map == OpcodeMap.Map0F && encoding.Opcode is (>= 0x70 and <= 0x73) or 0xc2 or 0xc4 or 0xc5 or 0xc6;
        return hasImmediate ? length + 1 : length;
    }

    // EVEX whose third byte lacks the bit that is always set.
    private static bool LacksFixedBit(in InstructionEncoding encoding) => encoding.Map == OpcodeMap.Vector
        && encoding.Bytes[encoding.PrefixCount] == 0x62
        && encoding.Bytes.Length > encoding.PrefixCount + 2
        && (encoding.Bytes[encoding.PrefixCount + 2] & 4) == 0;

    /// <summary>VEX, EVEX or XOP naming no opcode map, or with a reserved bit set: objdump stops at its first byte.</summary>
    public static bool IsWithoutMap(in InstructionEncoding encoding)
    {
        if (encoding.Map != OpcodeMap.Vector) return false;
        var bytes = encoding.Bytes[encoding.PrefixCount..];
        if (bytes.Length < 2) return false;
        return bytes[0] switch
        {
            0xc4 => (bytes[1] & 0x1f) is 0 or > 3,
            0x8f => (bytes[1] & 0x1f) is not (8 or 9 or 10),
            0x62 => (bytes[1] & 7) is 0 or 4 or 7 || (bytes[1] & 8) != 0,
            _ => false,
        };
    }

    /// <summary>
    /// Opcodes that are known not to exist before anything behind them is read, so that the end of the code changes nothing.
    /// </summary>
    public static bool IsNever(in InstructionEncoding encoding, int bitness) => encoding.Map switch
    {
        OpcodeMap.Primary => encoding.Opcode == 0xd6
            || IsX87(encoding) && encoding.ModRm >= 0xc0
            || bitness == 64 && encoding.Opcode is 0x06 or 0x07 or 0x0e or 0x16 or 0x17 or 0x1e or 0x1f or 0x27 or 0x2f or 0x37 or 0x3f
                or 0x60 or 0x61 or 0x9a or 0xce or 0xd4 or 0xd5 or 0xea
            || encoding.ModRmIndex > 0 && IsEmptyInGroup(encoding),
        // Those without ModRM have an immediate in 80 to 8f alone.
        OpcodeMap.Map0F => encoding is { NeedsModRm: false, IsCut: false, Opcode: < 0x80 or > 0x8f },
        _ => false,
    };

    // Opcode extensions that mean nothing.
    private static bool IsEmptyInGroup(in InstructionEncoding encoding) => encoding.Opcode switch
    {
        0x8d => !encoding.IsMemory,
        0x8f => encoding.Reg != 0,
        0xc6 or 0xc7 => encoding.Reg != 0 && encoding.ModRm != 0xf8,
        0xfe => encoding.Reg > 1,
        0xff => encoding.Reg == 7 || !encoding.IsMemory && encoding.Reg is 3 or 5,
        _ => false,
    };

    /// <summary>The x87 opcodes d8 to df.</summary>
    public static bool IsX87(in InstructionEncoding encoding) =>
        encoding.Map == OpcodeMap.Primary && encoding.Opcode is >= 0xd8 and <= 0xdf;

    /// <summary>x87 memory forms without meaning: objdump prints <c>(bad)</c> and their operand.</summary>
    public static bool IsX87Memory(in InstructionEncoding encoding) => IsX87(encoding) && encoding.IsMemory
        && (encoding.Opcode, encoding.Reg) is (0xd9, 1) or (0xdb, 4) or (0xdb, 6) or (0xdd, 5);

    /// <summary>x87 register forms Iced knows as aliases and objdump does not.</summary>
    public static bool IsX87Alias(in InstructionEncoding encoding) => IsX87(encoding) && encoding.ModRm >= 0xc0
        && (encoding.Opcode, encoding.Reg) is (0xd9, 3) or (0xdc, 2) or (0xdc, 3) or (0xdd, 1) or (0xde, 2) or (0xdf, 1 or 2 or 3);

    /// <summary>
    /// Bytes to decode in place of an instruction that Iced refuses and objdump prints with a name for the part that is wrong:
    /// a segment register <c>?</c>, an x87 memory form <c>(bad)</c>. Null for any other.
    /// </summary>
    public static byte[]? Repair(in InstructionEncoding encoding, int bitness)
    {
        if (encoding.ModRmIndex < 0) return null;
        if (encoding is { Map: OpcodeMap.Map0F, Opcode: >= 0x20 and <= 0x23 })
        {
            // Control and debug registers that no processor has.
            var control = encoding.Bytes.ToArray();
            control[encoding.ModRmIndex] &= 0xc7;
            if (encoding.RexByte != 0) control[encoding.PrefixCount - 1] &= 0xfb;
            return control;
        }
        if (encoding.Map != OpcodeMap.Primary) return null;
        var isSegmentMove = encoding.Opcode is 0x8c or 0x8e && (encoding.Reg >= 6 || encoding is { Opcode: 0x8e, Reg: 1 });
        if (!isSegmentMove && !IsX87Memory(encoding)) return null;
        var patched = encoding.Bytes.ToArray();
        patched[encoding.ModRmIndex] &= 0xc7;
        return patched;
    }

    private static bool HasMandatory(in InstructionEncoding encoding) =>
        encoding.HasPrefix(0x66) || encoding.HasPrefix(0xf2) || encoding.HasPrefix(0xf3);

    private static Shown Map0F(in InstructionEncoding encoding)
    {
        var register = !encoding.IsMemory;
        switch (encoding.Opcode)
        {
            case 0x14 or 0x15 or 0x28 or 0x29 or (>= 0x54 and <= 0x57) or (>= 0x63 and <= 0x6e) or (>= 0x74 and <= 0x77) or 0xc4 or 0xc6
                or (>= 0xd1 and <= 0xd5) or (>= 0xd8 and <= 0xe5) or (>= 0xe8 and <= 0xef)
                or (>= 0xf1 and <= 0xf6) or (>= 0xf8 and <= 0xfe):
            case 0x13 or 0x17 or 0xc3 when !register:
            case 0x50 or 0xc5 when register:
            case 0x71 or 0x72 when register && encoding.Reg is 2 or 4 or 6:
            case 0x73 when register && encoding.Reg is 2 or 3 or 6 or 7:
            case 0xae when !register && encoding.Reg == 5:
                return Shown.None;
            case 0x01 or 0x09 or 0x12 or 0x16 or 0x2b or 0x2e or 0x2f or 0x52 or 0x53 or 0x5b or (>= 0x60 and <= 0x62) or 0x6f
                or (>= 0x78 and <= 0x7f) or 0xae or 0xb8 or 0xbc or 0xbd or 0xd0 or 0xd6 or 0xe6 or 0xe7 or 0xf0 or 0xf7
                when HasMandatory(encoding):
                return encoding.Opcode is 0x7a or 0x7b || encoding.Opcode == 0xae && encoding.Reg == 7 && register
                    ? Shown.All : Shown.NotMandatory;
            case 0xc7 when HasMandatory(encoding) && encoding.Reg >= 6:
                return Shown.NotMandatory;
            default:
                return Shown.All;
        }
    }

    private static Shown Map0F38(in InstructionEncoding encoding) => encoding.Opcode switch
    {
        <= 0x0b or 0x10 or 0x14 or 0x15 or 0x17 or (>= 0x1c and <= 0x1e) or (>= 0x20 and <= 0x25) or 0x28 or 0x29 or 0x2b
            or (>= 0x30 and <= 0x35) or (>= 0x37 and <= 0x41) or (>= 0x80 and <= 0x82) or (>= 0xc8 and <= 0xcd)
            or 0xcf or 0xdb => Shown.None,
        0x2a or 0xf5 or 0xf9 when encoding.IsMemory => Shown.None,
        0xd8 or (>= 0xdc and <= 0xdf) or 0xf0 or 0xf1 or 0xf6 or 0xf8 or 0xfa or 0xfb when HasMandatory(encoding) => Shown.NotMandatory,
        _ => Shown.All,
    };

    private static bool IsKnown0F3A(byte opcode) => opcode is (>= 0x08 and <= 0x0f) or (>= 0x14 and <= 0x17) or (>= 0x20 and <= 0x22)
        or (>= 0x40 and <= 0x42) or 0x44 or (>= 0x60 and <= 0x63) or 0xcc or 0xce or 0xcf or 0xdf;
}
