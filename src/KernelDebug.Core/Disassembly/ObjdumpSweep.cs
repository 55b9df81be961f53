using Iced.Intel;
using KernelDebug.Records;

namespace KernelDebug.Disassembly;

/// <summary>A linear sweep over code that yields what <c>objdump -d</c> of binutils 2.40 prints, line for line.</summary>
internal sealed class ObjdumpSweep(int bitness, AssemblySyntax syntax)
{
    /// <summary>objdump prints a run of zero bytes this long as <c>...</c>, in multiples of 4 unless the run ends the code.</summary>
    private const int SkippedZeroes = 8;
    /// <summary>A shorter run than this that ends the code is skipped as well.</summary>
    private const int SkippedZeroesAtEnd = 3;
    /// <summary>The longest x86 instruction (Intel SDM volume 2, section 2.3.11).</summary>
    private const int MaxInstructionLength = 15;
    // What one row looks at: an instruction, and enough behind it that the end of the code is told from the end of the view.
    private const int MaxBytesSeen = 2 * MaxInstructionLength;
    /// <summary>The text of a row of skipped zero bytes.</summary>
    public const string Zeroes = "...";
    private const byte Fwait = 0x9b;
    private const byte Lock = 0xf0;
    private const DecoderOptions Options = DecoderOptions.MPX | DecoderOptions.OldFpu;

    private readonly ObjdumpFormatter formatter = new(bitness, syntax);

    /// <summary>Finds the name to print after an address, <c>kfree+0x12</c>; null where there are no symbols.</summary>
    public Func<ulong, string?>? Symbols { get => formatter.Symbols; init => formatter.Symbols = value; }

    /// <summary>Disassembles the code as one section.</summary>
    /// <param name="code">The bytes.</param>
    /// <param name="address">The first byte's address.</param>
    /// <param name="faultOffset">Offset of the byte whose row is marked; null for none.</param>
    /// <param name="start">Offset of the byte to begin at; offsets and addresses still count from the first.</param>
    /// <param name="skipZeroes">Whether a run of zero bytes becomes <c>...</c>.</param>
    /// <param name="until">Offsets at which to stop, one flag a byte; null to go on to the end.</param>
    public List<DisassembledInstruction> Run(
        byte[] code, ulong address = 0, int? faultOffset = null, int start = 0, bool skipZeroes = true, bool[]? until = null)
    {
        var rows = new List<DisassembledInstruction>();
        var reader = new ByteArrayCodeReader(code);
        var decoder = Decoder.Create(bitness, reader, address, Options);
        var at = start;
        while (at < code.Length && until?[at] != true)
        {
            var length = skipZeroes ? ZeroRun(code.AsSpan(at)) : 0;
            var text = Zeroes;
            string? target = null;
            if (length == 0)
            {
                reader.Position = at;
                decoder.IP = address + (ulong)at;
                length = One(code.AsSpan(at, Math.Min(code.Length - at, MaxBytesSeen)), decoder, out text);
                target = formatter.BranchTarget;
            }
            var isFaulting = faultOffset is { } fault && fault >= at && fault < at + length;
            rows.Add(new(at, code[at..(at + length)], text, isFaulting) { Target = target });
            at += length;
        }
        return rows;
    }

    private static int ZeroRun(ReadOnlySpan<byte> rest)
    {
        var run = rest.IndexOfAnyExcept((byte)0);
        if (run < 0) return rest.Length is >= SkippedZeroes or < SkippedZeroesAtEnd ? rest.Length : 0;
        return run >= SkippedZeroes ? run / 4 * 4 : 0;
    }

    private int One(ReadOnlySpan<byte> rest, Decoder decoder, out string text)
    {
        formatter.ClearTarget();
        formatter.AfterWait = false;
        if (IsWaitBeforeX87(rest))
        {
            // objdump takes the two as one: 9b d9 /7 is fstcw, not fwait and fnstcw.
            formatter.AfterWait = true;
            decoder.Decode(out _);
            return 1 + Operation(rest[1..], decoder, out text);
        }
        return Operation(rest, decoder, out text);
    }

    private bool IsWaitBeforeX87(ReadOnlySpan<byte> rest)
    {
        if (rest[0] != Fwait) return false;
        var at = 1;
        while (at < rest.Length && InstructionEncoding.IsLegacyPrefix(rest[at])) at++;
        if (bitness == 64 && at < rest.Length && InstructionEncoding.IsRex(rest[at])) at++;
        return at + 1 < rest.Length && rest[at] is >= 0xd8 and <= 0xdf;
    }

