using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// A place as people type it, and as scripts/faddr2line takes it: <c>name+0x10/0x30</c>, <c>name+16</c>, <c>name</c> for its start,
/// with <c>[module]</c> behind; or an address, <c>0xffffffff81234567</c>, its <c>0x</c> left out where all sixteen digits are there.
/// </summary>
public static class AddressText
{
    private const int AddressDigits = 16;

    /// <summary>Reads one place; false where the text is anything else, such as a line of a log.</summary>
    public static bool TryParse(string text, out SymbolReference reference)
    {
        ArgumentNullException.ThrowIfNull(text);
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        reference = new SymbolReference { Start = 0, Length = text.Length, Role = LocationRole.InstructionPointer };
        bool isMarked = rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if ((isMarked || rest.Length == AddressDigits) && HexText.TryParse(rest[(isMarked ? 2 : 0)..], out ulong address))
        {
            reference = reference with { Address = address };
            return true;
        }

        int end = 0;
        while (end < rest.Length && SymbolReferenceScanner.IsNameCharacter(rest[end]))
        {
            end++;
        }

        if (end is 0 or > LogLimits.MaxSymbolLength || char.IsAsciiDigit(rest[0]))
        {
            return false;
        }

        reference = reference with { Symbol = rest[..end].ToString(), Offset = 0 };
        rest = rest[end..];
        if (rest.StartsWith('+') && !TryOffset(ref rest, ref reference))
        {
            return false;
        }

        rest = rest.TrimStart();
        return rest.IsEmpty || TryModule(rest, ref reference);
    }

    private static bool TryOffset(ref ReadOnlySpan<char> rest, ref SymbolReference reference)
    {
        int at = 1;
        if (!HexText.TryParseNumber(rest, ref at, out ulong offset, out _))
        {
            return false;
        }

        reference = reference with { Offset = offset };
        if (at < rest.Length && rest[at] == '/')
        {
            at++;
            if (!HexText.TryParseNumber(rest, ref at, out ulong size, out _))
            {
                return false;
            }

            reference = reference with { Size = size };
        }

        rest = rest[at..];
        return rest.IsEmpty || rest[0] is ' ' or '\t' or '[';
    }

    private static bool TryModule(ReadOnlySpan<char> rest, ref SymbolReference reference)
    {
        if (rest[0] != '[' || rest[^1] != ']')
        {
            return false;
        }

        string[] words = rest[1..^1].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool isModule = words.Length is 1 or 2 && words[0].All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') && words.Skip(1).All(id => id.All(char.IsAsciiHexDigit));
        if (isModule)
        {
            reference = reference with { Module = words[0], BuildId = words.Length > 1 ? words[1].ToLowerInvariant() : null };
        }

        return isModule;
    }
}
