namespace KernelDebug.Records;

/// <summary>Where a frame of a call trace was running.</summary>
public enum TraceContext
{
    /// <summary>The trace does not say.</summary>
    None,
    /// <summary><c>&lt;TASK&gt;</c>.</summary>
    Task,
    /// <summary><c>&lt;IRQ&gt;</c>.</summary>
    Irq,
    /// <summary><c>&lt;SOFTIRQ&gt;</c>.</summary>
    SoftIrq,
    /// <summary><c>&lt;NMI&gt;</c>.</summary>
    Nmi,
    /// <summary>Another exception stack (<c>&lt;#DF&gt;</c>, <c>&lt;#DB&gt;</c>, <c>&lt;ENTRY_TRAMPOLINE&gt;</c>, <c>&lt;EOI&gt;</c> closes IRQ).</summary>
    Exception,
}
