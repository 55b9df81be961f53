namespace KernelDebug.Records;

/// <summary>What a report means for the machine.</summary>
public enum PanicSeverity
{
    /// <summary>Information that somebody asked for (a dump by sysrq, a plain <c>dump_stack</c>): no crash.</summary>
    Notice,
    /// <summary>Something is wrong; the kernel goes on.</summary>
    Warning,
    /// <summary>A task was killed, memory is damaged, or work stands still.</summary>
    Error,
    /// <summary>The kernel stopped.</summary>
    Fatal,
}
