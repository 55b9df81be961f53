using KernelDebug.Formatting;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>What a histogram says of many values, held against the values themselves, sorted.</summary>
public sealed class LatencyHistogramTests
{
    private static readonly decimal[] s_shares = [0, 0.001m, 0.01m, 0.1m, 0.25m, 0.5m, 0.75m, 0.9m, 0.99m, 0.999m, 0.9999m, 1];

    /// <summary>Distributions by name: what a value of a random number is.</summary>
    private static readonly Dictionary<string, Func<Random, long>> s_kinds = new()
    {
        ["small"] = random => random.Next(130),
        ["uniform"] = random => random.NextInt64(1_000_000),
        ["every magnitude"] = random => random.NextInt64() >> random.Next(63),
        ["one value"] = _ => 123_456_789,
        ["two far apart"] = random => random.Next(10) == 0 ? long.MaxValue : 1,
        ["a long tail"] = random => (long)(1000 / (1e-9 + random.NextDouble())),
        ["powers and their neighbours"] = random => Math.Max((1L << random.Next(62)) + random.Next(3) - 1, 0),
    };

    public static TheoryData<string, int, int> Cases()
    {
        var cases = new TheoryData<string, int, int>();
        foreach (string kind in s_kinds.Keys)
        {
            foreach (int count in (int[])[1, 2, 3, 10, 100, 1001, 20_000])
            {
                cases.Add(kind, count, count * 7 + kind.Length);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_says_what_the_sorted_values_say(string kind, int count, int seed)
    {
        var random = new Random(seed);
        long[] values = new long[count];
        var histogram = new LatencyHistogram();
        for (int i = 0; i < count; i++)
        {
            values[i] = s_kinds[kind](random);
            histogram.Add(values[i]);
        }

        Array.Sort(values);
        Int128 total = 0;
        foreach (long value in values)
        {
            total += value;
        }

        Assert.Equal((count, values[0], values[^1], total), (histogram.Count, histogram.Minimum, histogram.Maximum, histogram.Total));
        Assert.Equal((double)total / count, histogram.Mean);
        foreach (decimal share in s_shares)
        {
            long exact = values[Math.Max((int)Math.Ceiling(share * count), 1) - 1];
            long found = histogram.Percentile(share);
            Assert.True(Math.Abs((double)found - exact) <= exact * LatencyHistogram.RelativeError, $"{share}: {found}, exactly {exact}");
        }

        foreach (HistogramBucket bucket in histogram.Buckets())
        {
            Assert.Equal(values.Count(value => value >= bucket.Start && (value < bucket.End || bucket.End == long.MaxValue)), bucket.Count);
        }

        Assert.Equal(count, histogram.Buckets().Sum(bucket => bucket.Count));
        Assert.Equal(histogram.Buckets().Max(bucket => bucket.Count), histogram.Buckets()[0].Largest);
        Assert.InRange(values[0], histogram.Buckets()[0].Start, histogram.Buckets()[0].End);
        Assert.InRange(values[^1], histogram.Buckets()[^1].Start, histogram.Buckets()[^1].End);
    }

    [Fact]
    public void Its_error_is_within_one_percent() => Assert.InRange(LatencyHistogram.RelativeError, 0, 0.01);

    [Fact]
    public void Without_values_it_says_nothing()
    {
        var histogram = new LatencyHistogram();

        Assert.Equal((0L, 0L, 0L, 0d), (histogram.Count, histogram.Percentile(0.5m), histogram.Maximum, histogram.Mean));
        Assert.Empty(histogram.Buckets());
        Assert.Throws<ArgumentOutOfRangeException>(() => histogram.Add(-1));
    }

    [Fact]
    public void Buckets_are_contiguous_powers_of_two()
    {
        var histogram = new LatencyHistogram();
        foreach (long value in (long[])[0, 1, 2, 3, 4, 1023, 1024, 5000])
        {
            histogram.Add(value);
        }

        Assert.Equal(
            [(0, 1, 1), (1, 2, 1), (2, 4, 2), (4, 8, 1), (8, 16, 0), (16, 32, 0), (32, 64, 0), (64, 128, 0), (128, 256, 0), (256, 512, 0), (512, 1024, 1), (1024, 2048, 1), (2048, 4096, 0), (4096, 8192, 1)],
            histogram.Buckets().Select(bucket => (bucket.Start, bucket.End, bucket.Count)));
    }

    [Fact]
    public void A_summary_has_times_to_the_unit_of_a_time_span()
    {
        var times = new LatencyHistogram();
        times.Add(100);
        times.Add(260);
        times.Add(long.MaxValue);

        var summary = new LatencySummary("Function", "f", times, default);

        Assert.Equal((3L, 1L, 3L), (summary.Count, summary.Minimum.Ticks, summary.Median.Ticks));
        Assert.Equal(92_233_720_368_547_758, summary.Maximum.Ticks);
        Assert.Equal(summary.Maximum, summary.GetPercentile(1));
    }

    [Theory]
    [InlineData(0, "0ns")]
    [InlineData(840, "840ns")]
    [InlineData(999.4, "999ns")]
    [InlineData(999.6, "1.00us")]
    [InlineData(1240, "1.24us")]
    [InlineData(12_400, "12.4us")]
    [InlineData(99_960, "100us")]
    [InlineData(1_234_567, "1.23ms")]
    [InlineData(1e9, "1.00s")]
    [InlineData(7.2e12, "7200s")]
    public void Times_are_in_the_unit_they_fit(double nanoseconds, string text) => Assert.Equal(text, HistogramFormatter.Nanoseconds(nanoseconds));

    [Theory]
    [InlineData(0, 10, 8, "")]
    [InlineData(10, 10, 8, "████████")]
    [InlineData(5, 10, 8, "████")]
    [InlineData(1, 1_000_000, 8, "▏")]
    [InlineData(3, 16, 8, "█▌")]
    public void A_bar_is_as_long_as_its_share(long count, long largest, int width, string bar) => Assert.Equal(bar, HistogramFormatter.Bar(count, largest, width));
}
