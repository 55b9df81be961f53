namespace KernelDebug.Tracing;

/// <summary>How long a function took, or whatever else times are grouped by.</summary>
public sealed class LatencySummary
{
    private readonly LatencyHistogram _times;

    /// <summary>Makes it; the times must not change any more.</summary>
    /// <param name="by">What is grouped by: <c>Function</c>, or the names of properties.</param>
    /// <param name="name">The function, or the values of those properties.</param>
    /// <param name="times">The times.</param>
    /// <param name="until">When the last of them came.</param>
    public LatencySummary(string by, string name, LatencyHistogram times, DateTimeOffset until)
    {
        ArgumentNullException.ThrowIfNull(times);
        By = by;
        Name = name;
        Until = until;
        _times = times;
        Histogram = times.Buckets();
    }

    /// <summary>The function, or the values of the properties that were grouped by.</summary>
    public string Name { get; }

    /// <summary>What was grouped by: <c>Function</c>, or the names of properties.</summary>
    public string By { get; }

    /// <summary>When this was summed up.</summary>
    public DateTimeOffset Until { get; }

    /// <summary>How many times there were.</summary>
    public long Count => _times.Count;

    /// <summary>Their sum, exactly; the longest there is where it is longer.</summary>
    public TimeSpan Total => Span(_times.Total);

    /// <summary>The shortest, exactly.</summary>
    public TimeSpan Minimum => Span(_times.Minimum);

    /// <summary>The mean.</summary>
    public TimeSpan Mean => Span((Int128)Math.Round(_times.Mean));

    /// <summary>Half took no longer, within 1 %.</summary>
    public TimeSpan Median => Span(_times.Percentile(0.5m));

    /// <summary>Nine of ten took no longer, within 1 %.</summary>
    public TimeSpan P90 => Span(_times.Percentile(0.9m));

    /// <summary>All but one of a hundred took no longer, within 1 %.</summary>
    public TimeSpan P99 => Span(_times.Percentile(0.99m));

    /// <summary>The longest, exactly.</summary>
    public TimeSpan Maximum => Span(_times.Maximum);

    /// <summary>How many there were between powers of two of nanoseconds.</summary>
    public IReadOnlyList<HistogramBucket> Histogram { get; }

    /// <summary>The time that a share of all did not exceed, within 1 %.</summary>
    /// <param name="share">0 to 1: 0.999 for the 99.9th percentile.</param>
    public TimeSpan GetPercentile(decimal share) => Span(_times.Percentile(share));

    /// <summary>To the nearest unit a TimeSpan can have, 100 ns.</summary>
    private static TimeSpan Span(Int128 nanoseconds)
    {
        Int128 ticks = (nanoseconds + TimeSpan.NanosecondsPerTick / 2) / TimeSpan.NanosecondsPerTick;
        return ticks > long.MaxValue ? TimeSpan.MaxValue : new TimeSpan((long)ticks);
    }
}
