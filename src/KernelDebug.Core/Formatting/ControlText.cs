using System.Globalization;
using System.Text;

namespace KernelDebug.Formatting;

/// <summary>Text from a log or a file made safe for a terminal: what would move the cursor or hide text is spelled out.</summary>
public static class ControlText
{
    /// <summary>
    /// C0 and C1 controls and DEL become <c>\x1b</c>, bidirectional and other format controls <c>\u202e</c>; tab stays. Colours
    /// (ECMA-48 SGR, as <c>dmesg -L</c> writes them) are dropped. Clean text comes back as the same instance.
    /// </summary>
    public static string MakeVisible(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int clean = 0;
        while (clean < text.Length && !IsControl(text[clean]))
        {
            clean++;
        }

        if (clean == text.Length)
        {
            return text;
        }

        var visible = new StringBuilder(text, 0, clean, text.Length + 16);
        for (int i = clean; i < text.Length; i++)
        {
            char c = text[i];
            if (!IsControl(c))
            {
                visible.Append(c);
                continue;
            }

            int colour = ColourLength(text, i);
            if (colour > 0)
            {
                i += colour - 1;
            }
            else
            {
                visible.Append(c < 0x100 ? $"\\x{(int)c:x2}" : $"\\u{(int)c:x4}");
            }
        }

        return visible.ToString();
    }

    private static bool IsControl(char c) => c < ' ' ? c != '\t' : c >= 0x7f && (c <= 0x9f || (c >= 0x200b && CharUnicodeInfo.GetUnicodeCategory(c)
        is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));

    /// <summary>Length of <c>ESC [ digits ; ... m</c> at a position; 0 where there is none.</summary>
    private static int ColourLength(string text, int at)
    {
        if (text[at] != '\x1b' || at + 1 >= text.Length || text[at + 1] != '[')
        {
            return 0;
        }

        int end = at + 2;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == ';'))
        {
            end++;
        }

        return end < text.Length && text[end] == 'm' ? end + 1 - at : 0;
    }
}
