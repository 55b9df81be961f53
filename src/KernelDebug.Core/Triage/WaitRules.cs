using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>What a task, a grace period or a CPU waits for.</summary>
internal static class WaitRules
{
    // What the innermost frames of a blocked task say it waits for.
    private static readonly (NamePattern[] Names, string What, string Source)[] s_waits =
    [
        (NamePattern.Parse("mutex_lock* __mutex_lock* ww_mutex_lock*"), "a mutex", "kernel/locking/mutex.c"),
        (NamePattern.Parse("rwsem_down_read* down_read* __down_read*"), "a read/write semaphore, to read", "kernel/locking/rwsem.c"),
        (NamePattern.Parse("rwsem_down_write* down_write* __down_write*"), "a read/write semaphore, to write", "kernel/locking/rwsem.c"),
        (NamePattern.Parse("percpu_rwsem_wait* percpu_down_write* __percpu_down_read*"), "a per-CPU read/write semaphore", "kernel/locking/percpu-rwsem.c"),
        (NamePattern.Parse("down __down down_timeout down_interruptible down_killable"), "a semaphore", "kernel/locking/semaphore.c"),
        (NamePattern.Parse("synchronize_rcu* __synchronize_srcu synchronize_srcu* synchronize_net rcu_barrier* wait_rcu_gp* __wait_rcu_gp"), "an RCU grace period", "kernel/rcu"),
        (NamePattern.Parse("folio_wait_bit* wait_on_page_bit* __lock_page* __folio_lock*"), "a page that is locked or being written", "mm/filemap.c"),
        (NamePattern.Parse("wait_on_bit* __wait_on_bit* out_of_line_wait_on_bit*"), "a bit of some object (a buffer or inode that is locked)", "kernel/sched/wait_bit.c"),
        (NamePattern.Parse("blk_mq_freeze_queue_wait* blk_mq_get_tag"), "a block queue", "block/blk-mq.c"),
        (NamePattern.Parse("__flush_work* flush_work* __flush_workqueue* flush_workqueue* __cancel_work*"), "work of a work queue to end", "kernel/workqueue.c"),
        (NamePattern.Parse("wait_for_completion* wait_for_common*"), "a completion", "kernel/sched/completion.c"),
        (NamePattern.Parse("io_schedule*"), "input or output", "io_schedule(), kernel/sched/core.c"),
    ];

    private static readonly NamePattern[] s_scheduler = NamePattern.Parse("*schedule* context_switch __switch_to* do_wait_for_common __wait_for_common bit_wait*");

    private static readonly NamePattern[] s_lockdepLocks = NamePattern.Parse("*mutex_lock* rwsem_down_* down_read* down_write* __down_read* __down_write*");

    public static DiagnosisRule[] All { get; } =
    [
        .. s_waits.Select(row => new DiagnosisRule("WaitsFor", $"{{0}} waits in {{1}} for {row.What}{{2}}.", row.Source, e => Waits(e, row.Names))),
        new("WaitsForOwner", "The kernel names the likely owner of the lock: {0}.", "debug_show_blocker(), kernel/hung_task.c (since v6.16)",
            e => e.Report.Kind == PanicKind.HungTask && e.Line(" likely owned by task ") is { } line ? [new Finding(line.TrimStart(), line[" likely owned by ".Length..].TrimEnd('.'))] : []),
        new("GracePeriodStarved", "RCU's own grace-period thread did not run for {0} jiffies: the stall may be of that thread and not of the CPUs listed.", "rcu_check_gp_kthread_starvation(), kernel/rcu/tree_stall.h",
            e => e.Report.Kind == PanicKind.RcuStall && e.Line("kthread starved for ") is { } line && CrashEvidence.NumberAfter(line, "starved for ") is { } jiffies ? [new Finding(line, $"{jiffies}")] : []),
        new("GracePeriodTimer", "The timer that wakes RCU's grace-period thread did not fire in time: timer interrupts may be what is missing.", "rcu_check_gp_kthread_expired_fqs_timer(), kernel/rcu/tree_stall.h",
            e => e.Report.Kind == PanicKind.RcuStall && e.Line("kthread timer wakeup didn't happen for ") is { } line ? [new Finding(line)] : []),
        new("GracePeriodAllSeen", "Every CPU has passed its quiescent state: only the grace-period thread has not taken note.", "print_other_cpu_stall(), kernel/rcu/tree_stall.h",
            e => e.Report.Kind == PanicKind.RcuStall && e.Line("All QSes seen, last ") is { } line ? [new Finding(line)] : []),
        new("GracePeriodOffline", "RCU's grace-period thread last ran on a CPU that is offline.", "rcu_check_gp_kthread_starvation(), kernel/rcu/tree_stall.h",
            e => e.Report.Kind == PanicKind.RcuStall && e.Line("RCU GP kthread last ran on offline CPU ") is { } line ? [new Finding(line)] : []),
    ];

    private static IEnumerable<Finding> Waits(CrashEvidence e, NamePattern[] names)
    {
        if (e.Report.Kind != PanicKind.HungTask)
        {
            yield break;
        }
        // The first function that is not the scheduler's decides, whichever row it is of.
        TraceFrame? frame = e.Report.CallTrace.FirstOrDefault(f => f is { IsReliable: true, Symbol: not null } && !IsScheduler(f.Symbol));
        if (frame is null && e.Report.CallTrace.FirstOrDefault(f => f is { IsReliable: true, Symbol: { } s } && s.StartsWith("io_schedule", StringComparison.Ordinal)) is { } io)
        {
            frame = io;
        }
        if (frame?.Symbol is { } symbol && NamePattern.Any(names, FunctionName.WithoutSuffix(symbol)))
        {
            (string task, long? id) = Task(e.Report.Headline);
            yield return new Finding($"{frame} (line {frame.LineNumber})", task, FunctionName.WithoutSuffix(symbol), Wanted(e.Report, id) is { } wanted ? $", {wanted.Class}" : "");
        }
    }

    // "INFO: task kworker/0:1:77 blocked for more than 143 seconds.": the report's CPU: line is of the thread that found it.
    private static (string Comm, long? Id) Task(string headline)
    {
        int start = headline.IndexOf("task ", StringComparison.Ordinal) + "task ".Length;
        int end = headline.IndexOf(" blocked ", StringComparison.Ordinal);
        int colon = end < 0 ? -1 : headline.LastIndexOf(':', end);
        return colon > start ? (headline[start..colon], CrashEvidence.Number(headline.AsSpan(colon + 1))) : ("The task", null);
    }

    // lockdep lists a mutex or rwsem as soon as it is wanted, so the last of the task's own is the wanted one if it was taken where the
    // trace enters the lock's code.
    private static ReportedLock? Wanted(PanicTrace report, long? id)
    {
        TraceFrame? caller = report.CallTrace.Where(f => f is { IsReliable: true, Symbol: not null }).SkipWhile(f => !IsLock(f)).SkipWhile(IsLock).FirstOrDefault();
        ReportedLock? last = id is null ? null : report.Locks.LastOrDefault(l => l.ProcessId == id && l.IsHeld);
        return caller is not null && last?.Place?.Symbol == caller.Symbol ? last : null;
    }

    private static bool IsLock(TraceFrame frame) => NamePattern.Any(s_lockdepLocks, FunctionName.WithoutSuffix(frame.Symbol!));

    private static bool IsScheduler(string symbol) => NamePattern.Any(s_scheduler, FunctionName.WithoutSuffix(symbol));
}
