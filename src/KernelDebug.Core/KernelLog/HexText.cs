namespace KernelDebug.KernelLog;

/// <summary>Numbers as the kernel prints them.</summary>
internal static class HexText
{
    /// <summary>The value of one hex digit.</summary>
    public static int Digit(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

    /// <summary>Column after the hex digits that begin at <paramref name="at"/>.</summary>
    public static int EndOfHex(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsAsciiHexDigit(text[at]))
        {
            at++;
        }
        return at;
    }

    /// <summary>Column after the decimal digits that begin at <paramref name="at"/>.</summary>
    public static int EndOfDigits(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }
        return at;
    }

    /// <summary>1 to 16 hex digits and nothing else.</summary>
    public static bool TryParse(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        if (digits.IsEmpty || digits.Length > 16)
        {
            return false;
        }
        foreach (char c in digits)
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
            value = value << 4 | (uint)Digit(c);
        }
        return true;
    }

    /// <summary>A number at <paramref name="at"/>: hex after <c>0x</c>, decimal without. Moves past it.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, ref int at, out ulong value, out bool isHex)
    {
        value = 0;
        isHex = at + 2 < text.Length && text[at] == '0' && text[at + 1] is 'x' or 'X';
        int start = isHex ? at + 2 : at;
        int end = isHex ? EndOfHex(text, start) : EndOfDigits(text, start);
        if (isHex ? !TryParse(text[start..end], out value) : !TryParseDecimal(text[start..end], out value))
        {
            return false;
        }
        at = end;
        return true;
    }

    /// <summary>1 to 18 decimal digits and nothing else.</summary>
    public static bool TryParseDecimal(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        if (digits.IsEmpty || digits.Length > 18)
        {
            return false;
        }
        foreach (char c in digits)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }
            value = value * 10 + (uint)(c - '0');
        }
        return true;
    }

    /// <summary>A decimal number that fits an <see cref="int"/>, behind optional blanks.</summary>
    public static bool TryParseInt(ReadOnlySpan<char> text, out int value)
    {
        text = text.TrimStart(' ');
        value = 0;
        if (!TryParseDecimal(text[..EndOfDigits(text, 0)], out ulong wide) || wide > int.MaxValue)
        {
            return false;
        }
        value = (int)wide;
        return true;
    }
}
