using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Titles in the shape people search for. The wording follows what syzbot's mails and bug trackers use, so that a title is
/// also a query.
/// </summary>
internal static class ReportTitle
{
    // The frames that report rather than the ones reported.
    private static readonly string[] _machinery =
    [
        "dump_stack", "show_stack", "show_trace", "unwind_backtrace", "dump_backtrace", "panic", "vpanic", "print_report", "kasan_report",
        "__schedule", "schedule", "schedule_timeout", "__schedule_bug", "__might_sleep", "__might_resched", "___might_sleep",
        "ubsan_epilogue", "__ubsan_handle", "handle_overflow", "lockdep_rcu_suspicious", "print_circular_bug", "check_noncircular",
        "print_deadlock_bug", "print_usage_bug", "check_deadlock", "mark_lock", "__lock_acquire", "lock_acquire", "debug_smp_processor_id",
        "check_preemption_disabled", "io_schedule", "schedule_preempt_disabled", "print_unlock_imbalance_bug", "__sysrq", "nmi_cpu_backtrace",
        "__warn", "report_bug", "warn_slowpath", "validate_chain", "check_prev_add", "check_prevs_add", "print_circular_bug_entry",
        "print_unlock_inbalance_bug", "lock_release", "lock_release_non_nested", "mark_held_locks", "mark_lock_irq", "valid_state",
        "spin_dump", "spin_bug", "sched_show_task", "_sched_show_task", "nmi_trigger_cpumask_backtrace", "nmi_raise_cpu_backtrace",
        "__this_cpu_preempt_check", "bad_page", "free_page_is_bad_report",
    ];

    /// <summary>The title of a report.</summary>
    public static string Build(
        ReportKind kind, string headline, SymbolReference? headlinePlace, string? access, TraceFrame? pointer, IReadOnlyList<TraceFrame> trace)
    {
        string? function = kind.Function switch
        {
            TitleFunction.Headline => headlinePlace?.Symbol ?? pointer?.Symbol ?? FirstFrame(trace),
            TitleFunction.CallTrace => FirstFrame(trace),
            _ => pointer?.Symbol ?? FirstFrame(trace),
        };
        string title = kind.Title;
        if (title.Contains("{m}", StringComparison.Ordinal))
        {
            title = title.Replace("{m}", Message(kind, headline), StringComparison.Ordinal);
        }
        title = title.Replace("{a}", access is null ? "" : " " + access, StringComparison.Ordinal);
        return function is null
            ? title.Replace(" in {f}", "", StringComparison.Ordinal)
            : title.Replace("{f}", WithoutSuffix(function), StringComparison.Ordinal);
    }

    /// <summary>The name without what the compiler appended: <c>.isra.0</c>, <c>.cold</c>, <c>.llvm.123</c>.</summary>
    public static string WithoutSuffix(string symbol)
    {
        int dot = symbol.IndexOf('.', 1);
        return dot < 0 ? symbol : symbol[..dot];
    }

    private static string? FirstFrame(IReadOnlyList<TraceFrame> trace)
    {
        string? machinery = null;
        foreach (var frame in trace)
        {
            if (frame.Symbol is not { } symbol || !frame.IsReliable)
            {
                continue;
            }
            if (!IsMachinery(WithoutSuffix(symbol)))
            {
                return symbol;
            }
            machinery ??= symbol;
        }
        return machinery ?? trace.FirstOrDefault(f => f.Symbol is not null)?.Symbol;
    }

    // Whole names, and the families that differ in their ends only (dump_stack_lvl, __ubsan_handle_divrem_overflow).
    private static bool IsMachinery(string symbol)
    {
        foreach (string name in _machinery)
        {
            if (symbol == name || symbol.StartsWith(name, StringComparison.Ordinal) && name is "dump_stack" or "show_stack" or "__ubsan_handle" or "kasan_report" or "warn_slowpath")
            {
                return true;
            }
        }
        return false;
    }

    // A sanitizer's headline ends with the place, which {f} says shorter; a panic's message stands whole.
    private static string Message(ReportKind kind, string headline)
    {
        string message = headline[Math.Min(kind.Prefix.Length, headline.Length)..].Trim();
        if (kind.Kind == PanicKind.Sanitizer && kind.Title.Contains("{f}", StringComparison.Ordinal))
        {
            int place = message.IndexOf(" in ", StringComparison.Ordinal);
            message = place < 0 ? message : message[..place];
        }
        return message;
    }
}
