namespace KernelDebug.Tracing;

/// <summary>Events that were sent and not seen, by who dropped them.</summary>
/// <param name="ByReader">Dropped here, because the pipeline took them too slowly.</param>
/// <param name="ByPerfBuffer">Lost by the kernel, because a perf buffer was full.</param>
/// <param name="ByProgram">
/// What the program counted in its global variable <c>dropped</c>, because a ring buffer was full. Null where it has none: the kernel itself does
/// not count what it refuses there.
/// </param>
/// <param name="ByKeys">Not counted, because there were more different values than a map of counts has room for.</param>
/// <param name="ByKernel">
/// Calls that the kernel did not tell of: it leaves a program out where one runs already on that CPU, as in an interrupt, and of a probed function
/// it follows a limited number of calls to their end.
/// </param>
/// <param name="Messages">Lines of bpf_printk the kernel lost, because its trace buffer was full.</param>
public sealed record BpfTraceDrops(long ByReader, long ByPerfBuffer, long? ByProgram, long ByKeys, long ByKernel, long Messages)
{
    /// <summary>All that is known.</summary>
    public long Total => ByReader + ByPerfBuffer + (ByProgram ?? 0) + ByKeys + ByKernel + Messages;

    /// <inheritdoc/>
    public override string ToString() => Total.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
