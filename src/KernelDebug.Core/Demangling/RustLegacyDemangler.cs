using System.Globalization;
using System.Numerics;
using System.Text;

namespace KernelDebug.Demangling;

/// <summary>
/// Rust's names before v0: <c>_ZN</c>, elements with their lengths in front, the hash <c>17h</c> and 16 hex digits, <c>E</c>. What a C++
/// identifier cannot hold is escaped (rustc, compiler/rustc_symbol_mangling/src/legacy.rs).
/// </summary>
internal static class RustLegacyDemangler
{
    private const string Prefix = "_ZN";
    private const int HashDigits = 16;

    /// <summary>As binutils has it: a real hash has at least five different digits, a C++ identifier like h0000 has not.</summary>
    private const int MinDistinctDigits = 5;

    /// <summary>Demangles a name, its hash dropped; null when it is not a legacy Rust name.</summary>
    public static string? TryDemangle(string mangled)
    {
        if (!mangled.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> rest = mangled.AsSpan(Prefix.Length);
        ReadOnlySpan<char> last = default;
        var output = new StringBuilder();
        int elements = 0;
        while (rest.IsEmpty || rest[0] != 'E')
        {
            if (elements > 0)
            {
                // An element is written when the next one shows that it is not the hash.
                output.Append(elements > 1 ? "::" : "");
                AppendUnescaped(output, last);
            }

            if (!TryTakeElement(ref rest, out last))
            {
                return null;
            }

            elements++;
        }

        if (elements < 2 || !IsHash(last) || CloneSuffix.TryFormat(rest[1..]) is not { } clones)
        {
            return null;
        }

        return output.Append(clones).ToString();
    }

    private static bool TryTakeElement(scoped ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> element)
    {
        element = default;
        int digits = 0;
        int length = 0;
        while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
        {
            length = (length * 10) + (rest[digits++] - '0');
            if (length > rest.Length)
            {
                return false;
            }
        }

        if (digits == 0 || rest[0] == '0' || length > rest.Length - digits)
        {
            return false;
        }

        element = rest.Slice(digits, length);
        rest = rest[(digits + length)..];
        foreach (char c in element)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '$' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsHash(ReadOnlySpan<char> element)
    {
        if (element.Length != 1 + HashDigits || element[0] != 'h')
        {
            return false;
        }

        uint seen = 0;
        foreach (char c in element[1..])
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }

            seen |= 1u << (char.IsAsciiDigit(c) ? c - '0' : c - 'a' + 10);
        }

        return BitOperations.PopCount(seen) >= MinDistinctDigits;
    }

    private static void AppendUnescaped(StringBuilder output, ReadOnlySpan<char> element)
    {
        // An identifier cannot start with '$': rustc puts a '_' in front.
        if (element.StartsWith("_$", StringComparison.Ordinal))
        {
            element = element[1..];
        }

        while (!element.IsEmpty)
        {
            if (element.StartsWith("..", StringComparison.Ordinal))
            {
                output.Append("::");
                element = element[2..];
            }
            else if (element[0] == '$')
            {
                int end = element[1..].IndexOf('$');
                if (end < 0 || Unescape(element.Slice(1, end)) is not { } text)
                {
                    // Not an escape that rustc writes: the rest is shown as it is.
                    output.Append(element);
                    return;
                }

                output.Append(text);
                element = element[(end + 2)..];
            }
            else
            {
                output.Append(element[0]);
                element = element[1..];
            }
        }
    }

    private static string? Unescape(ReadOnlySpan<char> escape) => escape switch
    {
        "SP" => "@",
        "BP" => "*",
        "RF" => "&",
        "LT" => "<",
        "GT" => ">",
        "LP" => "(",
        "RP" => ")",
        "C" => ",",
        ['u', .. { Length: > 0 and <= 6 } digits] => UnescapeCodePoint(digits),
        _ => null,
    };

    private static string? UnescapeCodePoint(ReadOnlySpan<char> digits)
    {
        return !digits.ContainsAnyInRange('A', 'F')
            && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            && Rune.IsValid(value) && RustText.IsPrintable(new Rune(value))
                ? new Rune(value).ToString()
                : null;
    }
}
