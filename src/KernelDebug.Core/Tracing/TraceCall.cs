using KernelDebug.Formatting;

namespace KernelDebug.Tracing;

/// <summary>A call of a traced function, with the calls of traced functions that were made during it.</summary>
/// <param name="Event">The call itself, with its arguments.</param>
/// <param name="Calls">Those within it, in order; of interrupts too, which come in the task that was running.</param>
public sealed record TraceCall(TraceEventObject Event, IReadOnlyList<TraceCall> Calls)
{
    private readonly TraceEventHeader _header = Event.GetHeader();

    /// <summary>The function.</summary>
    public string Function => Event.GetEventName();

    /// <summary>When it began, since the machine was started.</summary>
    public TimeSpan Time => _header.Time;

    /// <summary>How long it took.</summary>
    public TimeSpan Latency => new(LatencyNs / TimeSpan.NanosecondsPerTick);

    /// <summary>The same in nanoseconds.</summary>
    public long LatencyNs => (long)Event.GetMember(nameof(LatencyNs))!;

    /// <summary>What it returned; null for nothing.</summary>
    public object? Return => Event.GetMember(nameof(Return));

    /// <summary>The name of the error it returned; null for none.</summary>
    public string? Error => (string?)Event.GetMember(nameof(Error));

    /// <summary>The task's name.</summary>
    public string Task => _header.Task;

    /// <summary>The process.</summary>
    public int ProcessId => _header.ProcessId;

    /// <summary>The thread.</summary>
    public int ThreadId => _header.ThreadId;

    /// <summary>The processor where it began.</summary>
    public int Cpu => _header.Cpu;

    /// <summary>False where the call it was made in is missing: it went on when the trace ended, or was dropped.</summary>
    public bool IsOutermost { get; init; } = true;

    /// <summary>This call and all within it, with how deep each is in it.</summary>
    public IEnumerable<(TraceCall Call, int Depth)> Flatten()
    {
        var open = new Stack<(TraceCall Call, int Depth)>([(this, 0)]);
        while (open.TryPop(out (TraceCall Call, int Depth) next))
        {
            yield return next;
            for (int i = next.Call.Calls.Count - 1; i >= 0; i--)
            {
                open.Push((next.Call.Calls[i], next.Depth + 1));
            }
        }
    }

    /// <summary>The call as a line, its end first, since lines are cut: <c>vfs_read = -9 EBADF (count=512)</c>.</summary>
    public string ToLine()
    {
        string[] outcome = [nameof(Return), nameof(Error), nameof(Latency), nameof(LatencyNs)];
        string arguments = RecordFormatter.Line(Event.GetMembers().Where(member => !outcome.Contains(member.Key) && member.Value is not TraceStack));
        string returned = Return is { } value ? $" = {RecordFormatter.Value(value)}" : "";
        return $"{Function}{returned}{(Error is null ? "" : " " + Error)}{(arguments.Length == 0 ? "" : $" ({arguments})")}";
    }

    /// <summary>The whole tree, a line a call, each with how long it took before it.</summary>
    public override string ToString() => TraceCallFormatter.Text(this, int.MaxValue);
}
