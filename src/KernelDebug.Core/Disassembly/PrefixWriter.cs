using System.Text;
using Iced.Intel;

namespace KernelDebug.Disassembly;

/// <summary>Writes the prefixes objdump prints by name: those with a meaning of their own, and those without effect.</summary>
internal static class PrefixWriter
{
    private static readonly string[] RexNames =
    [
        "rex", "rex.B", "rex.X", "rex.XB", "rex.R", "rex.RB", "rex.RX", "rex.RXB",
        "rex.W", "rex.WB", "rex.WX", "rex.WXB", "rex.WR", "rex.WRB", "rex.WRX", "rex.WRXB",
    ];

    /// <summary>The name of a prefix standing alone; null where the byte is none.</summary>
    public static string? Name(byte prefix, int bitness) => prefix switch
    {
        0x26 => "es",
        0x2e => "cs",
        0x36 => "ss",
        0x3e => "ds",
        0x64 => "fs",
        0x65 => "gs",
        0x66 => "data16",
        0x67 => bitness == 64 ? "addr32" : "addr16",
        0x9b => "fwait",
        0xf0 => "lock",
        0xf2 => "repnz",
        0xf3 => "repz",
        _ when bitness == 64 && InstructionEncoding.IsRex(prefix) => RexNames[prefix & 15],
        _ => null,
    };

    /// <summary>Each prefix by name, each with a blank behind it.</summary>
    public static void AppendNames(StringBuilder to, ReadOnlySpan<byte> prefixes, int bitness, bool withoutMandatory = false)
    {
        var skipped = -1;
        if (withoutMandatory)
        {
            skipped = prefixes.LastIndexOfAny((byte)0xf2, (byte)0xf3);
            if (skipped < 0) skipped = prefixes.LastIndexOf((byte)0x66);
        }
        for (var i = 0; i < prefixes.Length; i++)
        {
            if (i != skipped) to.Append(Name(prefixes[i], bitness)).Append(' ');
        }
    }

    /// <summary>The prefixes of a valid instruction; a branch hint goes to the mnemonic.</summary>
    public static void Append(
        StringBuilder to, in InstructionEncoding encoding, in Instruction instruction, PrefixUse use, int bitness, bool att,
        ref string mnemonic)
    {
        var consumedSegment = ConsumedSegment(encoding, use, bitness, att, ref mnemonic);
        for (var i = 0; i < encoding.PrefixCount; i++)
        {
            var prefix = encoding.Bytes[i];
            var name = Name(prefix, bitness);
            switch (prefix)
            {
                // Intel's loop has no letter for its counter's size.
                case 0x67 when !att && encoding is { Map: OpcodeMap.Primary, Opcode: >= 0xe0 and <= 0xe2 }:
                    break;
                case 0x66 when (use & PrefixUse.Data) != 0 && encoding.IsLast(i):
                case 0x67 when (use & PrefixUse.Address) != 0 && encoding.IsLast(i):
                    continue;
                case 0xf2 or 0xf3 when encoding.IsLast(i):
                    name = Repeat(prefix, encoding, instruction);
                    break;
                default:
                    if (i == consumedSegment) name = IsNoTrack(encoding, bitness) ? "notrack" : null;
                    else if (bitness == 64 && InstructionEncoding.IsRex(prefix) && IsRexUsed(prefix, use)) name = null;
                    break;
            }
            if (name is not null) to.Append(name).Append(' ');
        }
    }

    private static bool IsRexUsed(byte rex, PrefixUse use)
    {
        // W, R, X, B lie in PrefixUse as they do in REX, in reverse.
        var bits = ((rex & 8) != 0 ? PrefixUse.RexW : 0) | ((rex & 4) != 0 ? PrefixUse.RexR : 0)
            | ((rex & 2) != 0 ? PrefixUse.RexX : 0) | ((rex & 1) != 0 ? PrefixUse.RexB : 0);
        return bits == PrefixUse.None ? (use & PrefixUse.Rex) != 0 : (bits & ~use) == 0;
    }

