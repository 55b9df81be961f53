using KernelDebug.Records;
using static KernelDebug.KernelLog.ReportEnd;
using static KernelDebug.KernelLog.ReportSeverity;
using static KernelDebug.KernelLog.TitleFunction;

namespace KernelDebug.KernelLog;

/// <summary>The kinds of reports, in the order they are tried: the first row that matches wins, so the narrow stand before the wide.</summary>
public static class ReportKinds
{
    /// <summary>A stack dump without a headline.</summary>
    public static ReportKind StackDump { get; } = new("", PanicKind.StackDump, Notice, "stack dump in {f}") { Function = TitleFunction.CallTrace };

    /// <summary>A report between <c>cut here</c> and <c>end trace</c> whose headline is missing or not known.</summary>
    public static ReportKind Unknown { get; } = new("", PanicKind.Unknown, ReportSeverity.Warning, "unknown report in {f}") { End = EndMarker };

    /// <summary>The rows.</summary>
    public static IReadOnlyList<ReportKind> All => _all;

    private static readonly ReportKind[] _all =
    [
        // Sanitizers: lib/kasan, mm/kmsan, kernel/kcsan, mm/kfence, lib/ubsan.c.
        new("BUG: KASAN: ", PanicKind.Sanitizer, Error, "KASAN: {m}{a} in {f}") { Function = Headline, End = Separator },
        new("BUG: KMSAN: ", PanicKind.Sanitizer, Error, "KMSAN: {m} in {f}") { Function = Headline, End = Separator, HasHeaderlessTrace = true },
        new("BUG: KCSAN: ", PanicKind.Sanitizer, ReportSeverity.Warning, "KCSAN: {m}") { Function = Headline, End = Separator, HasHeaderlessTrace = true },
        new("BUG: KFENCE: ", PanicKind.Sanitizer, Error, "KFENCE: {m} in {f}") { Function = Headline, End = Separator, HasHeaderlessTrace = true },
        new("UBSAN: ", PanicKind.Sanitizer, ReportSeverity.Warning, "UBSAN: {m} in {f}") { Contains = " in ", Function = TitleFunction.CallTrace, End = Separator },

        // BUG(): lib/bug.c.
        new("kernel BUG at ", PanicKind.Bug, Error, "kernel BUG in {f}") { Contains = ":", End = EndMarker },

        // Page faults: arch/x86/mm/fault.c (both ages), arch/arm*/mm/fault.c, arch/riscv/mm/fault.c, arch/powerpc/mm/fault.c, arch/s390/mm/fault.c.
        new("BUG: kernel NULL pointer dereference", PanicKind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("BUG: unable to handle kernel NULL pointer dereference", PanicKind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("BUG: Kernel NULL pointer dereference", PanicKind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("Unable to handle kernel NULL pointer dereference", PanicKind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("BUG: unable to handle page fault for address", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("BUG: unable to handle kernel paging request", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("BUG: Unable to handle kernel data access", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("BUG: Unable to handle kernel instruction fetch", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel paging request", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel access", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel read from unreadable memory", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel write to read-only memory", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel execut", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel pointer dereference", PanicKind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("CPU ", PanicKind.PageFault, Error, PagingTitle) { Contains = " Unable to handle kernel paging request", End = EndMarker },

        // x86 traps: arch/x86/kernel/traps.c; newer kernels put "Oops: " before them.
        new("general protection fault", PanicKind.GeneralProtectionFault, Error, "general protection fault in {f}") { Contains = "[#", End = EndMarker },
        new("Oops: general protection fault", PanicKind.GeneralProtectionFault, Error, "general protection fault in {f}") { Contains = "[#", End = EndMarker },
        new("divide error", PanicKind.DivideError, Error, "divide error in {f}") { Contains = "[#", End = EndMarker },
        new("Oops: divide error", PanicKind.DivideError, Error, "divide error in {f}") { Contains = "[#", End = EndMarker },
        new("BUG: TASK stack guard page was hit", PanicKind.Oops, Error, "BUG: stack guard page was hit in {f}") { End = EndMarker },
        new("BUG: IRQ stack guard page was hit", PanicKind.Oops, Error, "BUG: stack guard page was hit in {f}") { End = EndMarker },
        new("BUG: stack guard page was hit", PanicKind.Oops, Error, "BUG: stack guard page was hit in {f}") { End = EndMarker },
        new("invalid opcode", PanicKind.InvalidOpcode, Error, "invalid opcode in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("Oops: invalid opcode", PanicKind.InvalidOpcode, Error, "invalid opcode in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("stack guard page", PanicKind.Oops, Error, "BUG: stack guard page was hit in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("traps: PANIC: double fault", PanicKind.Oops, Fatal, "PANIC: double fault in {f}") { End = EndMarker },
        new("PANIC: double fault", PanicKind.Oops, Fatal, "PANIC: double fault in {f}") { End = EndMarker },
        new("double fault", PanicKind.Oops, Error, "PANIC: double fault in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("Internal error: ", PanicKind.Oops, Error, "Internal error in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("Oops", PanicKind.Oops, Error, "Oops in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("Kernel BUG", PanicKind.Bug, Error, "kernel BUG in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },

        // WARN(): kernel/panic.c; the second form since Linux kernel commit 28ea295f941e (in v6.19).
        new("WARNING: CPU: ", PanicKind.Warning, ReportSeverity.Warning, "WARNING in {f}") { Contains = " PID: ", End = EndMarker },
        new("WARNING: ", PanicKind.Warning, ReportSeverity.Warning, "WARNING in {f}") { Contains = ", CPU#", Function = Headline, End = EndMarker },
        new("WARNING: at ", PanicKind.Warning, ReportSeverity.Warning, "WARNING in {f}") { Contains = ":", Function = Headline, End = EndMarker },

        // lockdep: kernel/locking/lockdep.c.
        new("WARNING: possible circular locking dependency detected", PanicKind.StackDump, ReportSeverity.Warning, DeadlockTitle) { Function = TitleFunction.CallTrace, HasManyTraces = true },
        new("WARNING: possible recursive locking detected", PanicKind.StackDump, ReportSeverity.Warning, DeadlockTitle) { Function = TitleFunction.CallTrace, HasManyTraces = true },
        new("WARNING: possible irq lock inversion dependency detected", PanicKind.StackDump, ReportSeverity.Warning, DeadlockTitle) { Function = TitleFunction.CallTrace, HasManyTraces = true },
        new("WARNING: inconsistent lock state", PanicKind.StackDump, ReportSeverity.Warning, "inconsistent lock state in {f}") { Function = TitleFunction.CallTrace, HasManyTraces = true },
        new("WARNING: suspicious RCU usage", PanicKind.StackDump, ReportSeverity.Warning, "WARNING: suspicious RCU usage in {f}") { Function = TitleFunction.CallTrace, HasManyTraces = true },
        new("WARNING: bad unlock balance detected", PanicKind.StackDump, ReportSeverity.Warning, "WARNING: bad unlock balance in {f}") { Function = TitleFunction.CallTrace, HasManyTraces = true },

        // The same before Linux kernel commit a5dd63efda3d ("lockdep: Use "WARNING" tag on lockdep splats") (in v4.11).
        new("[ INFO: possible ", PanicKind.StackDump, ReportSeverity.Warning, DeadlockTitle) { Contains = "lock", Function = TitleFunction.CallTrace, HasManyTraces = true },
        new("[ INFO: inconsistent lock state", PanicKind.StackDump, ReportSeverity.Warning, "inconsistent lock state in {f}") { Function = TitleFunction.CallTrace, HasManyTraces = true },
        new("[ INFO: suspicious RCU usage", PanicKind.StackDump, ReportSeverity.Warning, "WARNING: suspicious RCU usage in {f}") { Function = TitleFunction.CallTrace, HasManyTraces = true },
        new("[ BUG: bad unlock balance detected", PanicKind.StackDump, ReportSeverity.Warning, "WARNING: bad unlock balance in {f}") { Function = TitleFunction.CallTrace, HasManyTraces = true },

        // Watchdogs: kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, kernel/workqueue.c.
        new("watchdog: BUG: soft lockup", PanicKind.Lockup, Error, "BUG: soft lockup in {f}"),
        new("NMI watchdog: BUG: soft lockup", PanicKind.Lockup, Error, "BUG: soft lockup in {f}"),
        new("BUG: soft lockup", PanicKind.Lockup, Error, "BUG: soft lockup in {f}"),
        new("watchdog: Watchdog detected hard LOCKUP", PanicKind.Lockup, Error, "BUG: hard lockup in {f}"),
        new("NMI watchdog: Watchdog detected hard LOCKUP", PanicKind.Lockup, Error, "BUG: hard lockup in {f}"),
        new("watchdog: CPU", PanicKind.Lockup, Error, "BUG: hard lockup in {f}") { Contains = "hard LOCKUP" },
        new("INFO: task ", PanicKind.Lockup, Error, "INFO: task hung in {f}") { Contains = " blocked ", Function = TitleFunction.CallTrace },
        new("rcu: INFO: ", PanicKind.Lockup, Error, StallTitle) { Contains = "stall", HasManyTraces = true },
        new("INFO: rcu_", PanicKind.Lockup, Error, StallTitle) { Contains = "stall", HasManyTraces = true },
        new("BUG: workqueue lockup", PanicKind.Lockup, Error, "BUG: workqueue lockup") { HasManyTraces = true },

        // Other BUG: lines with a stack: kernel/sched/core.c, mm/.
        new("BUG: scheduling while atomic: ", PanicKind.StackDump, Error, "BUG: scheduling while atomic in {f}") { Function = TitleFunction.CallTrace },
        new("BUG: sleeping function called from invalid context", PanicKind.StackDump, Error, "BUG: sleeping function called from invalid context in {f}") { Function = TitleFunction.CallTrace },
        new("BUG: using ", PanicKind.StackDump, ReportSeverity.Warning, "BUG: using smp_processor_id() in preemptible code in {f}") { Contains = " in preemptible ", Function = TitleFunction.CallTrace },
        new("BUG: Bad page state", PanicKind.StackDump, Error, "BUG: bad page state") { Function = TitleFunction.CallTrace },
        new("BUG: Bad page map", PanicKind.StackDump, Error, "BUG: bad page map") { Function = TitleFunction.CallTrace },
        new("BUG: spinlock ", PanicKind.StackDump, Error, "BUG: spinlock {m} in {f}") { Function = TitleFunction.CallTrace },

        // panic(): kernel/panic.c.
        new("Kernel panic - not syncing: stack-protector:", PanicKind.Panic, Fatal, "kernel panic: stack is corrupted in {f}") { Function = Headline, End = Halt },
        new(PanicPrefix, PanicKind.Panic, Fatal, "kernel panic: {m}") { End = Halt },
    ];

    /// <summary>How <c>panic()</c> begins.</summary>
    public const string PanicPrefix = "Kernel panic - not syncing: ";

    private const string NullTitle = "BUG: unable to handle kernel NULL pointer dereference in {f}";
    private const string PagingTitle = "BUG: unable to handle kernel paging request in {f}";
    private const string DeadlockTitle = "possible deadlock in {f}";
    private const string StallTitle = "INFO: rcu detected stall in {f}";

    // Panics that a report before them brought about: part of that report, not one of their own.
    private static readonly string[] _consequences =
    [
        "Fatal exception", "panic_on_warn set", "kernel: panic_on_warn set", "KASAN: panic_on_warn set", "UBSAN: panic_on_warn set",
        "kasan.fault=panic set", "kmsan.panic set", "softlockup: hung tasks", "hung_task: blocked tasks", "RCU Stall", "Hard LOCKUP",
        "Aiee, killing interrupt handler", "Attempted to kill init", "Attempted to kill the idle task", "Oops", "scheduling while atomic",
    ];

    /// <summary>The kind whose report a message begins; null for any other message.</summary>
    /// <param name="message">The message without leading blanks.</param>
    public static ReportKind? Find(ReadOnlySpan<char> message)
    {
        foreach (var kind in _all)
        {
            if (kind.Matches(message))
            {
                return kind;
            }
        }
        return null;
    }

    /// <summary>True for a panic that follows from the report before it.</summary>
    public static bool IsConsequence(ReadOnlySpan<char> message)
    {
        if (!message.StartsWith(PanicPrefix, StringComparison.Ordinal))
        {
            return false;
        }
        foreach (string consequence in _consequences)
        {
            if (message[PanicPrefix.Length..].StartsWith(consequence, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }
}
