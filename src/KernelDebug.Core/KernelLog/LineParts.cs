using System.Text;
using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// A line into which another CPU printed: its own text, and from the second stamp on the other's. Before Linux 5.10 a message
/// without a line end could be cut so.
/// </summary>
internal static class LineParts
{
    // Each part is read again from its stamp on: a line that is nothing but stamps must not cost its square.
    private const int MaxParts = 8;

    private static readonly string[] s_traps = ["general protection fault: ", "divide error: ", "invalid opcode: ", "stack segment: ", "Oops: ", "Internal error: "];

    /// <summary>False for nearly all lines: one that has no parts.</summary>
    public static bool HasSome(PrintkLine line) => line.LineCount == 1
        && (line.TimeText is not null && InnerStamp(line.RawText.AsSpan(line.MessageStart)) > 0 || Glued(line.RawText.AsSpan(line.MessageStart)) > 0);

    /// <summary>The parts, mostly the line itself.</summary>
    public static IEnumerable<PrintkLine> Split(PrintkLine line)
    {
        for (int parts = 1; parts < MaxParts && line.RawText.Length <= LogLimits.MaxLineLength && line.LineCount == 1 && line.TimeText is not null && InnerStamp(line.RawText.AsSpan(line.MessageStart)) is var inner and > 0; parts++)
        {
            int cut = line.MessageStart + inner;
            long offset = line.StartOffset + Encoding.UTF8.GetByteCount(line.RawText.AsSpan(0, cut));
            PrintkLine rest = PrintkLineParser.Parse(line.RawText[cut..], line.LineNumber) with { StartOffset = offset, EndOffset = line.EndOffset };
            if (rest.TimeText is null)
            {
                break;
            }
            PrintkLine head = PrintkLineParser.Parse(line.RawText[..cut], line.LineNumber) with { StartOffset = line.StartOffset, EndOffset = offset };
            yield return head;
            line = rest;
        }
        if (line.LineCount == 1 && Glued(line.RawText.AsSpan(line.MessageStart)) is var glued and > 0)
        {
            int cut = line.MessageStart + glued;
            long offset = line.StartOffset + Encoding.UTF8.GetByteCount(line.RawText.AsSpan(0, cut));
            yield return PrintkLineParser.Parse(line.RawText[..cut], line.LineNumber) with { StartOffset = line.StartOffset, EndOffset = offset };
            string rest = line.RawText[cut..];
            line = PrintkLineParser.Parse(rest, line.LineNumber) with
            {
                StartOffset = offset, EndOffset = line.EndOffset, TimeText = line.TimeText, SecondsSinceBoot = line.SecondsSinceBoot, Caller = line.Caller,
            };
        }
        yield return line;
    }

    // A trap's headline behind a message that had no line end: "... user memory accessgeneral protection fault: 0000 [#1] SMP".
    private static int Glued(ReadOnlySpan<char> text)
    {
        if (!text.Contains(" [#", StringComparison.Ordinal))
        {
            return -1;
        }
        foreach (string trap in s_traps)
        {
            int at = text.IndexOf(trap, StringComparison.Ordinal);
            if (at > 0 && char.IsAsciiLetter(text[at - 1]))
            {
                return at;
            }
        }
        return -1;
    }

    // "[   45.871305] ": printk's own form ("%5lu.%06lu") and nothing looser.
    private static int InnerStamp(ReadOnlySpan<char> text)
    {
        for (int from = 0; ;)
        {
            int dot = text[from..].IndexOf('.');
            if (dot < 0)
            {
                return -1;
            }
            dot += from;
            from = dot + 1;
            if (dot + 8 > text.Length || text[dot + 7] != ']' || HexText.EndOfDigits(text, dot + 1) != dot + 7)
            {
                continue;
            }
            int start = dot - 1;
            while (start >= 0 && char.IsAsciiDigit(text[start]))
            {
                start--;
            }
            while (start >= 0 && text[start] == ' ')
            {
                start--;
            }
            if (start > 0 && text[start] == '[' && dot - start >= 6)
            {
                return start;
            }
        }
    }
}
