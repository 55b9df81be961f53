namespace KernelDebug.Disassembly;

/// <summary>The opcode map an instruction is found in (Intel SDM volume 2, appendix A).</summary>
internal enum OpcodeMap
{
    /// <summary>One opcode byte.</summary>
    Primary,
    /// <summary><c>0f xx</c>.</summary>
    Map0F,
    /// <summary><c>0f 38 xx</c>.</summary>
    Map0F38,
    /// <summary><c>0f 3a xx</c>.</summary>
    Map0F3A,
    /// <summary>VEX, EVEX or XOP: the prefix itself holds the map.</summary>
    Vector,
}

/// <summary>
/// Where the parts of one encoded instruction lie. Iced gives an instruction's meaning; objdump's text also shows how it
/// was written down (each prefix that has no effect, a SIB byte without index), which only the bytes tell.
/// </summary>
internal readonly ref struct InstructionEncoding
{
    private const byte Rex = 0x40;

    private InstructionEncoding(
        ReadOnlySpan<byte> bytes, int prefixes, byte rex, OpcodeMap map, int opcodeIndex, bool needsModRm, bool isCut, int bitness)
    {
        Bytes = bytes;
        PrefixCount = prefixes;
        RexByte = rex;
        Map = map;
        OpcodeIndex = opcodeIndex;
        NeedsModRm = needsModRm;
        Bitness = bitness;
        IsCut = isCut;
        ModRmIndex = needsModRm && opcodeIndex + 1 < bytes.Length ? opcodeIndex + 1 : -1;
    }

    /// <summary>The bytes from the first prefix on; may run past the instruction.</summary>
    public ReadOnlySpan<byte> Bytes { get; }
    /// <summary>Legacy and REX prefixes.</summary>
    public int PrefixCount { get; }
    /// <summary>The REX prefix in force (right before the opcode); 0 where none.</summary>
    public byte RexByte { get; }
    /// <summary>The map.</summary>
    public OpcodeMap Map { get; }
    /// <summary>Index of the opcode byte within its map.</summary>
    public int OpcodeIndex { get; }
    /// <summary>32 or 64.</summary>
    public int Bitness { get; }
    /// <summary>Whether the opcode is followed by ModRM.</summary>
    public bool NeedsModRm { get; }
    /// <summary>Whether the code ends before the opcode is complete.</summary>
    public bool IsCut { get; }
    /// <summary>Index of ModRM; -1 where the opcode has none or the bytes end before it.</summary>
    public int ModRmIndex { get; }

    /// <summary>The opcode byte within its map.</summary>
    public byte Opcode => Bytes[OpcodeIndex];
    /// <summary>ModRM; 0 where there is none.</summary>
    public byte ModRm => ModRmIndex < 0 ? (byte)0 : Bytes[ModRmIndex];
    /// <summary>ModRM.reg, without REX.R.</summary>
    public int Reg => ModRm >> 3 & 7;
    /// <summary>ModRM.rm, without REX.B.</summary>
    public int Rm => ModRm & 7;
    /// <summary>True where ModRM names memory.</summary>
    public bool IsMemory => ModRmIndex >= 0 && ModRm < 0xc0;
    /// <summary>True where a SIB byte follows ModRM (32 and 64-bit addressing).</summary>
    public bool HasSib => IsMemory && Rm == 4 && !HasWordAddress;
    /// <summary>Whether 67 selects 16-bit addressing (32-bit code only).</summary>
    public bool HasWordAddress => Bitness == 32 && HasPrefix(0x67);

    /// <summary>Whether the last prefix of this value is at <paramref name="index"/>.</summary>
    public bool IsLast(int index)
    {
        for (var i = index + 1; i < PrefixCount; i++)
        {
            if (Bytes[i] == Bytes[index]) return false;
        }
        return true;
    }

    /// <summary>Whether a prefix of this value is there.</summary>
    public bool HasPrefix(byte prefix)
    {
        // A loop, since a generic search is compiled at start-up, and most instructions have one prefix at most.
        for (var i = 0; i < PrefixCount; i++)
        {
            if (Bytes[i] == prefix) return true;
        }
        return false;
    }

    /// <summary>Parses the prefixes, the opcode and the place of ModRM.</summary>
    /// <param name="bytes">From the first prefix to the end of the code.</param>
    /// <param name="prefixes">How many prefixes there are, as the sweep counted them; there must be a byte after them.</param>
    /// <param name="bitness">32 or 64.</param>
    public static InstructionEncoding Parse(ReadOnlySpan<byte> bytes, int prefixes, int bitness)
    {
        var rex = bitness == 64 && prefixes > 0 && IsRex(bytes[prefixes - 1]) ? bytes[prefixes - 1] : (byte)0;
        var at = prefixes;
        var map = OpcodeMap.Primary;
        if (bytes[at] == 0x0f)
        {
            at++;
            map = OpcodeMap.Map0F;
            if (at < bytes.Length && bytes[at] is 0x38 or 0x3a) map = bytes[at++] == 0x38 ? OpcodeMap.Map0F38 : OpcodeMap.Map0F3A;
        }
        else if (VectorPrefixLength(bytes, at, bitness) is var length and > 0)
        {
            map = OpcodeMap.Vector;
            at += length;
        }
        var isCut = at >= bytes.Length;
        if (isCut) at = bytes.Length - 1;
        return new(bytes, prefixes, rex, map, at, !isCut && HasModRm(map, bytes[at], bitness), isCut, bitness);
    }

    /// <summary>Whether the byte is a REX prefix (64-bit code).</summary>
    public static bool IsRex(byte value) => (value & 0xf0) == Rex;

    /// <summary>Whether the byte is a legacy prefix.</summary>
    public static bool IsLegacyPrefix(byte value) =>
        value is 0x26 or 0x2e or 0x36 or 0x3e or 0x64 or 0x65 or 0x66 or 0x67 or 0xf0 or 0xf2 or 0xf3;

    private static int VectorPrefixLength(ReadOnlySpan<byte> bytes, int at, int bitness)
    {
        // A lone last byte is cut off, whichever it was.
        var next = at + 1 < bytes.Length ? bytes[at + 1] : (byte)0xff;
        // In 32-bit code these are LES, LDS and BOUND unless the next byte would be a register form, which those lack.
        var isVector = bitness == 64 || next >= 0xc0;
        return bytes[at] switch
        {
            0xc5 when isVector => 2,
            0xc4 when isVector => 3,
            0x62 when isVector => 4,
            // XOP shares its byte with pop, told apart by ModRM.reg.
            0x8f when (next >> 3 & 7) is 1 or 5 => 3,
            _ => 0,
        };
    }

    private static bool HasModRm(OpcodeMap map, byte opcode, int bitness) => map switch
    {
        OpcodeMap.Primary => opcode switch
        {
            < 0x40 => (opcode & 7) < 4,
            0x62 => bitness != 64,
            0x63 or 0x69 or 0x6b or (>= 0x80 and <= 0x8f) or 0xc0 or 0xc1 or 0xc6 or 0xc7 => true,
            0xc4 or 0xc5 => bitness != 64,
            (>= 0xd0 and <= 0xd3) or (>= 0xd8 and <= 0xdf) or 0xf6 or 0xf7 or 0xfe or 0xff => true,
            _ => false,
        },
        OpcodeMap.Map0F => opcode is not (0x04 or (>= 0x05 and <= 0x0c) or 0x0e or (>= 0x30 and <= 0x3f) or 0x77
            or (>= 0x80 and <= 0x8f) or (>= 0xa0 and <= 0xa2) or (>= 0xa8 and <= 0xaa) or (>= 0xc8 and <= 0xcf)),
        OpcodeMap.Vector => opcode != 0x77,
        _ => true,
    };
}
