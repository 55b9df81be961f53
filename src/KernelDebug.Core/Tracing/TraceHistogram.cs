using System.Globalization;
using KernelDebug.Formatting;

namespace KernelDebug.Tracing;

/// <summary>How a number was distributed, counted in the kernel.</summary>
/// <param name="Event">What happened: the function.</param>
/// <param name="Of">The number: a path, or <c>latency</c>.</param>
/// <param name="By">The values that these calls have in common, with their names; empty where calls were not told apart.</param>
/// <param name="UnreadCount">Calls where the number could not be read: they are in no bucket, and not in <see cref="Count"/>.</param>
/// <param name="Sum">The sum of the numbers, of 64 bits; of times in nanoseconds.</param>
/// <param name="Histogram">How many there were in each bucket, those without between others included.</param>
public sealed record TraceHistogram(string Event, string Of, IReadOnlyList<KeyValuePair<string, object?>> By, long UnreadCount, long Sum, IReadOnlyList<HistogramBucket> Histogram)
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

/// <summary>A histogram as text.</summary>
public static class TraceHistogramText
{
    private const int RangeWidth = 24, CountWidth = 12, MostEmpty = 2;

    /// <summary>A line of what it is of, and one for each bucket.</summary>
    /// <param name="histogram">The histogram.</param>
    /// <param name="width">Columns.</param>
    public static string Of(TraceHistogram histogram, int width)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        bool isTime = histogram.Histogram.Any(bucket => bucket.Unit == HistogramUnit.Nanoseconds);
        string mean = histogram.Count == 0 ? "" : isTime ? $", mean {HistogramFormatter.Nanoseconds(histogram.Mean)}" : string.Create(CultureInfo.InvariantCulture, $", mean {histogram.Mean:0.##}");
        string unread = histogram.UnreadCount == 0 ? "" : $", {histogram.UnreadCount} could not be read";
        var lines = new List<string> { $"{histogram}: {histogram.Count}{mean}{unread}" };
        int empty = 0;
        foreach (HistogramBucket bucket in histogram.Histogram)
        {
            empty = bucket.Count == 0 ? empty + 1 : 0;
            if (empty <= MostEmpty)
            {
                lines.Add($"{HistogramFormatter.Range(bucket.Start, bucket.End, isTime),RangeWidth} {bucket.Count,CountWidth} {HistogramFormatter.Bar(bucket.Count, bucket.Largest, width - RangeWidth - CountWidth - 2)}".TrimEnd());
            }
            else if (empty == MostEmpty + 1)
            {
                lines.Add($"{"...",RangeWidth}");
            }
        }

        return string.Join('\n', lines);
    }
}