    // The index of the segment prefix that says something; objdump drops the last one, whichever it was that counted.
    private static int ConsumedSegment(in InstructionEncoding encoding, PrefixUse use, int bitness, bool att, ref string mnemonic)
    {
        var last = -1;
        var effective = false;
        for (var i = 0; i < encoding.PrefixCount; i++)
        {
            var prefix = encoding.Bytes[i];
            if (prefix is not (0x26 or 0x2e or 0x36 or 0x3e or 0x64 or 0x65)) continue;
            last = i;
            effective |= bitness == 32 || prefix is 0x64 or 0x65;
        }
        if (last < 0) return -1;
        if (IsHinted(encoding))
        {
            // Intel syntax has no way to write a branch hint.
            if (!att || encoding.Bytes[last] is not (0x2e or 0x3e)) return -1;
            mnemonic += encoding.Bytes[last] == 0x2e ? ",pn" : ",pt";
            return last;
        }
        if (IsNoTrack(encoding, bitness)) return last;
        // A string's implied ds counts as an override of its own.
        return (use & PrefixUse.Segment) != 0 && (effective || ObjdumpMnemonics.HasImpliedSource(encoding)) ? last : -1;
    }

    private static bool IsHinted(in InstructionEncoding encoding) => encoding.Map switch
    {
        OpcodeMap.Primary => encoding.Opcode is (>= 0x70 and <= 0x7f) or (>= 0xe0 and <= 0xe3),
        OpcodeMap.Map0F => encoding.Opcode is >= 0x80 and <= 0x8f,
        _ => false,
    };

    private static bool IsNoTrack(in InstructionEncoding encoding, int bitness) =>
        IsIndirectBranch(encoding) && encoding.HasPrefix(0x3e) && (bitness == 32 || !encoding.HasPrefix(0x64) && !encoding.HasPrefix(0x65));

    private static bool IsIndirectBranch(in InstructionEncoding encoding) =>
        encoding.Map == OpcodeMap.Primary && encoding.Opcode == 0xff && encoding.Reg is 2 or 4;

    private static string? Repeat(byte prefix, in InstructionEncoding encoding, in Instruction instruction)
    {
        // Iced reports F2 and F3 only where they do not choose the opcode.
        var chooses = prefix == 0xf3 ? !instruction.HasRepePrefix : !instruction.HasRepnePrefix;
        if (chooses && (encoding.Map != OpcodeMap.Primary || instruction.Mnemonic == Mnemonic.Pause)) return null;
        if (encoding.Map == OpcodeMap.Primary && encoding.Opcode is (>= 0x6c and <= 0x6f) or 0xa4 or 0xa5 or (>= 0xaa and <= 0xad)
            && prefix == 0xf3) return "rep";
        if (prefix == 0xf2 && IsBoundable(encoding)) return "bnd";
        if (encoding.IsMemory && IsElidable(prefix, encoding)) return prefix == 0xf2 ? "xacquire" : "xrelease";
        return prefix == 0xf2 ? "repnz" : "repz";
    }

    // Branches that MPX's bnd prefix goes with.
    private static bool IsBoundable(in InstructionEncoding encoding) => encoding.Map switch
    {
        OpcodeMap.Primary => encoding.Opcode is (>= 0x70 and <= 0x7f) or 0xc2 or 0xc3 or 0xe8 or 0xe9 or 0xeb || IsIndirectBranch(encoding),
        OpcodeMap.Map0F => encoding.Opcode is >= 0x80 and <= 0x8f,
        _ => false,
    };

    // Hardware lock elision: locked read-modify-write, xchg always, and a plain store for xrelease.
    private static bool IsElidable(byte prefix, in InstructionEncoding encoding)
    {
        var locked = encoding.HasPrefix(0xf0);
        if (encoding.Map == OpcodeMap.Map0F)
        {
            return locked && (encoding.Opcode is 0xab or 0xb0 or 0xb1 or 0xb3 or 0xbb or 0xc0 or 0xc1
                || encoding.Opcode == 0xba && encoding.Reg >= 5 || encoding.Opcode == 0xc7 && encoding.Reg == 1);
        }
        if (encoding.Map != OpcodeMap.Primary) return false;
        return encoding.Opcode switch
        {
            0x86 or 0x87 => true,
            0x88 or 0x89 => prefix == 0xf3,
            0xc6 or 0xc7 => prefix == 0xf3 && encoding.Reg == 0,
            < 0x38 => locked && (encoding.Opcode & 7) < 2,
            0x80 or 0x81 or 0x83 => locked && encoding.Reg < 7,
            0xf6 or 0xf7 => locked && encoding.Reg is 2 or 3,
            0xfe or 0xff => locked && encoding.Reg < 2,
            _ => false,
        };
    }
}
