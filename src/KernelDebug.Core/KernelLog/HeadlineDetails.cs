namespace KernelDebug.KernelLog;

/// <summary>What a headline says besides its kind: the source place the kernel names, the CPU and the task.</summary>
internal readonly record struct HeadlineDetails(string? File, int? Line, int? Cpu, int? ProcessId, string? Comm)
{
    public static HeadlineDetails Read(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("kernel BUG at ", StringComparison.Ordinal))
        {
            return Place(text["kernel BUG at ".Length..].TrimEnd("! "));
        }
        if (text.StartsWith("WARNING: CPU: ", StringComparison.Ordinal))
        {
            var place = Place(After(text, " at "));
            return place with { Cpu = Number(text["WARNING: CPU: ".Length..]), ProcessId = Number(After(text, " PID: ")) };
        }
        if (text.StartsWith("WARNING: at ", StringComparison.Ordinal) && !text.Contains(", CPU#", StringComparison.Ordinal))
        {
            return Place(text["WARNING: at ".Length..]);
        }
        if (text.StartsWith("WARNING: ", StringComparison.Ordinal))
        {
            // "WARNING: kernel/x.c:1 at func+0x1/0x2, CPU#0: sh/119".
            var cpu = After(text, ", CPU#");
            var task = After(cpu, ": ");
            return Place(text["WARNING: ".Length..]) with { Cpu = Number(cpu), ProcessId = NumberAfterLast(task, '/'), Comm = BeforeLast(task, '/') };
        }
        if (text.StartsWith("UBSAN: ", StringComparison.Ordinal))
        {
            var place = After(text, " in ");
            int column = place.LastIndexOf(':');
            return Place(column > 0 && place[..column].Contains(':') ? place[..column] : place);
        }
        if (text.StartsWith("BUG: sleeping function", StringComparison.Ordinal))
        {
            return Place(After(text, " at "));
        }
        if (text.StartsWith("BUG: scheduling while atomic: ", StringComparison.Ordinal))
        {
            // "comm/pid/0x00000002".
            var task = text["BUG: scheduling while atomic: ".Length..];
            int preempt = task.LastIndexOf('/');
            task = preempt < 0 ? task : task[..preempt];
            return new(null, null, null, NumberAfterLast(task, '/'), BeforeLast(task, '/'));
        }
        if (text.Contains("soft lockup", StringComparison.Ordinal))
        {
            var task = After(text, "! [").TrimEnd("] ");
            return new(null, null, Number(After(text, "CPU#")), NumberAfterLast(task, ':'), BeforeLast(task, ':'));
        }
        if (text.StartsWith("INFO: task ", StringComparison.Ordinal))
        {
            int blocked = text.IndexOf(" blocked ", StringComparison.Ordinal);
            var task = blocked < 0 ? default : text["INFO: task ".Length..blocked];
            return new(null, null, null, NumberAfterLast(task, ':'), BeforeLast(task, ':'));
        }
        return default;
    }

    // "mm/slub.c:419" up to a blank.
    private static HeadlineDetails Place(ReadOnlySpan<char> text)
    {
        int space = text.IndexOf(' ');
        text = space < 0 ? text : text[..space];
        int colon = text.LastIndexOf(':');
        return colon > 0 && Number(text[(colon + 1)..]) is int line ? new(text[..colon].ToString(), line, null, null, null) : default;
    }

    private static ReadOnlySpan<char> After(ReadOnlySpan<char> text, string mark)
    {
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? default : text[(at + mark.Length)..];
    }

    private static int? Number(ReadOnlySpan<char> text) => HexText.TryParseInt(text, out int value) ? value : null;

    private static int? NumberAfterLast(ReadOnlySpan<char> text, char mark) => text.LastIndexOf(mark) is >= 0 and int at ? Number(text[(at + 1)..]) : null;

    private static string? BeforeLast(ReadOnlySpan<char> text, char mark) => text.LastIndexOf(mark) is > 0 and int at ? text[..at].ToString() : null;
}