    private int Operation(ReadOnlySpan<byte> rest, Decoder decoder, out string text)
    {
        switch (ScanPrefixes(rest, out var prefixes))
        {
            case PrefixStop.EndOfCode:
                text = Truncated(rest[0]);
                return 1;
            case PrefixStop.Alone:
                text = formatter.FormatPrefixes(rest[..prefixes]);
                return prefixes;
        }
        var encoding = InstructionEncoding.Parse(rest, prefixes, bitness);
        var instruction = Decode(encoding, decoder, out var atEnd);
        if (!instruction.IsInvalid)
        {
            text = formatter.Format(encoding, instruction);
            return instruction.Length;
        }
        if (atEnd)
        {
            text = Truncated(rest[0]);
            return 1;
        }
        var named = InvalidEncoding.HidesRex(encoding) && encoding.RexByte != 0 ? prefixes - 1 : prefixes;
        text = formatter.FormatBad(rest[..named], InvalidEncoding.Prefixes(encoding));
        return Math.Min(InvalidEncoding.Length(encoding), rest.Length);
    }

    private Instruction Decode(in InstructionEncoding encoding, Decoder decoder, out bool atEnd)
    {
        atEnd = false;
        var address = decoder.IP;
        if (InvalidEncoding.IsX87Alias(encoding) || encoding is { Map: OpcodeMap.Primary, Opcode: 0xd6 }) return default;
        if (InvalidEncoding.Repair(encoding, bitness) is { } patched)
        {
            // Decoded with the offending field made valid, for the length and the other operands.
            var repaired = Again(patched, address, Options, out var error);
            atEnd = error == DecoderError.NoMoreBytes;
            return repaired;
        }
        if (IsWordBranch(encoding))
        {
            // objdump's default is AMD's reading of 66 before a near branch: a 16-bit displacement.
            var branch = Again(encoding.Bytes.ToArray(), address, Options | DecoderOptions.AMD, out var error);
            atEnd = error == DecoderError.NoMoreBytes;
            return branch;
        }
        decoder.Decode(out var instruction);
        if (!instruction.IsInvalid) return instruction;
        if (encoding.HasPrefix(Lock) || encoding.Map == OpcodeMap.Vector && encoding.RexByte != 0)
        {
            // objdump prints a lock that the instruction does not allow, and REX before VEX, by their names.
            instruction = Again(encoding.Bytes.ToArray(), address, Options | DecoderOptions.NoInvalidCheck, out _);
            if (!instruction.IsInvalid) return instruction;
        }
        atEnd = InvalidEncoding.BytesRead(encoding) > encoding.Bytes.Length
            || decoder.LastError == DecoderError.NoMoreBytes
                && !InvalidEncoding.IsNever(encoding, bitness) && !InvalidEncoding.IsWithoutMap(encoding);
        return instruction;
    }

    private static bool IsWordBranch(in InstructionEncoding encoding) => encoding.HasPrefix(0x66) && (encoding.RexByte & 8) == 0
        && (encoding.Map == OpcodeMap.Primary && encoding.Opcode is 0xe8 or 0xe9 or 0xc2 or 0xc3
            || encoding.Map == OpcodeMap.Map0F && encoding.Opcode is >= 0x80 and <= 0x8f);

    private Instruction Again(byte[] bytes, ulong address, DecoderOptions options, out DecoderError error)
    {
        var decoder = Decoder.Create(bitness, new ByteArrayCodeReader(bytes), address, options);
        decoder.Decode(out var instruction);
        error = decoder.LastError;
        return instruction;
    }

    // An instruction the code's end cuts off: objdump names its first byte and tries again at the next.
    private string Truncated(byte first) => PrefixWriter.Name(first, bitness) ?? $".byte 0x{first:x}";

    /// <summary>What ended a row of prefixes.</summary>
    private enum PrefixStop
    {
        /// <summary>An opcode.</summary>
        Opcode,
        /// <summary>The end of the code.</summary>
        EndOfCode,
        /// <summary>They belong to no instruction: a REX not right before the opcode, an fwait, or too many.</summary>
        Alone,
    }

    private PrefixStop ScanPrefixes(ReadOnlySpan<byte> rest, out int count)
    {
        var afterRex = false;
        for (count = 0; count < MaxInstructionLength - 1; count++)
        {
            if (count == rest.Length) return PrefixStop.EndOfCode;
            var value = rest[count];
            var isRex = bitness == 64 && InstructionEncoding.IsRex(value);
            if (!isRex && !InstructionEncoding.IsLegacyPrefix(value) && value != Fwait) return PrefixStop.Opcode;
            if (afterRex) return PrefixStop.Alone;
            if (value == Fwait)
            {
                count++;
                return PrefixStop.Alone;
            }
            afterRex = isRex;
        }
        return PrefixStop.Alone;
    }
}
