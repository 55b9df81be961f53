namespace KernelDebug.Records;

/// <summary>What a stack of a report shows.</summary>
public enum StackRole
{
    /// <summary>Where the report was made: <see cref="PanicTrace.CallTrace"/>.</summary>
    Report,
    /// <summary>Where the object was allocated (KASAN, KFENCE, SLUB, kmemleak, page owner, KMSAN's <c>Uninit was created at</c>).</summary>
    Allocation,
    /// <summary>Where it was freed.</summary>
    Free,
    /// <summary>Where uninitialised memory was stored (KMSAN).</summary>
    Store,
    /// <summary>The other access of a data race (KCSAN).</summary>
    OtherAccess,
    /// <summary>Where work or an RCU callback that frees it was queued.</summary>
    Deferral,
    /// <summary>Where a lock was taken (lockdep's chain).</summary>
    LockAcquisition,
    /// <summary>Where preemption or interrupts were switched off last.</summary>
    AtomicSection,
    /// <summary>Another CPU.</summary>
    OtherCpu,
    /// <summary>Another task.</summary>
    OtherTask,
    /// <summary>The panic that followed the report.</summary>
    Panic,
    /// <summary>Another stack.</summary>
    Other,
}

/// <summary>One stack of a report.</summary>
public sealed record ReportStack
{
    /// <summary>What it shows.</summary>
    public required StackRole Role { get; init; }
    /// <summary>The line that announces it (<c>Allocated by task 67:</c>); empty where only a trace header does.</summary>
    public required string Label { get; init; }
    /// <summary>The task's id where the label or the stack's own header names it; null otherwise.</summary>
    public int? ProcessId { get; init; }
    /// <summary>The task's name where the stack's own header prints it; null otherwise.</summary>
    public string? Comm { get; init; }
    /// <summary>The CPU where named; null otherwise.</summary>
    public int? Cpu { get; init; }
    /// <summary>Where that CPU was (<c>RIP:</c> before its trace); null where not printed.</summary>
    public TraceFrame? InstructionPointer { get; init; }
    /// <summary>1-based line of the label or header.</summary>
    public required int FirstLine { get; init; }
    /// <summary>The frames, innermost first.</summary>
    public required IReadOnlyList<TraceFrame> Frames { get; init; }
    /// <summary>The label, or the role.</summary>
    public override string ToString() => Label.Length > 0 ? Label : Role.ToString();
}
