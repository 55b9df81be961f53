using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Finds every place a message names: <c>name+0x25/0x30 [module build-id]</c> anywhere in it, and bare addresses where their
/// position says that they are code addresses. Shapes: <c>%pS</c>, <c>%pB</c> and <c>%pSb</c> of
/// Documentation/core-api/printk-formats.rst and the architectures' own register lines.
/// </summary>
public static class SymbolReferenceScanner
{
    /// <summary>The references of a line, left to right; columns are those of <see cref="PrintkLine.RawText"/>.</summary>
    public static IReadOnlyList<SymbolReference> Scan(PrintkLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var text = line.CleanMessage.AsSpan();
        int start = EndOfBlanks(text, 0);
        if (start == text.Length || text[start..].StartsWith("Code:", StringComparison.Ordinal))
        {
            return [];
        }
        List<SymbolReference>? found = null;
        for (int plus = start; plus < text.Length; plus++)
        {
            int next = text[plus..].IndexOf('+');
            if (next < 0 || found?.Count >= LogLimits.MaxReferencesPerLine)
            {
                break;
            }
            plus += next;
            if (TrySymbol(line, text, plus, out var reference))
            {
                bool endsLine = reference.Start + reference.Length >= line.MessageEnd && text[^1] is not (']' or ')');
                (found ??= []).Add(endsLine ? reference with { EndsLine = true } : reference);
            }
        }
        BareAddressScanner.Scan(line, text, start, ref found);
        return found ?? (IReadOnlyList<SymbolReference>)[];
    }

    /// <summary>Column of the first character from <paramref name="at"/> on that is no blank.</summary>
    internal static int EndOfBlanks(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }
        return at;
    }

    private static bool TrySymbol(PrintkLine line, ReadOnlySpan<char> text, int plus, out SymbolReference reference)
    {
        reference = null!;
        if (plus + 1 >= text.Length || !char.IsAsciiDigit(text[plus + 1]) || !TryName(text, plus, out int name))
        {
            return false;
        }
        int end = plus + 1;
        if (!HexText.TryParseNumber(text, ref end, out ulong offset, out bool isHex))
        {
            return false;
        }
        ulong? size = null;
        int afterSlash = end + 1;
        if (end < text.Length && text[end] == '/' && HexText.TryParseNumber(text, ref afterSlash, out ulong number, out bool isSizeHex)
            && isSizeHex == isHex)
        {
            size = number;
            end = afterSlash;
        }
        if (end < text.Length && (IsNameCharacter(text[end]) && text[end] != '.' || text[end] is '/' or '+'))
        {
            return false;
        }
        var context = ReferenceContext.Before(text, name);
        int symbolEnd = end;
        string? module = null, buildId = null;
        if (TryModule(text, ref end, out var moduleName, out var id))
        {
            module = moduleName.ToString();
            buildId = id.IsEmpty ? null : id.ToString().ToLowerInvariant();
        }
        // Sized hex is %pS and nothing else; anything looser is believed only where a place must stand.
        if ((size is null || !isHex) && !context.IsLabelled && !(context.IsFirst && IsRestOfFrame(text, end)))
        {
            return false;
        }
        if (size is null && !isHex)
        {
            return false;
        }
        int from = TerminalText.ToRawColumn(line, name);
        reference = new SymbolReference
        {
            Start = from,
            Length = TerminalText.ToRawColumn(line, (module is null ? symbolEnd : end) - 1) + 1 - from,
            Symbol = text[name..plus].ToString(),
            Offset = offset,
            Size = size,
            Address = context.Address,
            Module = module,
            BuildId = buildId,
            // powerpc marks the frames its unwinder does not vouch for behind them.
            IsReliable = context.IsReliable && !text[end..].TrimStart(' ').StartsWith("(unreliable)", StringComparison.Ordinal),
            Role = context.Role,
            IsUserSpace = context.IsUserSpace,
        };
        return true;
    }

    // The name that ends before the plus sign: the kernel's, gcc's and LLVM's suffixes, Rust's and C++'s mangled forms.
    private static bool TryName(ReadOnlySpan<char> text, int plus, out int start)
    {
        start = plus;
        while (start > 0 && plus - start <= LogLimits.MaxSymbolLength && IsNameCharacter(text[start - 1]))
        {
            start--;
        }
        int length = plus - start;
        if (length is 0 or > LogLimits.MaxSymbolLength || char.IsAsciiDigit(text[start]))
        {
            return false;
        }
        // A path, an expression or an e-mail address is not a symbol.
        return start == 0 || text[start - 1] is ' ' or '\t' or '(' or '{' or '[' or ':' or '<' or '=' or '"' or '\'' or '`' or '|' or ',' or '>' or '?';
    }

    /// <summary>A character of a symbol's name.</summary>
    internal static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$';

    // " [mod]", " [mod 40-hex-digits]".
    private static bool TryModule(ReadOnlySpan<char> text, ref int end, out ReadOnlySpan<char> module, out ReadOnlySpan<char> buildId)
    {
        module = buildId = default;
        int at = EndOfBlanks(text, end);
        if (at >= text.Length || text[at] != '[' || at - end > 4)
        {
            return false;
        }
        int nameEnd = ++at;
        while (nameEnd < text.Length && (char.IsAsciiLetterOrDigit(text[nameEnd]) || text[nameEnd] is '_' or '-'))
        {
            nameEnd++;
        }
        if (nameEnd == at || nameEnd - at > 64 || nameEnd >= text.Length)
        {
            return false;
        }
        int close = nameEnd;
        if (text[nameEnd] == ' ')
        {
            close = HexText.EndOfHex(text, nameEnd + 1);
            buildId = text[(nameEnd + 1)..close];
            if (buildId.Length is < 16 or > 64 || buildId.Length % 2 != 0)
            {
                return false;
            }
        }
        if (close >= text.Length || text[close] != ']')
        {
            buildId = default;
            return false;
        }
        module = text[at..nameEnd];
        end = close + 1;
        return true;
    }

    // Nothing behind the place but "(P)" and its like.
    private static bool IsRestOfFrame(ReadOnlySpan<char> text, int end)
    {
        var rest = text[end..].Trim(' ');
        return rest.IsEmpty || rest[0] == '(' && rest[^1] == ')' && rest.Length <= 16;
    }
}
