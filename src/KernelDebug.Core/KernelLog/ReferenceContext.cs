using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>What the text before a place says about it: <c>? </c>, <c>[&lt;address&gt;]</c>, a segment, a register's label.</summary>
internal readonly record struct ReferenceContext(
    LocationRole Role, ulong? Address, bool IsReliable, bool IsUserSpace, bool IsFirst, bool IsLabelled)
{
    /// <summary>Reads backwards from the place's first character.</summary>
    public static ReferenceContext Before(ReadOnlySpan<char> text, int at)
    {
        ulong? address = null;
        bool reliable = true;
        bool user = false;
        if (at > 0 && text[at - 1] is '(' or '{')
        {
            at--;
        }
        at = BackOverBlanks(text, at);
        if (at > 0 && text[at - 1] == '?' && (at == 1 || text[at - 2] is ' ' or '\t' or ']' or '>'))
        {
            reliable = false;
            at = BackOverBlanks(text, at - 1);
        }
        // Old x86 prints the address twice, powerpc the stack pointer before it: the nearest is the place's.
        for (int i = 0; i < 2 && TryBracketBefore(text, ref at, out ulong value); i++)
        {
            address ??= value == 0 ? null : value;
        }
        if (TrySegmentBefore(text, ref at, out int segment))
        {
            user = IsUserSegment(segment);
        }
        bool isFirst = at == 0;
        var label = text[..at];
        if (address is null && TryHexWordBefore(text, at, out int word, out ulong wordValue) && LabelRole(text[..word]) is { } wordRole)
        {
            // mips, s390, loongarch: "epc   : 80123456 name+...", "Krnl PSW : 0704... 000003ff80123456 (name+...)".
            return new(wordRole, wordValue, reliable, user, false, true);
        }
        if (LabelRole(label) is { } role)
        {
            return new(role, address, reliable, user, false, true);
        }
        if (EndsWithWord(label, "from"))
        {
            return new(LocationRole.LinkRegister, address, reliable, user, false, true);
        }
        bool isWarning = text.TrimStart(" \t").StartsWith("WARNING: ", StringComparison.Ordinal) && (label.Contains(" at ", StringComparison.Ordinal) || label.EndsWith(" at", StringComparison.Ordinal));
        return new(isWarning ? LocationRole.InstructionPointer : LocationRole.ReturnAddress, address, reliable, user, isFirst, false);
    }

    /// <summary>The role of the register whose label ends this text; null where none does.</summary>
    public static LocationRole? LabelRole(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd(' ');
        if (text.IsEmpty)
        {
            return null;
        }
        if (text[^1] == ':')
        {
            var name = text[..^1].TrimEnd(' ');
            int space = name.LastIndexOfAny(" \t>");
            if (name.EndsWith("Krnl PSW", StringComparison.Ordinal))
            {
                return LocationRole.InstructionPointer;
            }
            return name[(space + 1)..] switch
            {
                "RIP" or "EIP" or "IP" or "pc" or "PC" or "epc" or "ERA" or "NIP" => LocationRole.InstructionPointer,
                "lr" or "LR" or "ra" or "RA" => LocationRole.LinkRegister,
                _ => null,
            };
        }
        if (EndsWithWord(text, "PC is at") || EndsWithWord(text, "EIP is at") || EndsWithWord(text, "NIP") || EndsWithWord(text, "RIP"))
        {
            return LocationRole.InstructionPointer;
        }
        // s390's PSW has a mask before its address.
        if (TryHexWordBefore(text, text.Length, out int word, out _) && EndsWithWord(text[..word].TrimEnd(' ').TrimEnd(':').TrimEnd(' '), "Krnl PSW"))
        {
            return LocationRole.InstructionPointer;
        }
        return EndsWithWord(text, "LR is at") || EndsWithWord(text, "LR") ? LocationRole.LinkRegister : null;
    }

    /// <summary>A code segment of user space: x86-64's 33 and 23, i386's 73, and the data segment 2b/7b printed with them.</summary>
    public static bool IsUserSegment(int segment) => segment is 0x33 or 0x23 or 0x2b or 0x73 or 0x7b;

    private static bool EndsWithWord(ReadOnlySpan<char> text, ReadOnlySpan<char> word)
    {
        text = text.TrimEnd(' ');
        return text.EndsWith(word, StringComparison.Ordinal)
            && (text.Length == word.Length || text[^(word.Length + 1)] is ' ' or '\t' or ')' or ']');
    }

    private static int BackOverBlanks(ReadOnlySpan<char> text, int at)
    {
        while (at > 0 && text[at - 1] is ' ' or '\t')
        {
            at--;
        }
        return at;
    }

    private static bool TryBracketBefore(ReadOnlySpan<char> text, ref int at, out ulong value)
    {
        value = 0;
        if (at < 3 || text[at - 1] != ']')
        {
            return false;
        }
        int floor = Math.Max(0, at - 24);
        int open = text[floor..at].LastIndexOf('[');
        if (open < 0)
        {
            return false;
        }
        open += floor;
        var inner = text[(open + 1)..(at - 1)];
        bool angle = inner.Length > 2 && inner[0] == '<' && inner[^1] == '>';
        inner = angle ? inner[1..^1] : inner;
        if (inner.StartsWith("0x", StringComparison.Ordinal))
        {
            inner = inner[2..];
        }
        if (!angle && inner.Length < 8 || !HexText.TryParse(inner, out value))
        {
            return false;
        }
        at = BackOverBlanks(text, open);
        return true;
    }

    private static bool TrySegmentBefore(ReadOnlySpan<char> text, ref int at, out int segment)
    {
        segment = 0;
        if (at < 5 || text[at - 1] != ':' || at > 5 && text[at - 6] is not (' ' or ':' or '>')
            || !HexText.TryParse(text[(at - 5)..(at - 1)], out ulong value))
        {
            return false;
        }
        segment = (int)value;
        at = BackOverBlanks(text, at - 5);
        return true;
    }

    private static bool TryHexWordBefore(ReadOnlySpan<char> text, int at, out int start, out ulong value)
    {
        at = BackOverBlanks(text, at);
        start = at;
        while (start > 0 && at - start < 17 && char.IsAsciiHexDigit(text[start - 1]))
        {
            start--;
        }
        value = 0;
        return at - start is 8 or 16 && (start == 0 || text[start - 1] == ' ') && HexText.TryParse(text[start..at], out value);
    }
}
