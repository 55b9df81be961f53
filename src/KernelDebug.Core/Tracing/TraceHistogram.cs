using KernelDebug.Formatting;

namespace KernelDebug.Tracing;

/// <summary>How a number was distributed, counted in the kernel.</summary>
/// <param name="Event">What happened: the function.</param>
/// <param name="Of">The number: a path, or <c>latency</c>.</param>
/// <param name="By">The values that these calls have in common, with their names; empty where calls were not told apart.</param>
/// <param name="UnreadCount">Calls where the number could not be read: they are in no bucket, and not in <see cref="Count"/>.</param>
/// <param name="Sum">The sum of the numbers, exactly; of times in nanoseconds.</param>
/// <param name="Histogram">How many there were in each bucket, those without between others included.</param>
public sealed record TraceHistogram(string Event, string Of, IReadOnlyList<KeyValuePair<string, object?>> By, long UnreadCount, decimal Sum, IReadOnlyList<HistogramBucket> Histogram)
{
    /// <summary>How many numbers there were.</summary>
    public long Count => Histogram.Sum(bucket => bucket.Count);

    /// <summary>Their mean; NaN where there are none.</summary>
    public double Mean => (double)Sum / Count;

    /// <summary>The function and the values in common: <c>vfs_read comm=bash</c>.</summary>
    public string Name => By.Count == 0 ? Event : $"{Event} {RecordFormatter.Line(By.Where(member => member.Value is not TraceStack))}".TrimEnd();

    /// <inheritdoc/>
    public override string ToString() => $"{Of} of {Name}";
}
