using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>Byte order of the units of a <c>Code:</c> line.</summary>
public enum CodeByteOrder
{
    /// <summary>
    /// By the marker: <c>(...)</c> is arm's, arm64's and riscv's, which store instructions little endian; <c>&lt;...&gt;</c> on
    /// words is powerpc's and mips's, whose order the line does not say: the printed (big-endian) order is kept. Words without
    /// a marker are taken as arm's.
    /// </summary>
    Auto,
    /// <summary>A unit's last printed digits come first in memory.</summary>
    LittleEndian,
    /// <summary>A unit's first printed digits come first in memory.</summary>
    BigEndian,
}

/// <summary>Reads the bytes of a <c>Code:</c> line.</summary>
public static class CodeLineParser
{
    // A driver may print "Code: 05"; a window of instructions has more than that, or a marker.
    private const int FewestUnmarkedUnits = 4;

    /// <summary>
    /// Reads a line that begins with <c>Code:</c>. False where it is another line. Text behind the last whole unit (a line cut
    /// in the middle, a second writer) is not decoded.
    /// </summary>
    /// <param name="line">The line.</param>
    /// <param name="afterUserSpaceInstructionPointer">True where the instruction pointer before it was user space's (<c>RIP: 0033:</c>).</param>
    /// <param name="code">The bytes, or why there are none.</param>
    /// <param name="order">Byte order of units of two and four bytes, where the caller knows the machine.</param>
    public static bool TryParse(PrintkLine line, bool afterUserSpaceInstructionPointer, out CodeBytes code, CodeByteOrder order = CodeByteOrder.Auto)
    {
        ArgumentNullException.ThrowIfNull(line);
        code = null!;
        var message = line.CleanMessage.AsSpan();
        int start = SymbolReferenceScanner.EndOfBlanks(message, 0);
        if (!message[start..].StartsWith("Code:", StringComparison.Ordinal))
        {
            return false;
        }
        string text = message[(start + 5)..].Trim(" \t").ToString();
        var units = new UnitReader(text);
        var bytes = new List<byte>(128);
        while (units.Read(bytes, order))
        {
        }
        string? reason = null;
        if (bytes.Count == 0 || units.Count < FewestUnmarkedUnits && units.MarkedByte is null)
        {
            reason = Reason(text);
            if (reason is null)
            {
                return false;
            }
            bytes.Clear();
        }
        else if (order == CodeByteOrder.Auto && units.UnitSize > 1 && units.MarkerOpen == '<')
        {
            // Read as little endian until the marker said otherwise.
            ReverseUnits(bytes, units.UnitSize);
        }
        code = new CodeBytes
        {
            LineNumber = line.LineNumber,
            Bytes = bytes.ToArray(),
            FaultIndex = bytes.Count == 0 ? null : units.MarkedByte,
            UnitSize = Math.Max(1, units.UnitSize),
            IsUserSpace = afterUserSpaceInstructionPointer,
            RawText = text,
            UnavailableReason = reason,
        };
        return true;
    }

    // x86 "Unable to access opcode bytes at [RIP ]0x...", "Bad RIP value."; arm "bad PC value"; riscv "Unable to access instruction at 0x...".
    private static string? Reason(string text) =>
        text.StartsWith("Unable to access ", StringComparison.Ordinal)
        || text.StartsWith("Bad ", StringComparison.OrdinalIgnoreCase) && text.Contains("value", StringComparison.Ordinal)
        || text.Contains("Bad RIP value", StringComparison.Ordinal) || text.Contains("Bad EIP value", StringComparison.Ordinal)
            ? text
            : null;

    private static void ReverseUnits(List<byte> bytes, int size)
    {
        for (int at = 0; at + size <= bytes.Count; at += size)
        {
            bytes.Reverse(at, size);
        }
    }

    private struct UnitReader(string text)
    {
        private readonly string _text = text;
        private int _at;

        public int UnitSize { get; private set; }
        public int Count { get; private set; }
        public int? MarkedByte { get; private set; }
        public char MarkerOpen { get; private set; }

        public bool Read(List<byte> bytes, CodeByteOrder order)
        {
            _at = SymbolReferenceScanner.EndOfBlanks(_text, _at);
            if (_at >= _text.Length || bytes.Count >= LogLimits.MaxCodeBytes)
            {
                return false;
            }
            char open = _text[_at];
            bool marked = open is '<' or '(';
            int digits = _at + (marked ? 1 : 0);
            int end = HexText.EndOfHex(_text, digits);
            int next = end;
            if (marked && (end >= _text.Length || _text[next++] != (open == '<' ? '>' : ')')) || marked && MarkedByte is not null)
            {
                return false;
            }
            int size = (end - digits) / 2;
            if (end - digits is not (2 or 4 or 8) || UnitSize != 0 && size != UnitSize || next < _text.Length && _text[next] is not (' ' or '\t'))
            {
                return false;
            }
            if (marked)
            {
                MarkedByte = bytes.Count;
                MarkerOpen = open;
            }
            _ = HexText.TryParse(_text.AsSpan(digits, end - digits), out ulong value);
            for (int i = 0; i < size; i++)
            {
                int shift = order == CodeByteOrder.BigEndian ? size - 1 - i : i;
                bytes.Add((byte)(value >> (8 * shift)));
            }
            UnitSize = size;
            Count++;
            _at = next;
            return true;
        }
    }
}
