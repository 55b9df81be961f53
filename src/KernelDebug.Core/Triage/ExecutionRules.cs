using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>Jumps to where no code is, and stacks that are no longer what they were.</summary>
internal static class ExecutionRules
{
    // Of ordinary traces none has a function this often (lookups of nested mounts, bridges and the like have two or three).
    private const int Recursion = 5;
    private const int RecursionOfOverflow = 3;

    public static DiagnosisRule[] All { get; } =
    [
        new("NullCall", "A function pointer that is NULL was called.", "X86_PF_INSTR, arch/x86/include/asm/trap_pf.h; show_regs()",
            e => e.Report.InstructionPointer?.Location.Reference is { Symbol: null, Address: 0 } ? [new Finding("instruction pointer 0x0")]
                : IsFetch(e) && e.FaultAddress == 0 ? [new Finding("instruction fetch from address 0")] : []),
        new("WildJump", "The kernel jumped to 0x{0}, where no page is: a function pointer or a return address is damaged.", "X86_PF_INSTR, arch/x86/include/asm/trap_pf.h",
            e => IsFetch(e) && (e.Report.ErrorCode & 1) == 0 && e.FaultAddress is > 0 and var at ? [new Finding($"instruction fetch from address 0x{at:x}", $"{at:x}")] : []),
        DiagnosisRule.Printed("ExecuteNoExecute", "kernel tried to execute NX-protected page", "The kernel jumped to a page of data: a function pointer or a return address is damaged.", "show_fault_oops(), arch/x86/mm/fault.c"),
        DiagnosisRule.Printed("ExecuteUser", "unable to execute userspace code (SMEP?)", "The kernel jumped into user space's code, and SMEP refused it: a function pointer or a return address is damaged.", "show_fault_oops(), arch/x86/mm/fault.c"),
        new("UserAccessPrevented", "The page is mapped and user space's: SMAP refused the kernel's access outside copy_from_user and its like.", "X86_PF_PROT without X86_PF_USER below TASK_SIZE_MAX, arch/x86/mm/fault.c",
            e => e is { Report.Kind: PanicKind.UserAccess, Machine: Machine.X64, Report.ErrorCode: { } code } ? [new Finding($"error code 0x{code:x}, address 0x{e.FaultAddress:x}")] : []),
        new("Recursion", "{0} is {1} times in the call trace: it calls itself, directly or by way of others.", "the call trace; frames marked ? do not count", Repeated),
        DiagnosisRule.Printed("StackOverflow", "stack guard page was hit at", "The stack grew into its guard page: calls too deep or frames too large for it.", "handle_stack_overflow(), arch/x86/kernel/traps.c"),
        DiagnosisRule.Printed("StackOverflow", "Insufficient stack space to handle exception!", "The stack is used up: calls too deep or frames too large for it.", "panic_bad_stack(), arch/arm64/kernel/traps.c; handle_bad_stack(), arch/riscv/kernel/traps.c"),
        DiagnosisRule.Printed("StackEnd", "Thread overran stack, or stack corrupted", "STACK_END_MAGIC (0x57AC6E9D) at the stack's end is gone: the stack was overrun, or something wrote there.", "task_stack_end_corrupted(), include/linux/sched/task_stack.h; STACK_END_MAGIC, include/uapi/linux/magic.h"),
        DiagnosisRule.Printed("StackEnd", "corrupted stack end detected inside scheduler", "STACK_END_MAGIC (0x57AC6E9D) at the stack's end is gone: the stack was overrun, or something wrote there.", "schedule_debug(), kernel/sched/core.c; STACK_END_MAGIC, include/uapi/linux/magic.h"),
        new("StackCanary", "The canary in the frame of {0} changed between its entry and its return: something wrote over it, such as a write past the end of a variable on the stack, there or in a function it called.", "__stack_chk_fail(), kernel/panic.c",
            e => e.Report.Kind == PanicKind.StackProtector && e.Line("Kernel stack is corrupted in: ") is { } line ? [new Finding(line, Place(line["Kernel stack is corrupted in: ".Length..]))] : []),
    ];

    private static bool IsFetch(CrashEvidence e) => e is { Machine: Machine.X64 or Machine.X86, Report.ErrorCode: { } code } && (code & 16) != 0 && e.FaultAddress is not null;

    private static IEnumerable<Finding> Repeated(CrashEvidence e)
    {
        int least = e.Report.Kind == PanicKind.StackOverflow ? RecursionOfOverflow : Recursion;
        return e.Report.CallTrace.Where(f => f is { IsReliable: true, Symbol: not null }).GroupBy(f => FunctionName.WithoutSuffix(f.Symbol!), StringComparer.Ordinal)
            .Where(g => g.Count() >= least).OrderByDescending(g => g.Count()).Take(1)
            .Select(g => new Finding($"lines {g.First().LineNumber} to {g.Last().LineNumber}", g.Key, $"{g.Count()}"));
    }

    // "gtp5g_probe+0x1a/0x20 [gtp5g]", or an address where kallsyms has no name.
    private static string Place(string text) => text.IndexOf('+') is > 0 and var at ? text[..at] : text.TrimEnd('.');
}
