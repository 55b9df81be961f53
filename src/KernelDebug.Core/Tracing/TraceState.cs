namespace KernelDebug.Tracing;

/// <summary>The state a processor was in at an event (include/linux/trace_events.h, <c>TRACE_FLAG_*</c>).</summary>
[Flags]
public enum TraceState
{
    /// <summary>Interruptible, and nothing waits.</summary>
    None = 0,
    /// <summary>Interrupts were off (<c>d</c>, <c>D</c>).</summary>
    InterruptsOff = 1,
    /// <summary>Soft interrupts were off (<c>b</c>, <c>D</c>).</summary>
    SoftInterruptsOff = 2,
    /// <summary>The architecture does not tell whether interrupts were off (<c>X</c>).</summary>
    InterruptsUnknown = 4,
    /// <summary>Another task is to run: TIF_NEED_RESCHED (<c>N</c>, <c>n</c>, <c>B</c>, <c>b</c>).</summary>
    NeedResched = 8,
    /// <summary>Another task is to run before long: TIF_NEED_RESCHED_LAZY (<c>L</c>, <c>l</c>, <c>B</c>, <c>b</c>).</summary>
    NeedReschedLazy = 16,
    /// <summary>The same in the preemption count: PREEMPT_NEED_RESCHED (<c>N</c>, <c>L</c>, <c>B</c>, <c>p</c>).</summary>
    PreemptResched = 32,
    /// <summary>In an interrupt (<c>h</c>, <c>H</c>, <c>Z</c>).</summary>
    HardInterrupt = 64,
    /// <summary>In a soft interrupt (<c>s</c>), or in an interrupt that came in one (<c>H</c>).</summary>
    SoftInterrupt = 128,
    /// <summary>In a non-maskable interrupt (<c>z</c>, <c>Z</c>).</summary>
    NonMaskableInterrupt = 256,
}
