using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// The <c>CPU: 1 PID: 119 Comm: sh Tainted: G OE 6.1.0-56-amd64 #1</c> line (<c>dump_stack_print_info</c>, lib/dump_stack.c;
/// newer kernels have <c>UID:</c> in it), hung_task's <c>Tainted: ...</c> line, and sched's <c>task:sh state:D ... pid:120</c>.
/// </summary>
internal sealed record TaskHeader
{
    public int? Cpu { get; init; }
    public int? ProcessId { get; init; }
    public string? Comm { get; init; }
    public TaintState? Taint { get; init; }
    public string? Release { get; init; }
    public string? Version { get; init; }
    public string? BuildId { get; init; }

    /// <summary>Reads a <c>CPU:</c> line, or the <c>Pid: 1, comm: x</c> of old kernels. <paramref name="text"/> has no leading blanks.</summary>
    public static TaskHeader? TryParse(ReadOnlySpan<char> text)
    {
        int? cpu = null;
        int? pid = null;
        int comm;
        if (text.StartsWith("CPU: ", StringComparison.Ordinal))
        {
            int pidAt = text.IndexOf(" PID: ", StringComparison.Ordinal);
            comm = text.IndexOf(" Comm: ", StringComparison.Ordinal);
            if (pidAt < 0 || comm < pidAt || !HexText.TryParseInt(text[5..], out int number) || !HexText.TryParseInt(text[(pidAt + 6)..], out int id))
            {
                return null;
            }
            (cpu, pid) = (number, id);
            comm += " Comm: ".Length;
        }
        else if (text.StartsWith("Pid: ", StringComparison.Ordinal))
        {
            comm = text.IndexOf(", comm: ", StringComparison.Ordinal);
            if (comm < 0 || !HexText.TryParseInt(text[5..], out int id))
            {
                return null;
            }
            pid = id;
            comm += ", comm: ".Length;
        }
        else
        {
            return null;
        }
        var rest = text[comm..];
        int taint = rest.IndexOf(" Tainted: ", StringComparison.Ordinal);
        taint = taint < 0 ? rest.IndexOf(" Not tainted", StringComparison.Ordinal) : taint;
        var name = taint < 0 ? rest : rest[..taint];
        const string kdump = " Kdump: loaded";
        name = name.EndsWith(kdump, StringComparison.Ordinal) ? name[..^kdump.Length] : name;
        var header = taint < 0 ? new TaskHeader() : TryParseTaint(rest[(taint + 1)..]) ?? new TaskHeader();
        return header with { Cpu = cpu, ProcessId = pid, Comm = name.Trim(' ').ToString() };
    }

    /// <summary>Reads <c>Tainted: G OE 6.1.0-56-amd64 #1 ...</c> or <c>Not tainted 6.1.0</c>.</summary>
    public static TaskHeader? TryParseTaint(ReadOnlySpan<char> text)
    {
        if (!TaintFlags.TryParse(text, out var taint, out var rest))
        {
            return null;
        }
        int end = rest.IndexOf(' ');
        var release = end < 0 ? rest : rest[..end];
        var last = rest.TrimEnd(' ');
        last = last[(last.LastIndexOf(' ') + 1)..];
        string? buildId = last.Length is 40 or 32 && HexText.EndOfHex(last, 0) == last.Length ? last.ToString().ToLowerInvariant() : null;
        var version = end < 0 ? default : rest[end..].TrimEnd(' ');
        version = (buildId is null ? version : version[..^last.Length]).Trim(' ');
        return new TaskHeader
        {
            Taint = taint,
            Release = release.IsEmpty || !char.IsAsciiDigit(release[0]) ? null : release.ToString(),
            Version = version.IsEmpty || version[0] != '#' ? null : version.ToString(),
            BuildId = buildId,
        };
    }

    /// <summary>Reads <c>task:sh              state:D stack:0     pid:120   ppid:102    flags:0x00000002</c> (<c>sched_show_task</c>).</summary>
    public static TaskHeader? TryParseTask(ReadOnlySpan<char> text)
    {
        int state = text.IndexOf(" state:", StringComparison.Ordinal);
        if (!text.StartsWith("task:", StringComparison.Ordinal) || state < 0)
        {
            return null;
        }
        int pid = text[state..].IndexOf(" pid:", StringComparison.Ordinal);
        return new TaskHeader
        {
            Comm = text[5..state].Trim(' ').ToString(),
            ProcessId = pid >= 0 && HexText.TryParseInt(text[(state + pid + 5)..], out int id) ? id : null,
        };
    }
}
