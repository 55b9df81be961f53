using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Addresses without a name, where the position says that they are code addresses: behind <c>RIP:</c>, <c>pc :</c> and their
/// like, and alone on a line as a frame. Never in a register dump, a <c>Code:</c> line or a sentence.
/// </summary>
internal static class BareAddressScanner
{
    private static readonly string[] _labels = ["RIP:", "EIP:", "IP:", "pc :", "lr :", "epc :", "RIP", "NIP", "LR"];

    /// <summary>Adds what the line has to <paramref name="found"/>, keeping it in the order of columns.</summary>
    public static void Scan(PrintkLine line, ReadOnlySpan<char> text, int start, ref List<SymbolReference>? found)
    {
        foreach (string label in _labels)
        {
            if (text[start..].StartsWith(label, StringComparison.Ordinal))
            {
                ScanLabelled(line, text, start, label, ref found);
                return;
            }
        }
        if (found is null && TryFrame(text, start, out int at, out int end, out ulong address, out bool isReliable, out string? module))
        {
            found = [Make(line, at, end, address, LocationRole.ReturnAddress, isReliable, IsUserAddress(address)) with { Module = module }];
        }
    }

    private static void ScanLabelled(PrintkLine line, ReadOnlySpan<char> text, int start, string label, ref List<SymbolReference>? found)
    {
        int at = SymbolReferenceScanner.EndOfBlanks(text, start + label.Length);
        bool user = false;
        bool hasSegment = at + 5 <= text.Length && text[at + 4] == ':' && HexText.EndOfHex(text, at) == at + 4;
        if (hasSegment)
        {
            _ = HexText.TryParse(text.Slice(at, 4), out ulong segment);
            user = ReferenceContext.IsUserSegment((int)segment);
            at = SymbolReferenceScanner.EndOfBlanks(text, at + 5);
        }
        if (!TryAddress(text, at, hasSegment, out int from, out int end, out ulong address))
        {
            return;
        }
        var role = label is "lr :" or "LR" ? LocationRole.LinkRegister : LocationRole.InstructionPointer;
        if (!IsNamed(line, text, end, found, address))
        {
            ModuleAt(text.TrimEnd(' '), end, out string? module);
            Insert(ref found, Make(line, from, end, address, role, true, user || IsUserAddress(address)) with { Module = module });
        }
        // arm prints both on one line: "pc : [<80008000>]    lr : [<80008004>]    psr: 60000013".
        int second = text[end..].IndexOf("lr :", StringComparison.Ordinal);
        if (label == "pc :" && second >= 0
            && TryAddress(text, SymbolReferenceScanner.EndOfBlanks(text, end + second + 4), false, out from, out end, out address))
        {
            Insert(ref found, Make(line, from, end, address, LocationRole.LinkRegister, true, IsUserAddress(address)));
        }
    }

    // The address is that of the name behind it, which already carries it.
    private static bool IsNamed(PrintkLine line, ReadOnlySpan<char> text, int end, List<SymbolReference>? found, ulong address)
    {
        if (found is null)
        {
            return false;
        }
        int next = SymbolReferenceScanner.EndOfBlanks(text, Math.Min(end + (end < text.Length && text[end] is ']' or '>' ? 1 : 0), text.Length));
        return found[0].Address == address || next < text.Length && TerminalText.ToRawColumn(line, next) == found[0].Start;
    }

    private static void Insert(ref List<SymbolReference>? found, SymbolReference reference)
    {
        found ??= [];
        int i = 0;
        while (i < found.Count && found[i].Start < reference.Start)
        {
            i++;
        }
        found.Insert(i, reference);
    }

