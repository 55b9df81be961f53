using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>Who had the memory when there was none left: mm/oom_kill.c, mm/page_alloc.c.</summary>
internal static class MemoryRules
{
    public static DiagnosisRule[] All { get; } =
    [
        new("LargestTask", "{0} (PID {1}) has the most memory of the tasks listed: {2} pages resident, {3} % of what the {4} tasks have together.", "dump_task(), mm/oom_kill.c",
            e => e.Report.OutOfMemory is { Tasks: { Count: > 1 } tasks } && tasks.MaxBy(t => t.ResidentPages) is { ResidentPages: > 0 } largest
                ? [new Finding("the task table's rss column", largest.Name, $"{largest.ProcessId}", $"{largest.ResidentPages}", Percent(largest.ResidentPages, tasks.Sum(t => t.ResidentPages)), $"{tasks.Count}")] : []),
        new("MemoryLimit", "The limit of a memory cgroup was reached, not the machine's memory.", "CONSTRAINT_MEMCG, include/linux/oom.h",
            e => e.Report.OutOfMemory is { Constraint: "CONSTRAINT_MEMCG" } ? [new Finding("constraint=CONSTRAINT_MEMCG")] : []),
        new("MemoryPolicy", "The memory that the task's {0} allows was used up, not all of the machine's.", "CONSTRAINT_CPUSET, CONSTRAINT_MEMORY_POLICY, include/linux/oom.h",
            e => e.Report.OutOfMemory?.Constraint is ("CONSTRAINT_CPUSET" or "CONSTRAINT_MEMORY_POLICY") and var constraint ? [new Finding($"constraint={constraint}", constraint == "CONSTRAINT_CPUSET" ? "cpuset" : "memory policy")] : []),
        new("AllocationOrder", "The allocation wanted {0} pages in a row (order {1}): memory that is free but scattered does not help it.", "warn_alloc(), mm/page_alloc.c; dump_header(), mm/oom_kill.c",
            e => e.Report.Kind is PanicKind.PageAllocationFailure or PanicKind.OutOfMemory && CrashEvidence.NumberAfter(e.Report.Headline, e.Report.Kind == PanicKind.OutOfMemory ? "order=" : "order:") is >= 1 and <= 20 and var order
                ? [new Finding(e.Report.Headline, $"{1L << (int)order}", $"{order}")] : []),
    ];

    private static string Percent(long part, long all) => $"{part * 100 / Math.Max(all, 1)}";
}
