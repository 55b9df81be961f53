using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>What the kernel's own checks print: reference counts, pages, copies, the preemption count.</summary>
internal static class CheckRules
{
    private const string Refcount = "refcount_warn_saturate(), lib/refcount.c";
    private const string Page = "page_bad_reason(), mm/page_alloc.c";

    public static DiagnosisRule[] All { get; } =
    [
        DiagnosisRule.Printed("RefcountAdded", "refcount_t: addition on 0; use-after-free", "A reference was taken on an object whose count was already 0: it was freed, or is being freed.", "REFCOUNT_ADD_UAF, " + Refcount),
        DiagnosisRule.Printed("RefcountAdded", "refcount_t: increment on 0; use-after-free", "A reference was taken on an object whose count was already 0: it was freed, or is being freed.", "refcount_inc(), lib/refcount.c (before v5.5)"),
        DiagnosisRule.Printed("RefcountUnderflow", "refcount_t: underflow; use-after-free", "A reference was dropped that nobody held: one put too many, or the object was freed before.", "REFCOUNT_SUB_UAF, " + Refcount),
        DiagnosisRule.Printed("RefcountSaturated", "refcount_t: saturated; leaking memory", "The count overflowed, or was already saturated by an earlier error: it is pinned, and the object is never freed.", "REFCOUNT_ADD_OVF, REFCOUNT_ADD_NOT_ZERO_OVF, " + Refcount),
        DiagnosisRule.Printed("RefcountLeak", "refcount_t: decrement hit 0; leaking memory", "refcount_dec, which frees nothing, dropped the last reference: the object leaks, or was freed elsewhere.", "REFCOUNT_DEC_LEAK, " + Refcount),

        Bad("nonzero mapcount", "a page that is still mapped by a page table was freed, or its count is damaged"),
        Bad("non-NULL mapping", "a page that still belongs to a file or to anonymous memory was freed"),
        Bad("nonzero _refcount", "a page that is still referenced was freed, or is on the free list with a reference"),
        Bad("nonzero _count", "a page that is still referenced was freed, or is on the free list with a reference"),
        Bad("PAGE_FLAGS_CHECK_AT_FREE flag(s) set", "a page was freed with flags that a page in use has (locked, on the LRU, slab, ...)"),
        Bad("PAGE_FLAGS_CHECK_AT_PREP flag(s) set", "a page of the free list has flags that only a page in use has: something used it after its free"),
        Bad("page still charged to cgroup", "a page was freed that is still charged to a memory cgroup"),
        Bad("page_pool leak", "a page of a network page pool was freed around the pool"),

        new("BufferOverflow", "{0} would have gone past the end of its destination: {1} bytes, and the buffer has {2}.", "__fortify_report(), lib/string_helpers.c (since v6.8)",
            e => e.Line(": detected buffer overflow: ") is { } line && CrashEvidence.NumberAfter(line, "overflow: ") is { } length && CrashEvidence.NumberAfter(line, "of buffer size ") is { } size
                && line.Contains(" byte write", StringComparison.Ordinal) && Before(e.Report.RawText, ": detected buffer overflow: ") is { } function
                ? [new Finding(function + line, function, $"{length}", $"{size}")] : []),
        new("UserCopy", "A copy {0} user space is not inside one object the check allows: offset {1}, {2} bytes.", "usercopy_abort(), mm/usercopy.c",
            e => e.Line("Kernel memory ") is { } line && line.Contains(" attempt detected ", StringComparison.Ordinal)
                && (line.Contains("exposure attempt", StringComparison.Ordinal) ? "to" : line.Contains("overwrite attempt", StringComparison.Ordinal) ? "from" : null) is { } way
                && CrashEvidence.NumberAfter(line, "(offset ") is { } offset && CrashEvidence.NumberAfter(line, ", size ") is { } size
                ? [new Finding(line, way, $"{offset}", $"{size}")] : []),

        new("PreemptCount", "The task may not sleep: {0}.", "__schedule_bug(), kernel/sched/core.c; the fields of preempt_count, include/linux/preempt.h", Atomic),
    ];

    private static DiagnosisRule Bad(string reason, string meaning) => new("BadPage", $"The page allocator refused a page: {meaning}.", Page,
        e => e.Report.Kind == PanicKind.BadPage && e.Line("page dumped because: " + reason) is { } line ? [new Finding(line)] : []);

    private static string? Before(string text, string mark)
    {
        int end = text.IndexOf(mark, StringComparison.Ordinal);
        int start = end;
        while (start > 0 && (char.IsAsciiLetterOrDigit(text[start - 1]) || text[start - 1] == '_'))
        {
            start--;
        }
        return end > start ? text[start..end] : null;
    }

    private static IEnumerable<Finding> Atomic(CrashEvidence e)
    {
        string headline = e.Report.Headline;
        string[] reasons;
        string evidence = headline;
        if (e.Report.Kind == PanicKind.SchedulingWhileAtomic)
        {
            // schedule() itself switches preemption off once.
            reasons = headline.LastIndexOf("/0x", StringComparison.Ordinal) is >= 0 and var slash && FaultAddresses.ReadHex(headline.AsSpan(slash + 1)) is { } count ? Fields((uint)count, 1) : [];
        }
        else if (e.Report.Kind == PanicKind.SleepInAtomic && e.Line("in_atomic(): ") is { } line)
        {
            string? printed = e.Line("preempt_count: ");
            ulong count = printed is null ? 0 : FaultAddresses.ReadHex(printed.AsSpan("preempt_count: ".Length)) ?? 0;
            evidence = printed is null ? line : $"{line}; {printed}";
            reasons = [.. Fields((uint)count, 0), .. line.Contains("irqs_disabled(): 1", StringComparison.Ordinal) ? new[] { "interrupts are off" } : []];
        }
        else
        {
            return [];
        }
        return reasons.Length == 0 ? [] : [new Finding(evidence, string.Join(", ", reasons))];
    }

    // Bits 0-7 preempt_disable and spinlocks; 8-15 soft interrupts, one for serving and two for each local_bh_disable; 16-19 hard
    // interrupts; 20-23 NMIs.
    private static string[] Fields(uint count, uint own)
    {
        // Above the fields stands only x86's need-resched bit. A count below zero has them all.
        if ((count & 0x7f000000) != 0)
        {
            return [$"preempt_count is 0x{count:x}, which none of its users makes: it went below zero, or was overwritten"];
        }
        uint preempt = count & 0xff;
        uint soft = (count >> 8) & 0xff;
        uint hard = (count >> 16) & 0xf;
        uint nmi = (count >> 20) & 0xf;
        var fields = new List<string>();
        if (preempt > own)
        {
            fields.Add($"preemption is off {preempt - own} deep (preempt_disable, a spinlock, rcu_read_lock)");
        }
        if ((soft & 1) != 0)
        {
            fields.Add("it runs in a soft interrupt");
        }
        if (soft > 1)
        {
            fields.Add($"bottom halves are off {soft / 2} deep (local_bh_disable, spin_lock_bh)");
        }
        if (hard != 0)
        {
            fields.Add("it runs in a hard interrupt");
        }
        if (nmi != 0)
        {
            fields.Add("it runs in an NMI");
        }
        return [.. fields];
    }
}
