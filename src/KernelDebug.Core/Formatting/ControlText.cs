using System.Globalization;
using System.Text;

namespace KernelDebug.Formatting;

/// <summary>
/// Makes text from a log safe for a terminal: what would move the cursor, change colours, set titles or reorder what is read
/// is shown as its code instead.
/// </summary>
public static class ControlText
{
    /// <summary>
    /// The text with C0 and C1 controls and DEL as <c>\x1b</c>, and the bidirectional controls of Unicode, line separators
    /// and lone surrogates as <c>\u202e</c>. Tab and line feed stay. The same instance where nothing needs it.
    /// </summary>
    public static string MakeVisible(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = 0;
        while (at < text.Length && !NeedsEscape(text, at))
        {
            at++;
        }
        if (at == text.Length)
        {
            return text;
        }
        var visible = new StringBuilder(text, 0, at, text.Length + 16);
        for (; at < text.Length; at++)
        {
            char c = text[at];
            if (!NeedsEscape(text, at))
            {
                visible.Append(c);
            }
            else if (c <= 0xff)
            {
                visible.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
            }
            else
            {
                visible.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
        }
        return visible.ToString();
    }

    /// <summary>
    /// The same with line feeds as <c>\x0a</c> too: for names of files and functions, which could otherwise forge lines of the log.
    /// </summary>
    public static string MakeNameVisible(string name) => MakeVisible(name).Replace("\n", "\\x0a", StringComparison.Ordinal);

    /// <summary>
    /// The text without colours (<c>ESC [ ... m</c>, ECMA-48 SGR, as <c>dmesg --color=always</c> writes them), which say nothing that
    /// is lost. The same instance where there are none.
    /// </summary>
    public static string DropColours(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int next = text.IndexOf("\x1b[", StringComparison.Ordinal);
        if (next < 0)
        {
            return text;
        }
        var plain = new StringBuilder(text.Length);
        int done = 0;
        for (; next >= 0; next = text.IndexOf("\x1b[", next + 2, StringComparison.Ordinal))
        {
            int end = next + 2;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == ';'))
            {
                end++;
            }
            if (end < text.Length && text[end] == 'm')
            {
                plain.Append(text, done, next - done);
                done = end + 1;
            }
        }
        return plain.Append(text, done, text.Length - done).ToString();
    }

    private static bool NeedsEscape(string text, int at)
    {
        char c = text[at];
        if (c < 0x7f)
        {
            return c < ' ' && c is not ('\t' or '\n');
        }
        if (char.IsSurrogate(c))
        {
            return !(char.IsHighSurrogate(c) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
                && !(char.IsLowSurrogate(c) && at > 0 && char.IsHighSurrogate(text[at - 1]));
        }
        // C1; ALM, LRM, RLM, LRE..RLO, LRI..PDI (UAX #9 section 2); LS, PS.
        return c <= 0x9f || c is '\u061c' or '\u200e' or '\u200f' or '\ufeff' or (>= '\u2028' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
    }
}
