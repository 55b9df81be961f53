using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace KernelDebug.Demangling;

/// <summary>Constants as generic arguments and array lengths.</summary>
internal sealed partial class RustV0Demangler
{
    /// <summary>Hexadecimal digits of 64 bits: longer numbers are written in hexadecimal, as the other demanglers do.</summary>
    private const int DecimalNibbles = 16;

    /// <summary><c>const</c>.</summary>
    /// <param name="inValue">False right inside <c>&lt;...&gt;</c>, where Rust wants braces around all but literals.</param>
    private bool Constant(bool inValue) => Enter() && ConstantBody(inValue) && Leave();

    private bool ConstantBody(bool inValue)
    {
        char tag = Next();
        switch (tag)
        {
            case 'p':
                return Write("_");
            case 'h' or 't' or 'm' or 'y' or 'o' or 'j':
                return Unsigned();
            case 'a' or 's' or 'l' or 'x' or 'n' or 'i':
                return (!Eat('n') || Write("-")) && Unsigned();
            case 'b':
                return Hexadecimal(out ReadOnlySpan<char> flag) && flag is "0" or "1" && Write(flag is "1" ? "true" : "false");
            case 'c':
                return Character();
            case 'R' when Peek() == 'e':
                // A string literal is a &str already.
                _position++;
                return String();
            case 'B':
                return Backref(() => Constant(inValue));
            default:
                return (inValue || Write("{")) && Structural(tag) && (inValue || Write("}"));
        }
    }

    private bool Structural(char tag) => tag switch
    {
        'e' => Write("*") && String(),
        'R' => Write("&") && Constant(inValue: true),
        'Q' => Write("&mut ") && Constant(inValue: true),
        'A' => Write("[") && Constants(out _) && Write("]"),
        'T' => Write("(") && Constants(out int count) && Write(count == 1 ? ",)" : ")"),
        'V' => Path(inValue: true) && Fields(),
        _ => false,
    };

    private bool Constants(out int count) => List(() => Constant(inValue: true), ", ", out count);

    /// <summary>What follows the name of a struct or enum variant.</summary>
    private bool Fields() => Next() switch
    {
        'U' => true,
        'T' => Write("(") && Constants(out _) && Write(")"),
        'S' => Write(" { ") && List(Field, ", ", out _) && Write(" }"),
        _ => false,
    };

    private bool Field() => Disambiguator(out _) && Identifier(out string name) && Write(name + ": ") && Constant(inValue: true);

    private bool Unsigned()
    {
        if (!Hexadecimal(out ReadOnlySpan<char> digits))
        {
            return false;
        }

        return Write(digits.Length <= DecimalNibbles ? ParseHexadecimal(digits).ToString(CultureInfo.InvariantCulture) : $"0x{digits}");
    }

    private bool Character()
    {
        if (!Hexadecimal(out ReadOnlySpan<char> digits) || digits.Length > 6 || !Rune.IsValid((int)ParseHexadecimal(digits)))
        {
            return false;
        }

        var text = new StringBuilder("'");
        RustText.AppendEscaped(text, new Rune((int)ParseHexadecimal(digits)), '\'');
        return Write(text.Append('\'').ToString());
    }

    /// <summary>A string's UTF-8 bytes, two digits each.</summary>
    private bool String()
    {
        if (!Nibbles(out ReadOnlySpan<char> digits) || digits.Length % 2 != 0)
        {
            return false;
        }

        byte[] bytes = Convert.FromHexString(digits);
        if (!Utf8.IsValid(bytes))
        {
            return false;
        }

        var text = new StringBuilder("\"");
        foreach (Rune rune in Encoding.UTF8.GetString(bytes).EnumerateRunes())
        {
            RustText.AppendEscaped(text, rune, '"');
        }

        return Write(text.Append('"').ToString());
    }

    /// <summary><c>const-data</c> without its sign and without leading zeros.</summary>
    private bool Hexadecimal(out ReadOnlySpan<char> digits)
    {
        bool valid = Nibbles(out digits);
        digits = digits.TrimStart('0');
        if (digits.IsEmpty)
        {
            digits = "0";
        }

        return valid;
    }

    private bool Nibbles(out ReadOnlySpan<char> digits)
    {
        int start = _position;
        while (char.IsAsciiHexDigitLower(Peek()))
        {
            _position++;
        }

        digits = _symbol.AsSpan(start, _position - start);
        return Eat('_');
    }

    private static ulong ParseHexadecimal(ReadOnlySpan<char> digits)
        => ulong.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
