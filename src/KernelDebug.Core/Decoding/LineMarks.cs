using System.Runtime.CompilerServices;
using System.Text;
using KernelDebug.IO;
using KernelDebug.KernelLog;

namespace KernelDebug.Decoding;

/// <summary>Marks the lines of a block that may matter to a parser that has no report open: <see cref="ReportAnchors.IsIn"/>, told from bytes.</summary>
/// <remarks>A block is passed from one thread to the other, which marks on where the first left off.</remarks>
internal static class LineMarks
{
    private static readonly TextFinder s_anchors = new(ReportAnchors.All);

    /// <summary>Marks the lines that are told by their length, or by a byte.</summary>
    public static void MarkShapes(LineBlock block)
    {
        MarkEscapes(block);
        MarkFull(block);
    }

    /// <summary>Marks the lines with an anchor: most of the work.</summary>
    public static void MarkAnchors(LineBlock block)
    {
        for (int line = 0; line < block.Count;)
        {
            int start = block.Start(line);
            int found = s_anchors.IndexOfAny(block.Bytes[start..]);
            if (found < 0)
            {
                return;
            }

            line = LineAt(block, line, start + found);
            block.Mark(line++);
        }
    }

    // What an escape is made of may stand inside an anchor. U+009B is c2 9b in UTF-8.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MarkEscapes(LineBlock block)
    {
        ReadOnlySpan<byte> bytes = block.Bytes;
        for (int line = 0, at = 0; at < bytes.Length;)
        {
            int found = bytes[at..].IndexOfAny((byte)0x1b, (byte)0x9b, (byte)'\\');
            if (found < 0)
            {
                return;
            }

            at += found;
            line = LineAt(block, line, at);
            block.Mark(line);
            at = block.Ends[line] + 1;
        }
    }

    // As wide as a terminal: the next line may be the rest of it, with an anchor across the break.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MarkFull(LineBlock block)
    {
        bool isAscii = Ascii.IsValid(block.Bytes);
        ReadOnlySpan<int> ends = block.Ends;
        int start = 0;
        for (int line = 0; line < ends.Length; start = ends[line++] + 1)
        {
            int length = ends[line] - start;
            if (length is WrappedLines.TerminalWidth or WrappedLines.TerminalWidth + 1
                || !isAscii && length is >= WrappedLines.TerminalWidth / LongestEscape and <= (WrappedLines.TerminalWidth + 1) * LongestCharacter)
            {
                bool isWhole = line + 1 < ends.Length && IsStamped(block.Line(line + 1));
                if (!isWhole && WrappedLines.IsFull(LineText.Decode(block.Line(line))))
                {
                    block.Mark(line);
                }
            }
        }
    }

    // A byte that is not UTF-8 becomes four characters; a character of UTF-16 comes of at most three bytes.
    private const int LongestEscape = 4;
    private const int LongestCharacter = 3;

    // printk's own stamp ("%5lu.%06lu"): such a line is the rest of no other.
    private static bool IsStamped(ReadOnlySpan<byte> line)
    {
        if (line.Length < 15 || line[0] != '[')
        {
            return false;
        }

        int at = 1;
        while (at < 6 && line[at] == ' ')
        {
            at++;
        }

        int digits = at;
        while (at < 12 && char.IsAsciiDigit((char)line[at]))
        {
            at++;
        }

        return at > digits && at + 7 < line.Length && line[at] == '.' && line.Slice(at + 1, 6).IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && line[at + 7] == ']';
    }

    private static int LineAt(LineBlock block, int from, int at)
    {
        int index = block.Ends[from..].BinarySearch(at);
        return from + (index < 0 ? ~index : index);
    }
}
