namespace KernelDebug.KernelLog;

/// <summary>
/// Register lines of x86, arm, arm64, riscv, powerpc, s390, mips and loongarch: pairs of a known name and a hex value.
/// </summary>
internal static class RegisterLine
{
    /// <summary>
    /// Adds a line's registers that are not there yet. True where the line is a register line at all: its first word is a
    /// register's name.
    /// </summary>
    public static bool Read(ReadOnlySpan<char> text, Dictionary<string, ulong>? registers)
    {
        if (TryNumbered(text, registers) || registers is not null && (TryContinued(text, registers) || TryPairs(text, registers)))
        {
            return true;
        }
        bool any = false;
        for (int at = 0; at < text.Length;)
        {
            int name = SymbolReferenceScanner.EndOfBlanks(text, at);
            int end = name;
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_'))
            {
                end++;
            }
            int colon = SymbolReferenceScanner.EndOfBlanks(text, end);
            if (end == name || end - name > 8 || colon >= text.Length || text[colon] != ':' || !IsRegister(text[name..end]))
            {
                if (!any)
                {
                    return false;
                }
                // Words of flags between the pairs: "(nZCv daif)", "<SF,EE>".
                at = Math.Max(end, name + 1);
                while (at < text.Length && text[at] != ' ')
                {
                    at++;
                }
                continue;
            }
            at = SymbolReferenceScanner.EndOfBlanks(text, colon + 1);
            at = SkipSegment(text, at);
            // arm: "pc : [<bf000580>]    lr : [<bf0002a0>]    psr: a0010013".
            bool isBracketed = text[at..].StartsWith("[<", StringComparison.Ordinal);
            int digits = isBracketed || text[at..].StartsWith("0x", StringComparison.Ordinal) ? at + 2 : at;
            int valueEnd = HexText.EndOfHex(text, digits);
            if (!HexText.TryParse(text[digits..valueEnd], out ulong value)
                || (isBracketed ? !text[valueEnd..].StartsWith(">]", StringComparison.Ordinal) : valueEnd < text.Length && text[valueEnd] is not (' ' or '\t' or '(')))
            {
                return any;
            }
            valueEnd += isBracketed ? 2 : 0;
            any = true;
            if (registers is not null && registers.Count < LogLimits.MaxRegisters)
            {
                registers.TryAdd(text[name..end].ToString(), value);
            }
            at = valueEnd;
            if (at < text.Length && text[at] == '(')
            {
                int close = text[at..].IndexOf(')');
                at = close < 0 ? text.Length : at + close + 1;
            }
        }
        return any;
    }

    // "0018:ffffd17a8044bbb0".
    private static int SkipSegment(ReadOnlySpan<char> text, int at) =>
        at + 5 < text.Length && text[at + 4] == ':' && HexText.EndOfHex(text, at) == at + 4 ? at + 5 : at;

    // powerpc "GPR00: a b c d", s390 "Krnl GPRS: a b c d", mips "$ 0   : a b c d": the names count on.
    private static bool TryNumbered(ReadOnlySpan<char> text, Dictionary<string, ulong>? registers)
    {
        string prefix;
        int first;
        int at = text.IndexOf(':') + 1;
        if (text.StartsWith("GPR", StringComparison.Ordinal) && text.Length > 6 && text[5] == ':' && HexText.TryParseInt(text[3..5], out first))
        {
            prefix = "GPR";
        }
        else if (text.StartsWith("Krnl PSW :", StringComparison.Ordinal) && registers is not null)
        {
            return TryStatusWord(text["Krnl PSW :".Length..], registers);
        }
        else if (text.StartsWith("Krnl GPRS:", StringComparison.Ordinal))
        {
            (prefix, first) = ("R", 0);
        }
        else if (text.Length > 6 && text[0] == '$' && at is > 2 and < 10 && HexText.TryParseInt(text[1..], out first))
        {
            prefix = "$";
        }
        else
        {
            return false;
        }
        foreach (var range in text[at..].Split(' '))
        {
            if (HexText.TryParse(text[at..][range], out ulong value) && registers is not null && registers.Count < LogLimits.MaxRegisters)
            {
                registers.TryAdd(prefix == "GPR" ? $"GPR{first:00}" : $"{prefix}{first}", value);
                first++;
            }
        }
        return true;
    }

