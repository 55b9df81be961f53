using System.Globalization;
using KernelDebug.Formatting;

namespace KernelDebug.Tracing;

/// <summary>A histogram as text.</summary>
public static class TraceHistogramFormatter
{
    private const int RangeWidth = 24, CountWidth = 12, MostEmpty = 2;

    /// <summary>A line of what it is of, and one for each bucket.</summary>
    /// <param name="histogram">The histogram.</param>
    /// <param name="width">Columns.</param>
    public static string Text(TraceHistogram histogram, int width)
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
