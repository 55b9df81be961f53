namespace KernelDebug.Records;

/// <summary>A lock a report names, as lockdep prints it (<c>print_lock</c>, kernel/locking/lockdep.c).</summary>
/// <param name="Text">The line as printed, without its leading blanks.</param>
/// <param name="Class">The lock's class (<c>&amp;dev-&gt;mutex</c>, <c>rtnl_mutex</c>).</param>
/// <param name="ProcessId">The task that holds or wants it; null where not printed.</param>
/// <param name="Comm">Its name; null where not printed.</param>
/// <param name="Place">Where it was or would be taken; null where not printed.</param>
/// <param name="IsHeld">True where it is held, false where the task is trying to take it.</param>
public sealed record ReportedLock(string Text, string Class, int? ProcessId, string? Comm, SymbolReference? Place, bool IsHeld)
{
    /// <summary><c>held: rtnl_mutex at unregister_netdev</c>.</summary>
    public override string ToString() => $"{(IsHeld ? "held" : "wanted")}: {Class}{(Place?.Symbol is { } at ? $" at {at}" : "")}";
}

/// <summary>A row of the OOM killer's task table (<c>dump_task</c>, mm/oom_kill.c).</summary>
/// <param name="ProcessId">The process id.</param>
/// <param name="UserId">The user.</param>
/// <param name="ThreadGroupId">The thread group.</param>
/// <param name="VirtualPages">Pages of address space.</param>
/// <param name="ResidentPages">Pages in memory.</param>
/// <param name="OomScoreAdjust"><c>oom_score_adj</c>.</param>
/// <param name="Name">The task's name.</param>
public sealed record OomTask(int ProcessId, long UserId, int ThreadGroupId, long VirtualPages, long ResidentPages, int OomScoreAdjust, string Name);

/// <summary>What the OOM killer printed.</summary>
/// <param name="Constraint"><c>CONSTRAINT_NONE</c>, <c>CONSTRAINT_MEMCG</c>; null where not printed.</param>
/// <param name="KilledProcessId">Whom it killed; null where not printed.</param>
/// <param name="KilledName">Its name.</param>
/// <param name="Tasks">The tasks it chose from.</param>
public sealed record OomReport(string? Constraint, int? KilledProcessId, string? KilledName, IReadOnlyList<OomTask> Tasks);