    // loongarch: "a0 000000000000002e a1 0000000000000087 a2 0000000000000008 a3 0000000000000000".
    private static bool TryPairs(ReadOnlySpan<char> text, Dictionary<string, ulong> registers)
    {
        const int width = 16;
        var rest = text;
        for (int count = 0; ; count++)
        {
            int space = rest.IndexOf(' ');
            if (space is not 2 || rest.Length < 3 + width || HexText.EndOfHex(rest, 3) != 3 + width
                || rest[..2] is not ("pc" or "ra" or "tp" or "sp" or "u0") && !IsRegister(rest[..2])
                || !HexText.TryParse(rest.Slice(3, width), out ulong value))
            {
                return false;
            }
            if (registers.Count < LogLimits.MaxRegisters)
            {
                registers.TryAdd(rest[..2].ToString(), value);
            }
            rest = rest[(3 + width)..].TrimStart(' ');
            if (rest.IsEmpty)
            {
                return count > 0;
            }
        }
    }

    // s390's program status word: a mask and an address (psw_t, arch/s390/include/uapi/asm/ptrace.h).
    private static bool TryStatusWord(ReadOnlySpan<char> text, Dictionary<string, ulong> registers)
    {
        text = text.TrimStart(' ');
        int mask = HexText.EndOfHex(text, 0);
        int address = HexText.EndOfHex(text, Math.Min(mask + 1, text.Length));
        if (address <= mask + 1 || !HexText.TryParse(text[..mask], out ulong maskValue) || !HexText.TryParse(text[(mask + 1)..address], out ulong addressValue))
        {
            return false;
        }
        registers.TryAdd("PSWM", maskValue);
        registers.TryAdd("PSWA", addressValue);
        return true;
    }

    // s390 prints four to a line, and the name on the first alone.
    private static bool TryContinued(ReadOnlySpan<char> text, Dictionary<string, ulong> registers)
    {
        int next = 4;
        while (next < 16 && registers.ContainsKey($"R{next}"))
        {
            next += 4;
        }
        if (next == 16 || !registers.ContainsKey("R0") || text.Length is not (4 * 16 + 3 or 4 * 8 + 3))
        {
            return false;
        }
        int width = (text.Length - 3) / 4;
        Span<ulong> values = stackalloc ulong[4];
        for (int i = 0; i < 4; i++)
        {
            int at = i * (width + 1);
            if (!HexText.TryParse(text.Slice(at, width), out values[i]) || i < 3 && text[at + width] != ' ')
            {
                return false;
            }
        }
        for (int i = 0; i < 4; i++)
        {
            registers.TryAdd($"R{next + i}", values[i]);
        }
        return true;
    }

    private static bool IsRegister(ReadOnlySpan<char> name) => name switch
    {
        "RAX" or "RBX" or "RCX" or "RDX" or "RSI" or "RDI" or "RBP" or "RSP" or "R08" or "R09" or "R10" or "R11" or "R12" or "R13" or "R14"
            or "R15" or "EFLAGS" or "RFLAGS" or "ORIG_RAX" or "FS" or "GS" or "knlGS" or "CS" or "DS" or "ES" or "SS" or "PKRU" => true,
        "EAX" or "EBX" or "ECX" or "EDX" or "ESI" or "EDI" or "EBP" or "ESP" or "ORIG_EAX" => true,
        "CR0" or "CR2" or "CR3" or "CR4" or "CR8" or "DR0" or "DR1" or "DR2" or "DR3" or "DR6" or "DR7" => true,
        "pc" or "lr" or "sp" or "fp" or "ip" or "pstate" or "psr" or "gp" or "tp" or "ra" or "epc" or "status" or "badaddr" or "cause" or "orig_a0" => true,
        "NIP" or "LR" or "CTR" or "MSR" or "CR" or "XER" or "CFAR" or "DAR" or "DSISR" or "IRQMASK" or "DEAR" or "ESR" => true,
        "Control" or "Table" or "DAC" or "Status" or "Cause" or "BadVA" or "Hi" or "Lo" or "ERA" or "CRMD" or "PRMD" or "EUEN" or "ECFG" or "ESTAT" or "BADV" => true,
        _ => name.Length is 2 or 3 && name[0] is 'x' or 'r' or 'a' or 's' or 't' && HexText.EndOfDigits(name, 1) == name.Length,
    };
}
