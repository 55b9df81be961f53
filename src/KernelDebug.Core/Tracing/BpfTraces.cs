namespace KernelDebug.Tracing;

/// <summary>A trace that runs beside the prompt.</summary>
/// <param name="Id">Its number in this process, from 1.</param>
/// <param name="Name">The name the user gave it, or one made of the number.</param>
/// <param name="Trace">The trace.</param>
public sealed record BpfTraceSession(int Id, string Name, BpfTrace Trace)
{
    /// <summary>How it is.</summary>
    public BpfTraceState State => Trace.State;

    /// <summary>Events that came, those still to be read included.</summary>
    public long ReceivedCount => Trace.ReceivedCount;

    /// <summary>Events that did not.</summary>
    public BpfTraceDrops Drops => Trace.Drops;

    /// <summary>When it was attached.</summary>
    public DateTimeOffset StartedAt => Trace.StartedAt;

    /// <summary>The object's file, or the source it was compiled from.</summary>
    public string Path => Trace.Path;

    /// <summary>The programs and what they are attached to.</summary>
    public IReadOnlyList<Bpf.BpfAttachment> Attachments => Trace.Attachments;

    /// <summary>The programs that are not called any more because the module they probed was unloaded.</summary>
    public IReadOnlyList<BpfDeadProbe> DeadProbes => Trace.DeadProbes;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The traces of this process that run beside the prompt.</summary>
public static class BpfTraces
{
    private static readonly Lock s_gate = new();
    private static readonly List<BpfTraceSession> s_sessions = [];
    private static int s_last;

    /// <summary>All that were not removed, by number.</summary>
    public static IReadOnlyList<BpfTraceSession> All
    {
        get
        {
            lock (s_gate)
            {
                return [.. s_sessions];
            }
        }
    }

    /// <summary>Takes a trace in.</summary>
    public static BpfTraceSession Add(BpfTrace trace, string? name)
    {
        lock (s_gate)
        {
            int id = ++s_last;
            var session = new BpfTraceSession(id, name ?? $"Trace{id}", trace);
            s_sessions.Add(session);
            return session;
        }
    }

    /// <summary>Forgets a stopped trace.</summary>
    public static void Remove(BpfTraceSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        lock (s_gate)
        {
            s_sessions.Remove(session);
        }
    }
}
