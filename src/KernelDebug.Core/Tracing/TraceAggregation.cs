namespace KernelDebug.Tracing;

/// <summary>What is counted in the kernel, in place of events that are sent: calls by the values that were asked for.</summary>
public sealed record TraceAggregation
{
    /// <summary>The word for how long a call took, where a value is asked for.</summary>
    public const string Latency = "latency";

    /// <summary>Calls are told apart by who called, too.</summary>
    public bool ByStack { get; init; }

    /// <summary>The number whose values are counted in buckets: a path, or <see cref="Latency"/>; null where calls alone are counted.</summary>
    public string? Histogram { get; init; }

    /// <summary>True where that number is how long a call took.</summary>
    public bool IsOfLatency => Latency.Equals(Histogram, StringComparison.OrdinalIgnoreCase);

    /// <summary>How wide buckets are; null where each is twice as wide as the one before.</summary>
    public long? BucketWidth { get; init; }
}
