using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>The frame a report is about, by the rule of its kind.</summary>
public static class GuiltyFrames
{
    // Where many tasks hang on one lock, the lock's function says more than each victim's.
    private static readonly NamePattern[] s_sharedWaits = NamePattern.Parse("*rtnl_lock* *synchronize_rcu* *synchronize_srcu* *synchronize_net* *synchronize_sched*");
    private static readonly NamePattern[] s_waiting = NamePattern.Parse("""
        *sched* *_lock* *_slowlock* *down* *rwsem* *completion* *kthread* *wait* *synchronize* *context_switch* *__switch_to* *cancel_delayed_work* *rcu_barrier*
        """);

    // Where the stall's interrupt entered the stack it interrupted.
    private static readonly NamePattern[] s_interruptEntry = NamePattern.Parse("""
        *apic_timer_interrupt* *sysvec_* asm_sysvec_* el1h_64_irq* el1_irq __irq_svc ret_from_irq* timer_interrupt* decrementer_common* handle_riscv_irq* *do_IRQ* common_interrupt asm_common_interrupt
        """);

    /// <summary>The frames to choose from by a rule, nearest to the fault first.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="report">The report; its stacks are looked at.</param>
    /// <param name="named">The places its headline and its details name, which are no frames.</param>
    public static IReadOnlyList<TraceFrame> Candidates(GuiltyRule rule, PanicTrace report, IReadOnlyList<TraceFrame> named)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(named);
        IEnumerable<TraceFrame> pointer = report.InstructionPointer is { Symbol: not null } stop ? [stop] : [];
        return rule switch
        {
            GuiltyRule.None => [],
            GuiltyRule.CallTrace or GuiltyRule.Hang => report.CallTrace,
            GuiltyRule.Headline => [.. named.Any(n => n.Symbol is not null) ? named : pointer, .. report.CallTrace],
            GuiltyRule.WantedLock => [.. named, .. report.CallTrace],
            GuiltyRule.Allocation => OfRole(report, StackRole.Allocation) ?? report.CallTrace,
            GuiltyRule.LockAcquisition => OfRole(report, StackRole.LockAcquisition) ?? report.CallTrace,
            GuiltyRule.Stall => Interrupted(report),
            // Where the kernel jumped to is not code: where it jumped from is what counts.
            GuiltyRule.InstructionPointer when report.Kind == PanicKind.ExecuteFault => [.. named, .. report.CallTrace.SkipWhile(f => f.Symbol is not null && f.Symbol == report.InstructionPointer?.Symbol)],
            GuiltyRule.InstructionPointer => [.. pointer, .. named, .. report.CallTrace],
            _ => [.. pointer, .. report.CallTrace],
        };
    }

    /// <summary>The guilty one of some frames; null where none has a name.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="frames">The candidates.</param>
    /// <param name="skipped">Roles that are passed over.</param>
    /// <param name="alsoSkipped">More that are passed over: a list of names, each with <c>*</c> at either end.</param>
    public static TraceFrame? Choose(GuiltyRule rule, IReadOnlyList<TraceFrame> frames, FrameRole skipped, string alsoSkipped)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentNullException.ThrowIfNull(alsoSkipped);
        NamePattern[] more = NamePattern.Parse(alsoSkipped);
        // Looked at one by one: of most traces the first few frames are enough.
        IEnumerable<TraceFrame> eligible = frames.Where(f => f is { IsReliable: true, Symbol: not null } && !IsOutside(f) && !IsSkipped(f));
        return rule switch
        {
            GuiltyRule.Lockup or GuiltyRule.Stall => LastBeforeDispatch([.. eligible]),
            GuiltyRule.Hang => FirstThatWaits([.. eligible]),
            _ => eligible.FirstOrDefault(),
        };

        // The return address of a call that does not return is the next function's start: the caller's name is not in the log. An
        // address far behind a function is that of data, or of code without a name.
        bool IsOutside(TraceFrame frame) => frame is { Offset: 0, Size: > 0 } && frames[0] is var first && !(first.Symbol == frame.Symbol && first.Offset == 0)
            || frame.Size > 0 && frame.Offset > frame.Size;

        bool IsSkipped(TraceFrame frame)
        {
            string name = FunctionName.WithoutSuffix(frame.Symbol!);
            return (FrameRoles.Of(name, frame.IsOutOfTree) & skipped) != 0 || NamePattern.Any(more, name, frame.IsOutOfTree);
        }
    }

    private static IReadOnlyList<TraceFrame>? OfRole(PanicTrace report, StackRole role) =>
        report.Stacks.FirstOrDefault(s => s.Role == role && s.Frames.Count > 0)?.Frames;

    private static IReadOnlyList<TraceFrame> Interrupted(PanicTrace report)
    {
        foreach (ReportStack stack in report.Stacks)
        {
            if (stack.Role is StackRole.Panic)
            {
                continue;
            }
            for (int i = 0; i < stack.Frames.Count; i++)
            {
                if (stack.Frames[i].Symbol is { } symbol && NamePattern.Any(s_interruptEntry, FunctionName.WithoutSuffix(symbol)))
                {
                    int from = i;
                    // sysvec_apic_timer_interrupt, then asm_sysvec_apic_timer_interrupt: both are the entry.
                    while (from < stack.Frames.Count && stack.Frames[from].Symbol is { } entry && NamePattern.Any(s_interruptEntry, FunctionName.WithoutSuffix(entry)))
                    {
                        from++;
                    }
                    if (from < stack.Frames.Count)
                    {
                        return [.. stack.Frames.Skip(from)];
                    }
                }
            }
        }
        // No interrupt hit the stack: it was dumped by NMI, or it is a task's own.
        ReportStack? other = report.Stacks.FirstOrDefault(s => s.InstructionPointer is { Symbol: not null } && s.Frames.Count > 0);
        return other is not null ? [other.InstructionPointer!, .. other.Frames]
            : report.InstructionPointer is { Symbol: not null } own ? [own, .. report.CallTrace] : [];
    }

    private static TraceFrame? LastBeforeDispatch(TraceFrame[] frames)
    {
        // A module from outside the tree is looked at first: the innermost of its functions.
        TraceFrame? outside = frames.TakeWhile(f => !Dispatchers.Contains(FunctionName.Canonical(f.Symbol!))).FirstOrDefault(f => f.IsOutOfTree);
        if (outside is not null)
        {
            return outside;
        }
        for (int i = 0; i < frames.Length; i++)
        {
            string name = FunctionName.Canonical(frames[i].Symbol!);
            if (Dispatchers.Contains(name))
            {
                // A call to other CPUs that does not return is the loop itself.
                return i == 0 || name.Contains("smp_call_function", StringComparison.Ordinal) ? frames[i] : frames[i - 1];
            }
        }
        return null;
    }

    private static TraceFrame? FirstThatWaits(TraceFrame[] frames) =>
        frames.FirstOrDefault(f => NamePattern.Any(s_sharedWaits, FunctionName.WithoutSuffix(f.Symbol!)))
        ?? frames.FirstOrDefault(f => !NamePattern.Any(s_waiting, FunctionName.WithoutSuffix(f.Symbol!)));
}
