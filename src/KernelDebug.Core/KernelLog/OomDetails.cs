using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>What the OOM killer prints (<c>dump_header</c>, <c>dump_tasks</c>, <c>__oom_kill_process</c>, mm/oom_kill.c).</summary>
internal sealed class OomDetails
{
    private readonly List<OomTask> _tasks = [];
    private string[]? _columns;
    private string? _constraint;
    private int? _killedId;
    private string? _killedName;

    public OomReport? Report => _constraint is null && _killedId is null && _tasks.Count == 0 ? null : new OomReport(_constraint, _killedId, _killedName, _tasks);

    /// <summary>Reads a line; true where it is one of these.</summary>
    public bool Read(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("[  pid  ]", StringComparison.Ordinal) || text.StartsWith("[ pid ]", StringComparison.Ordinal))
        {
            // Kernels differ in their columns; the names do not.
            _columns = text[(text.IndexOf(']') + 1)..].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return true;
        }
        if (text.StartsWith("oom-kill:constraint=", StringComparison.Ordinal))
        {
            var rest = text["oom-kill:constraint=".Length..];
            int end = rest.IndexOf(',');
            _constraint = (end < 0 ? rest : rest[..end]).ToString();
            return true;
        }
        int killed = text.IndexOf("Killed process ", StringComparison.Ordinal);
        if (killed >= 0)
        {
            var rest = text[(killed + "Killed process ".Length)..];
            int open = rest.IndexOf('(');
            int close = rest.IndexOf(')');
            if (HexText.TryParseInt(rest, out int id) && open > 0 && close > open)
            {
                (_killedId, _killedName) = (id, rest[(open + 1)..close].ToString());
            }
            return true;
        }
        return _columns is not null && ReadRow(text);
    }

    private bool ReadRow(ReadOnlySpan<char> text)
    {
        int close = text.IndexOf(']');
        if (text[0] != '[' || close < 2 || !HexText.TryParseInt(text[1..close].TrimStart(' '), out int id))
        {
            return false;
        }
        string[] fields = text[(close + 1)..].ToString().Split(' ', _columns!.Length, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != _columns.Length)
        {
            return false;
        }
        long Field(string name) => Array.IndexOf(_columns, name) is >= 0 and var at && long.TryParse(fields[at], out long value) ? value : 0;
        if (_tasks.Count < LogLimits.MaxTasks)
        {
            _tasks.Add(new OomTask(id, Field("uid"), (int)Field("tgid"), Field("total_vm"), Field("rss"), (int)Field("oom_score_adj"), fields[^1]));
        }
        return true;
    }
}
