using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>A line that says what the frames behind it are.</summary>
/// <param name="Role">What they show.</param>
/// <param name="ProcessId">The task it names; null otherwise.</param>
/// <param name="Cpu">The CPU it names; null otherwise.</param>
internal readonly record struct StackLabel(StackRole Role, int? ProcessId, int? Cpu);

/// <summary>
/// The labels of stacks: mm/kasan/report.c, mm/kfence/report.c, mm/kmsan/report.c, kernel/kcsan/report.c, mm/slub.c, mm/kmemleak.c,
/// mm/page_owner.c, lib/ref_tracker.c, kernel/dma/debug.c, kernel/locking/lockdep.c, lib/nmi_backtrace.c.
/// </summary>
internal static class StackLabels
{
    private readonly record struct Row(string Prefix, string? Contains, StackRole Role);

    private static readonly Row[] s_rows =
    [
        new("Allocated by task ", null, StackRole.Allocation),
        new("Allocated by:", null, StackRole.Allocation),
        new("Allocated:", null, StackRole.Allocation),
        new("Allocated in ", " age=", StackRole.Allocation),
        new("INFO: Allocated in ", " age=", StackRole.Allocation),
        new("allocated by task ", null, StackRole.Allocation),
        new("Freed by task ", null, StackRole.Free),
        new("Freed by:", null, StackRole.Free),
        new("Freed:", null, StackRole.Free),
        new("Freed in ", " age=", StackRole.Free),
        new("INFO: Freed in ", " age=", StackRole.Free),
        new("freed by task ", null, StackRole.Free),
        new("kfence-#", " allocated by task ", StackRole.Allocation),
        new("kfence-#", " freed by task ", StackRole.Free),
        new("Last potentially related work creation:", null, StackRole.Deferral),
        new("Second to last potentially related work creation:", null, StackRole.Deferral),
        new("Last call_rcu()", null, StackRole.Deferral),
        new("Second to last call_rcu()", null, StackRole.Deferral),
        new("Uninit was stored to memory at:", null, StackRole.Store),
        new("Uninit was created at:", null, StackRole.Allocation),
        new("Local variable ", "created at:", StackRole.Allocation),
        new("backtrace:", null, StackRole.Allocation),
        new("backtrace (", "):", StackRole.Allocation),
        new("page last allocated via ", null, StackRole.Allocation),
        new("page allocated via ", null, StackRole.Allocation),
        new("page last free ", "stack trace:", StackRole.Free),
        new("page has been migrated", null, StackRole.Other),
        new("Mapped at:", null, StackRole.Allocation),
        new("Preemption disabled at:", null, StackRole.AtomicSection),
        new("-> #", "):", StackRole.LockAcquisition),
        new("-> #", "}:", StackRole.LockAcquisition),
        new("{", " state was registered at:", StackRole.LockAcquisition),
        new("HARDIRQ-ON-", " at:", StackRole.LockAcquisition),
        new("SOFTIRQ-ON-", " at:", StackRole.LockAcquisition),
        new("IN-HARDIRQ-", " at:", StackRole.LockAcquisition),
        new("IN-SOFTIRQ-", " at:", StackRole.LockAcquisition),
        new("INITIAL USE at:", null, StackRole.LockAcquisition),
        new("INITIAL READ USE at:", null, StackRole.LockAcquisition),
        new("... acquired at:", null, StackRole.LockAcquisition),
        new("which became ", " at:", StackRole.LockAcquisition),
        new("... which became ", " at:", StackRole.LockAcquisition),
        new("NMI backtrace for cpu ", null, StackRole.OtherCpu),
        // arm: what a panic makes of the other CPUs (arch/arm/kernel/smp.c).
        new("CPU", ": stopping", StackRole.OtherCpu),
    ];

    /// <summary>Reads a label. <paramref name="text"/> has no leading blanks.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out StackLabel label)
    {
        foreach (Row row in s_rows)
        {
            if (text.StartsWith(row.Prefix, StringComparison.Ordinal) && (row.Contains is null || text[row.Prefix.Length..].Contains(row.Contains, StringComparison.Ordinal)))
            {
                label = new StackLabel(row.Role, NumberAfter(text, " by task ") ?? NumberAfter(text, " pid ") ?? NumberAfter(text, " pid="),
                    NumberAfter(text, " on cpu ") ?? NumberAfter(text, " for cpu ") ?? NumberAfter(text, " cpu="));
                return true;
            }
        }
        return TryRace(text, out label);
    }

    // KCSAN: "read to 0xffff888012345678 of 8 bytes by task 5 on cpu 0:", "write (marked) to ... by interrupt on cpu 1:".
    private static bool TryRace(ReadOnlySpan<char> text, out StackLabel label)
    {
        label = default;
        if (!(text.StartsWith("read ", StringComparison.Ordinal) || text.StartsWith("write ", StringComparison.Ordinal)
            || text.StartsWith("read-write ", StringComparison.Ordinal) || text.StartsWith("race at unknown origin", StringComparison.Ordinal) || text.StartsWith("assert no ", StringComparison.Ordinal))
            || !text.EndsWith(':') || !text.Contains(" on cpu ", StringComparison.Ordinal))
        {
            return false;
        }
        label = new StackLabel(StackRole.OtherAccess, NumberAfter(text, " by task "), NumberAfter(text, " on cpu "));
        return true;
    }

    private static int? NumberAfter(ReadOnlySpan<char> text, string mark)
    {
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        return at >= 0 && HexText.TryParseInt(text[(at + mark.Length)..], out int value) ? value : null;
    }
}
