using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>Lines that shape a call trace: its header, the stacks' markers, the shape of a frame.</summary>
internal static class TraceMarker
{
    /// <summary><c>Call Trace:</c> (x86, powerpc, mips, riscv, s390), <c>Call trace:</c> (arm64, arm), <c>Backtrace:</c> (older arm), <c>stack backtrace:</c> (lockdep).</summary>
    public static bool IsHeader(ReadOnlySpan<char> text) =>
        text.StartsWith("Call Trace:", StringComparison.Ordinal) || text.StartsWith("Call trace:", StringComparison.Ordinal)
        || text.StartsWith("Backtrace:", StringComparison.Ordinal) || text.StartsWith("stack backtrace:", StringComparison.Ordinal) || text.StartsWith("Stack traceback", StringComparison.Ordinal)
        || IsBehindStack(text);

    // Linux 4.9 and before: the last line of the stack's words had no line end where another CPU printed meanwhile.
    private static bool IsBehindStack(ReadOnlySpan<char> text)
    {
        const string header = "Call Trace:";
        if (!text.EndsWith(header, StringComparison.Ordinal))
        {
            return false;
        }
        // The header's own "Ca" would pass for hex digits.
        var words = text[..^header.Length].TrimEnd(' ');
        int last = words.LastIndexOf(' ') + 1;
        return words.Length - last is 8 or 16 && HexText.EndOfHex(words, last) == words.Length && HexText.EndOfHex(words, 0) is 8 or 16;
    }

    /// <summary>
    /// Reads <c>&lt;IRQ&gt;</c>, <c>&lt;/IRQ&gt;</c>, <c>&lt;#DF&gt;</c> at the start of a message; in older kernels a frame stands behind it on the line.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> text, out TraceContext context, out bool closes)
    {
        context = TraceContext.None;
        closes = false;
        int end = text.IndexOf('>');
        if (end is < 3 or > 24 || text[0] != '<')
        {
            return false;
        }
        // Before Linux 4.9 x86 printed " <%s> " around what was "<EOE>" already.
        var name = text[text[1] == '<' ? 2..end : 1..end];
        if (name.IsEmpty)
        {
            return false;
        }
        closes = name[0] == '/';
        name = closes ? name[1..] : name;
        switch (name)
        {
            case "TASK":
                context = TraceContext.Task;
                return true;
            case "IRQ" or "HARDIRQ":
                context = TraceContext.Irq;
                return true;
            case "SOFTIRQ":
                context = TraceContext.SoftIrq;
                return true;
            case "NMI":
                context = TraceContext.Nmi;
                return true;
            case "EOI" or "EOE":
                closes = true;
                return true;
            default:
                context = TraceContext.Exception;
                return name.Length > 1 && (name[0] == '#' || name is "ENTRY_TRAMPOLINE" or "SYSENTER" or "OVERFLOW" or "unknown" or "VC" or "VC2");
        }
    }

    /// <summary>
    /// The place a frame's line names; null where the line is no frame. <c>X from Y</c> names the callee and the caller: the
    /// caller is the frame.
    /// </summary>
    public static SymbolReference? Frame(ReadOnlySpan<char> text, IReadOnlyList<SymbolReference> references)
    {
        if (references.Count == 0)
        {
            return null;
        }
        if (references[^1].Role == LocationRole.LinkRegister && text.Contains(" from ", StringComparison.Ordinal))
        {
            return references[^1];
        }
        var first = references[0];
        int at = first.Symbol is null ? text.IndexOf("0x", StringComparison.Ordinal) : text.IndexOf(first.Symbol, StringComparison.Ordinal);
        return IsFrameLead(at < 0 ? text[..Math.Min(1, text.Length)] : text[..at]) ? first : null;
    }

    // Addresses in brackets, "?", "(" and a stack's marker may stand before a frame's name; words may not.
    private static bool IsFrameLead(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char close = text[i] switch { '[' => ']', '<' => '>', _ => '\0' };
            if (close != '\0')
            {
                int length = text[i..].IndexOf(close);
                if (length < 0)
                {
                    // "[<" alone: the reference is the address inside.
                    continue;
                }
                i += length;
            }
            else if (text[i] is not (' ' or '\t' or '?' or '(') && !(text[i] == '>' && i > 0 && text[i - 1] == '>'))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>A line that gives the instruction pointer.</summary>
    public static bool IsPointerLine(ReadOnlySpan<char> text) =>
        text.StartsWith("RIP", StringComparison.Ordinal) && text.Length > 4 && text[3] is ':' or ' '
        || text.StartsWith("EIP", StringComparison.Ordinal) && text.Length > 4 && text[3] is ':' or ' '
        || text.StartsWith("IP: ", StringComparison.Ordinal)
        || text.StartsWith("pc : ", StringComparison.Ordinal) || text.StartsWith("PC is at ", StringComparison.Ordinal)
        || text.StartsWith("epc : ", StringComparison.Ordinal) || text.StartsWith("epc   : ", StringComparison.Ordinal)
        || text.StartsWith("NIP [", StringComparison.Ordinal) || text.StartsWith("Krnl PSW", StringComparison.Ordinal)
        || text.StartsWith("ERA: ", StringComparison.Ordinal);

    /// <summary>True where the pointer's segment is a user-space one; the kernel jumping to a user address (<c>0010:</c>) is still the kernel.</summary>
    public static bool IsUserMode(ReadOnlySpan<char> text, IReadOnlyList<SymbolReference> references)
    {
        int colon = text.IndexOf(':');
        var rest = colon < 0 ? default : text[(colon + 1)..].TrimStart(' ');
        if (rest.Length > 5 && rest[4] == ':' && HexText.TryParse(rest[..4], out ulong segment))
        {
            return ReferenceContext.IsUserSegment((int)segment);
        }
        // arm64 and others print user space's pointer bare, and the kernel's by %pS: with 0x where it has no name.
        return references.Count > 0 && references[0].IsUserSpace && !rest.StartsWith("0x", StringComparison.Ordinal);
    }
}
