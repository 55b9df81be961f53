using System.Globalization;
using System.Text;

namespace KernelDebug.Demangling;

/// <summary>Unicode inside Rust names: Punycode identifiers and the escapes of character and string constants.</summary>
internal static class RustText
{
    /// <summary>Code points of one identifier that is decoded; inserting is quadratic.</summary>
    private const int MaxIdentifierLength = 1024;

    // RFC 3492, section 5.
    private const int Base = 36;
    private const int MinThreshold = 1;
    private const int MaxThreshold = 26;
    private const int Skew = 38;
    private const int FirstDamp = 700;
    private const int FirstBias = 72;
    private const int FirstCodePoint = 0x80;

    /// <summary>False for what must not reach a terminal raw: control, format (direction overrides) and unassigned characters.</summary>
    public static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        UnicodeCategory.SpaceSeparator => rune.Value == ' ',
        _ => true,
    };

    /// <summary>Appends a character of a constant, escaped as Rust would have it.</summary>
    /// <remarks>
    /// A character constant beyond ASCII is written by its number, as c++filt and llvm-cxxfilt do. Strings, which only
    /// rustc-demangle knows, keep their letters as it does (<c>char::escape_debug</c>).
    /// </remarks>
    public static void AppendEscaped(StringBuilder output, Rune rune, char quote)
    {
        switch (rune.Value)
        {
            case '\0' when quote == '"':
                output.Append("\\0");
                break;
            case '\t':
                output.Append("\\t");
                break;
            case '\r':
                output.Append("\\r");
                break;
            case '\n':
                output.Append("\\n");
                break;
            case '\\':
            case '\'' or '"' when rune.Value == quote:
                output.Append('\\').Append((char)rune.Value);
                break;
            default:
                bool raw = IsPrintable(rune) && (rune.IsAscii || (quote == '"' && !IsCombining(rune)));
                output.Append(raw ? rune.ToString() : $"\\u{{{rune.Value:x}}}");
                break;
        }
    }

    /// <summary>Decodes an identifier (RFC 3492 with lower-case digits only; v0 has <c>_</c> where the RFC has <c>-</c>).</summary>
    /// <param name="ascii">Its ASCII characters.</param>
    /// <param name="deltas">The insertions.</param>
    /// <returns>Null when the code is damaged or stands for characters no identifier has.</returns>
    public static string? TryDecodePunycode(ReadOnlySpan<char> ascii, ReadOnlySpan<char> deltas)
    {
        if (ascii.Length + deltas.Length > MaxIdentifierLength)
        {
            return null;
        }

        var runes = new List<Rune>(ascii.Length + deltas.Length);
        foreach (char c in ascii)
        {
            runes.Add(new Rune(c));
        }

        long codePoint = FirstCodePoint;
        long at = 0;
        int bias = FirstBias;
        bool first = true;
        while (!deltas.IsEmpty)
        {
            if (!TryTakeDelta(ref deltas, bias, out int delta))
            {
                return null;
            }

            int count = runes.Count + 1;
            at += delta;
            codePoint += at / count;
            at %= count;
            if (codePoint > 0x10ffff || !Rune.IsValid((int)codePoint) || !IsPrintable(new Rune((int)codePoint)))
            {
                return null;
            }

            runes.Insert((int)at++, new Rune((int)codePoint));
            bias = Adapt(delta, count, first);
            first = false;
        }

        var text = new StringBuilder(runes.Count);
        foreach (Rune rune in runes)
        {
            text.Append(rune.ToString());
        }

        return text.ToString();
    }

    /// <summary>True for a mark that would attach itself to the quote before it.</summary>
    private static bool IsCombining(Rune rune)
        => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;

    private static bool TryTakeDelta(ref ReadOnlySpan<char> digits, int bias, out int delta)
    {
        long value = 0;
        long weight = 1;
        delta = 0;
        for (int k = Base; !digits.IsEmpty; k += Base)
        {
            char c = digits[0];
            digits = digits[1..];
            int digit = c is >= 'a' and <= 'z' ? c - 'a' : c is >= '0' and <= '9' ? c - '0' + 26 : -1;
            value += digit * weight;
            if (digit < 0 || value > int.MaxValue)
            {
                return false;
            }

            int threshold = Math.Clamp(k - bias, MinThreshold, MaxThreshold);
            if (digit < threshold)
            {
                delta = (int)value;
                return true;
            }

            weight *= Base - threshold;
            if (weight > int.MaxValue)
            {
                return false;
            }
        }

        return false;
    }

    private static int Adapt(int delta, int count, bool first)
    {
        delta /= first ? FirstDamp : 2;
        delta += delta / count;
        int k = 0;
        while (delta > (Base - MinThreshold) * MaxThreshold / 2)
        {
            delta /= Base - MinThreshold;
            k += Base;
        }

        return k + ((Base - MinThreshold + 1) * delta / (delta + Skew));
    }
}
