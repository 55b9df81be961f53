namespace KernelDebug.KernelLog;

/// <summary>
/// The CPU and task that phone makers' kernels print behind the stamp: <c>c2 </c> and <c>c0 1 (swapper/0) </c> (older Samsung and
/// Marvell), <c> [2:    kworker/2:1:  105] </c> (Samsung), <c>-(0)[1:swapper/0]</c> (MediaTek).
/// </summary>
internal static class VendorContext
{
    private const int Longest = 64;

    /// <summary>Column behind it; <paramref name="at"/> where there is none.</summary>
    public static int End(ReadOnlySpan<char> line, int at)
    {
        var text = line[at..];
        text = text[..Math.Min(text.Length, Longest)];
        if (text.IsEmpty)
        {
            return at;
        }
        return at + text[0] switch
        {
            'c' => EndOfCpu(text),
            ' ' or '[' => Math.Max(EndOfSamsung(text), EndOfMediaTek(text)),
            '-' or '.' or '(' => EndOfMediaTek(text),
            _ => 0,
        };
    }

    // "c0 ", "c0 1 (swapper/0) "
    private static int EndOfCpu(ReadOnlySpan<char> text)
    {
        int cpu = HexText.EndOfDigits(text, 1);
        if (cpu is < 2 or > 3 || cpu >= text.Length || text[cpu] != ' ')
        {
            return 0;
        }
        int id = HexText.EndOfDigits(text, cpu + 1);
        int close = text.IndexOf(") ");
        return id > cpu + 1 && text[id..].StartsWith(" (") && close > id ? close + 2 : cpu + 1;
    }

    // " [2:    kworker/2:1:  105] ": the task's name may hold colons, its number is the last.
    private static int EndOfSamsung(ReadOnlySpan<char> text)
    {
        int open = text[0] == ' ' ? 1 : 0;
        int close = text.IndexOf("] ");
        if (open >= text.Length || text[open] != '[' || close < 0)
        {
            return 0;
        }
        var inner = text[(open + 1)..close];
        int cpu = HexText.EndOfDigits(inner, 0);
        int last = inner.LastIndexOf(':');
        var number = inner[(last + 1)..].Trim(' ');
        return cpu > 0 && cpu < last && inner[cpu] == ':' && number.Length > 0 && HexText.EndOfDigits(number, 0) == number.Length ? close + 2 : 0;
    }

    // "-(0)[1:swapper/0]": a dash where interrupts are off, else a dot or a blank.
    private static int EndOfMediaTek(ReadOnlySpan<char> text)
    {
        int open = text[0] == '(' ? 0 : 1;
        if (open >= text.Length || text[open] != '(')
        {
            return 0;
        }
        int cpu = HexText.EndOfDigits(text, open + 1);
        if (cpu == open + 1 || !text[cpu..].StartsWith(")["))
        {
            return 0;
        }
        int id = HexText.EndOfDigits(text, cpu + 2);
        int close = text[id..].IndexOf(']');
        return id > cpu + 2 && id < text.Length && text[id] == ':' && close > 0 ? id + close + 1 : 0;
    }
}
