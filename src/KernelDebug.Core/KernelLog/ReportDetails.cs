namespace KernelDebug.KernelLog;

/// <summary>Lines that are of a report by their words alone, and say nothing that a report's object holds apart.</summary>
internal static class ReportDetails
{
    private static readonly string[] s_prefixes =
    [
        // Oopses: arch/*/mm/fault.c, arch/*/kernel/traps.c, kernel/exit.c.
        "note: ", "#PF: ", "PGD ", "pgd = ", "Mem abort info:", "Data abort info:", "ESR = ", "EC = ", "SET = ", "EA = ", "FSC = ", "ISV = ", "Register r", "\\x0aPC: ", "\\x0aLR: ", "\\x0aSP: ", "Flags: ", "usercopy: ", "list_add corruption", "list_del corruption", "CM = ", "swapper pgtable: ", "user pgtable: ",
        "Faulting instruction address: ", "Failing address: ", "Fault in ", "Process ", "Stack:", "Stack: (", "task: ", "Thread ", "Dumping ftrace buffer:", "Fixing recursive fault", "Rebooting in ",
        "PGTBL ", "REGS: ", "Instruction dump:", "Exception stack(", "Last Breaking-Event-Address:", "Kernel panic: ", "---[ end Kernel panic", "SMP: stopping secondary CPUs", "Kernel Offset: ",
        // lockdep and the scheduler: kernel/locking/lockdep.c, kernel/sched/core.c.
        "irq event stamp: ", "hardirqs last ", "softirqs last ", "in_atomic(): ", "preempt_count: ", "RCU nest depth: ", "INFO: lockdep is turned off", "no locks held by ", "other info that might help us debug this:",
        "Possible unsafe locking scenario", "Possible interrupt unsafe locking scenario", "lock(", "*** DEADLOCK ***", "the existing dependency chain", "which lock already depends on the new lock", "but task is already holding",
        "stack backtrace:", "rcu_scheduler_active = ",
        // SLUB's dump of an object: mm/slub.c.
        "Slab 0x", "Object 0x", "Object ffff", "Object   ", "Redzone ", "Padding ", "Bytes b4 ", "FIX ", "INFO: Slab 0x", "INFO: Object 0x", "INFO: 0x",
        // Watchdogs and dumps: kernel/hung_task.c, kernel/rcu/tree_stall.h, lib/nmi_backtrace.c.
        "\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\"", "Sending NMI from CPU ", "Showing all locks held in the system:", "rcu: ", "(detected by ", "(t=",
    ];

    /// <summary>Words of a stack or of memory, <c>ffff8801a32576d8 ffffffff81d90889</c> or <c>7d20: 00000000 ********</c>, as older kernels dump them.</summary>
    public static bool IsWords(ReadOnlySpan<char> text)
    {
        int at = HexText.EndOfHex(text, 0);
        if (at < text.Length && text[at] == ':' && at >= 2)
        {
            text = text[(at + 1)..].TrimStart(' ');
        }
        int words = 0;
        while (!text.IsEmpty)
        {
            int end = text.IndexOf(' ');
            var word = end < 0 ? text : text[..end];
            if (word.Length is not (4 or 8 or 16) || HexText.EndOfHex(word, 0) != word.Length && word.IndexOfAnyExcept('*', '?') >= 0)
            {
                return false;
            }
            words++;
            text = end < 0 ? default : text[end..].TrimStart(' ');
        }
        return words > 0;
    }

    public static bool IsOne(ReadOnlySpan<char> text)
    {
        if (IsWords(text))
        {
            return true;
        }
        if (text[0] is not ('"' or '#' or '(' or '*' or '-' or '[' or '\\') && !char.IsAsciiLetter(text[0]))
        {
            return false;
        }
        foreach (string prefix in s_prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return IsLinkRegister(text);
    }

    /// <summary>A line that names where the link register points.</summary>
    public static bool IsLinkRegister(ReadOnlySpan<char> text) =>
        text.StartsWith("lr : ", StringComparison.Ordinal) || text.StartsWith("LR is at ", StringComparison.Ordinal)
        || text.StartsWith("LR [", StringComparison.Ordinal) || text.StartsWith("ra : ", StringComparison.Ordinal)
        || text.StartsWith("ra    : ", StringComparison.Ordinal) || text.StartsWith("ra: ", StringComparison.Ordinal);
}
