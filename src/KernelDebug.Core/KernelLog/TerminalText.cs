using System.Text;

namespace KernelDebug.KernelLog;

/// <summary>
/// What stands between the raw line and the message that is parsed: terminal escapes (<c>dmesg -L</c>, serial consoles) and
/// the <c>\x20</c> escapes of <c>/dev/kmsg</c> records (Documentation/ABI/testing/dev-kmsg).
/// </summary>
internal static class TerminalText
{
    internal const char Escape = '\x1b';
    internal const char Csi = '\x9b';
    private const int MaxSequence = 64;
    private const int MaxTrailingSequences = 64;

    /// <summary>Length of the escape sequence at <paramref name="at"/>; 0 where there is none. ECMA-48 section 5.4 (CSI) and 5.6 (OSC).</summary>
    public static int SequenceLength(ReadOnlySpan<char> text, int at)
    {
        if (at >= text.Length)
        {
            return 0;
        }
        int i;
        if (text[at] == Csi)
        {
            i = at + 1;
        }
        else if (text[at] != Escape)
        {
            return 0;
        }
        else if (at + 1 >= text.Length)
        {
            return 1;
        }
        else if (text[at + 1] == '[')
        {
            i = at + 2;
        }
        else if (text[at + 1] == ']')
        {
            return OperatingSystemCommandLength(text, at);
        }
        else
        {
            return text[at + 1] is >= '@' and <= '_' ? 2 : 1;
        }
        int limit = Math.Min(text.Length, at + MaxSequence);
        while (i < limit && text[i] is >= ' ' and <= '?')
        {
            i++;
        }
        // A sequence that never ends is only its introducer: better a visible rest than a swallowed message.
        return i < limit && text[i] is >= '@' and <= '~' ? i + 1 - at : 1;
    }

    /// <summary>Column after the last character that is the message's own: line ends, NULs and escapes behind it are not.</summary>
    public static int TrimEnd(ReadOnlySpan<char> raw)
    {
        int end = raw.Length;
        for (int sequences = 0; ; sequences++)
        {
            // Serial loggers make line ends visible as U+240D and U+240A.
            while (end > 0 && raw[end - 1] is '\r' or '\n' or '\0' or '\u240d' or '\u240a')
            {
                end--;
            }
            int at = raw[Math.Max(0, end - MaxSequence)..end].LastIndexOfAny(Escape, Csi);
            if (at < 0 || sequences == MaxTrailingSequences)
            {
                return end;
            }
            at += Math.Max(0, end - MaxSequence);
            if (at + SequenceLength(raw[..end], at) != end)
            {
                return end;
            }
            end = at;
        }
    }

    /// <summary>The message between two columns, escapes removed, no longer than <see cref="LogLimits.MaxLineLength"/>.</summary>
    public static string Clean(string raw, int start, int end, bool isKmsgRecord)
    {
        end = Math.Min(end, start + LogLimits.MaxLineLength);
        var text = raw.AsSpan(start, end - start);
        bool hasBytes = isKmsgRecord && text.Contains("\\x", StringComparison.Ordinal);
        if (!hasBytes && text.IndexOfAny(Escape, Csi) < 0)
        {
            return start == 0 && end == raw.Length ? raw : raw.Substring(start, end - start);
        }
        var clean = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int skip = SequenceLength(text, i);
            if (skip == 0 && hasBytes && TryUnescape(text, i, out char byteChar))
            {
                clean.Append(byteChar);
                i += 4;
                continue;
            }
            if (skip == 0)
            {
                clean.Append(text[i]);
                skip = 1;
            }
            i += skip;
        }
        return clean.ToString();
    }

    /// <summary>The raw column of the character at a column of <see cref="Records.PrintkLine.CleanMessage"/>.</summary>
    public static int ToRawColumn(Records.PrintkLine line, int cleanColumn)
    {
        var raw = line.RawText.AsSpan(line.MessageStart, line.MessageEnd - line.MessageStart);
        var clean = line.CleanMessage.AsSpan();
        if (raw.StartsWith(clean, StringComparison.Ordinal))
        {
            return line.MessageStart + cleanColumn;
        }
        int i = 0;
        for (int column = 0; i < raw.Length && column < clean.Length; column++)
        {
            int skip;
            while ((skip = SequenceLength(raw, i)) > 0)
            {
                i += skip;
            }
            if (column == cleanColumn)
            {
                break;
            }
            i += TryUnescape(raw, i, out char c) && c == clean[column] ? 4 : 1;
        }
        return line.MessageStart + Math.Min(i, raw.Length);
    }

    private static int OperatingSystemCommandLength(ReadOnlySpan<char> text, int at)
    {
        int limit = Math.Min(text.Length, at + MaxSequence);
        for (int i = at + 2; i < limit; i++)
        {
            if (text[i] == '\a')
            {
                return i + 1 - at;
            }
            if (text[i] == Escape && i + 1 < text.Length && text[i + 1] == '\\')
            {
                return i + 2 - at;
            }
        }
        return 2;
    }

    // Printable ASCII and tab only: a control character is left in its visible form, bytes above 0x7f are no part of any name.
    private static bool TryUnescape(ReadOnlySpan<char> text, int at, out char value)
    {
        value = '\0';
        if (at + 4 > text.Length || text[at] != '\\' || text[at + 1] != 'x'
            || !char.IsAsciiHexDigit(text[at + 2]) || !char.IsAsciiHexDigit(text[at + 3]))
        {
            return false;
        }
        value = (char)(HexText.Digit(text[at + 2]) << 4 | HexText.Digit(text[at + 3]));
        return value is '\t' or >= ' ' and < '\x7f';
    }
}