    // "? 0xffffffffc0123456", "[<ffffffffc0123456>]", "[<ffffffffc0123456>] 0xffffffffc0123456": the whole message.
    private static bool TryFrame(ReadOnlySpan<char> text, int at, out int from, out int end, out ulong address, out bool isReliable, out string? module)
    {
        isReliable = true;
        end = text.Length;
        while (end > at && text[end - 1] is ' ' or '\t')
        {
            end--;
        }
        end = ModuleAt(text[..end], at, out module);
        text = text[..end];
        from = at;
        address = 0;
        bool bracket = false;
        if (at + 1 < text.Length && text[at] == '[' && text[at + 1] == '<')
        {
            if (!TryAddress(text, at, false, out from, out int close, out address))
            {
                return false;
            }
            bracket = true;
            at = SymbolReferenceScanner.EndOfBlanks(text, close + 2);
        }
        else
        {
            // powerpc: "[stack pointer] [address] 0xaddress (unreliable)".
            while (at + 10 < text.Length && text[at] == '[' && HexText.EndOfHex(text, at + 1) is int close && close - at is 9 or 17 && close < text.Length && text[close] == ']')
            {
                at = SymbolReferenceScanner.EndOfBlanks(text, close + 1);
            }
            const string unreliable = " (unreliable)";
            if (text.EndsWith(unreliable, StringComparison.Ordinal) && at < text.Length - unreliable.Length)
            {
                isReliable = false;
                end -= unreliable.Length;
                text = text[..end];
            }
        }
        if (at < text.Length && text[at] == '?')
        {
            isReliable = false;
            at = SymbolReferenceScanner.EndOfBlanks(text, at + 1);
        }
        if (at >= text.Length)
        {
            end = HexText.EndOfHex(text, from);
            return bracket && address != 0;
        }
        // Eight digits at least: "0x0" alone on a line is a value somebody printed.
        if (text.Length - at is < 10 or > 18 || text[at] != '0' || text[at + 1] != 'x' || !HexText.TryParse(text[(at + 2)..], out address))
        {
            return false;
        }
        from = at;
        return true;
    }

    // " [mod@000000006b7888f1+0x12000]", the module's base and size: kernels without kallsyms (OpenWrt). Column where it begins.
    private static int ModuleAt(ReadOnlySpan<char> text, int start, out string? module)
    {
        module = null;
        int open = text.LastIndexOf(" [");
        var inner = open < start || text[^1] != ']' ? default : text[(open + 2)..^1];
        int at = inner.IndexOf('@');
        int plus = at + 1 + (at < 0 ? 0 : HexText.EndOfHex(inner[(at + 1)..], 0));
        if (at is < 1 or > 64 || plus == at + 1 || !inner[plus..].StartsWith("+0x") || HexText.EndOfHex(inner, plus + 3) != inner.Length)
        {
            return text.Length;
        }
        foreach (char c in inner[..at])
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
            {
                return text.Length;
            }
        }
        module = inner[..at].ToString();
        return text[..open].TrimEnd(' ').Length;
    }

    private static bool TryAddress(ReadOnlySpan<char> text, int at, bool allowPlainHex, out int from, out int end, out ulong address)
    {
        bool bracket = at + 1 < text.Length && text[at] == '[' && text[at + 1] == '<';
        from = bracket ? at + 2 : at;
        int digits = from;
        bool prefixed = from + 2 < text.Length && text[from] == '0' && text[from + 1] == 'x';
        digits += prefixed ? 2 : 0;
        end = HexText.EndOfHex(text, digits);
        address = 0;
        if (!prefixed && !bracket && (!allowPlainHex || end - digits is not (8 or 16))
            || bracket && (end + 1 >= text.Length || text[end] != '>' || text[end + 1] != ']'))
        {
            return false;
        }
        if (!bracket && end < text.Length && (SymbolReferenceScanner.IsNameCharacter(text[end]) || text[end] == '+'))
        {
            return false;
        }
        return HexText.TryParse(text[digits..end], out address);
    }

    // Canonical user addresses of 64-bit machines. A 32-bit value says nothing without the kernel's split, and the first 4 GiB
    // hold NULL and its like.
    private static bool IsUserAddress(ulong address) => address is > 0xffff_ffff and <= 0x0000_ffff_ffff_ffff;

    private static SymbolReference Make(PrintkLine line, int from, int end, ulong address, LocationRole role, bool isReliable, bool isUserSpace)
    {
        int start = TerminalText.ToRawColumn(line, from);
        return new()
        {
            Start = start,
            Length = TerminalText.ToRawColumn(line, end - 1) + 1 - start,
            Address = address,
            IsReliable = isReliable,
            Role = role,
            IsUserSpace = isUserSpace,
        };
    }
}
