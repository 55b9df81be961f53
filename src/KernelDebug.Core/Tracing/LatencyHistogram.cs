using System.Numerics;

namespace KernelDebug.Tracing;

/// <summary>What a histogram's values are.</summary>
public enum HistogramUnit
{
    /// <summary>Numbers.</summary>
    None,
    /// <summary>Nanoseconds.</summary>
    Nanoseconds,
}

/// <summary>Values between two powers of two, and how many there were.</summary>
/// <param name="Start">The least value of it; the least there is where it is of all below zero.</param>
/// <param name="End">The least value above it; the greatest there is where it is of all from the start on.</param>
/// <param name="Count">How many.</param>
/// <param name="Largest">How many the fullest bucket of the histogram has, which bars are drawn against.</param>
/// <param name="Unit">What the values are.</param>
public sealed record HistogramBucket(long Start, long End, long Count, long Largest, HistogramUnit Unit)
{
    /// <summary>Buckets by the numbers that programs count them by (<see cref="CountCode"/>), those without values between others included as far as there is an end to them.</summary>
    /// <param name="counts">The number of values by bucket.</param>
    /// <param name="width">How wide buckets are; null for powers of two.</param>
    /// <param name="unit">What the values are.</param>
    internal static IReadOnlyList<HistogramBucket> OfCounts(SortedDictionary<int, long> counts, long? width, HistogramUnit unit)
    {
        const int MostFilled = 1000, LastPower = 63;
        if (width is null && counts.Remove(LastPower + 1, out long beyond))
        {
            // Unsigned numbers may have 64 bits; the last bucket is of all that have 63 or more.
            counts[LastPower] = counts.GetValueOrDefault(LastPower) + beyond;
        }

        int[] filled = [.. counts.Keys.Where(bucket => bucket is >= 0 and not CountCode.Last)];
        IEnumerable<int> all = filled.Length > 0 && filled[^1] - filled[0] < MostFilled ? Enumerable.Range(filled[0], filled[^1] - filled[0] + 1) : filled;
        long largest = counts.Values.DefaultIfEmpty().Max();
        return counts.Keys.Where(bucket => bucket == CountCode.Negative).Concat(all).Concat(counts.Keys.Where(bucket => bucket == CountCode.Last)).Select(bucket =>
        {
            (long start, long end) = bucket == CountCode.Negative ? (long.MinValue, 0)
                : width is { } wide ? (SaturatingProduct(bucket, wide), bucket == CountCode.Last ? long.MaxValue : SaturatingProduct(bucket + 1L, wide))
                : (bucket == 0 ? 0 : 1L << bucket - 1, bucket == LastPower ? long.MaxValue : 1L << bucket);
            return new HistogramBucket(start, end, counts.GetValueOrDefault(bucket), largest, unit);
        }).ToArray();

        static long SaturatingProduct(long left, long right) => (long)Int128.Min((Int128)left * right, long.MaxValue);
    }

    /// <summary>Buckets of powers of two, those without values between others included.</summary>
    /// <param name="counts">The number of values of each length in bits: 0 at 0, 1 at 1, 2 and 3 at 2.</param>
    /// <param name="unit">What the values are.</param>
    public static IReadOnlyList<HistogramBucket> OfPowers(ReadOnlySpan<long> counts, HistogramUnit unit)
    {
        int first = counts.IndexOfAnyExcept(0), last = counts.LastIndexOfAnyExcept(0);
        long largest = 0;
        foreach (long count in counts)
        {
            largest = Math.Max(largest, count);
        }

        var buckets = new List<HistogramBucket>();
        for (int bits = Math.Max(first, 0); bits <= last; bits++)
        {
            buckets.Add(new HistogramBucket(bits == 0 ? 0 : 1L << bits - 1, bits == 63 ? long.MaxValue : 1L << bits, counts[bits], largest, unit));
        }

        return buckets;
    }
}

/// <summary>
/// How long something took, of any number of times, in bounded memory: number, sum, least and greatest exactly, everything between within
/// <see cref="RelativeError"/>. Each power of two is split into 64 equal parts (the HDR histogram's layout); what is below 128 ns is exact.
/// </summary>
public sealed class LatencyHistogram
{
    /// <summary>How far a percentile may be off: half a part of the 64 in the power of two it begins.</summary>
    public const double RelativeError = 1.0 / (2 * Parts);

    private const int PartBits = 6;
    private const int Parts = 1 << PartBits;

    /// <summary>Values of 63 bits.</summary>
    private const int ValueBits = 63;

    /// <summary>Counts by the power of two; made when a value comes. The first has two powers' worth, one value each.</summary>
    private readonly long[]?[] _powers = new long[ValueBits - PartBits][];
    private Int128 _total;

    /// <summary>Number of values.</summary>
    public long Count { get; private set; }

    /// <summary>The least in nanoseconds; 0 where there is none.</summary>
    public long Minimum { get; private set; }

    /// <summary>The greatest in nanoseconds; 0 where there is none.</summary>
    public long Maximum { get; private set; }

    /// <summary>The sum in nanoseconds.</summary>
    public Int128 Total => _total;

    /// <summary>The mean in nanoseconds; 0 where there is none.</summary>
    public double Mean => Count == 0 ? 0 : (double)_total / Count;

    /// <summary>Takes a value.</summary>
    /// <param name="nanoseconds">How long it took.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public void Add(long nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nanoseconds);
        Minimum = Count == 0 ? nanoseconds : Math.Min(Minimum, nanoseconds);
        Maximum = Math.Max(Maximum, nanoseconds);
        Count++;
        _total += nanoseconds;
        int power = Math.Max(BitOperations.Log2((ulong)nanoseconds) - PartBits, 0);
        long[] parts = _powers[power] ??= new long[2 * Parts];
        parts[nanoseconds >> power]++;
    }

    /// <summary>The value that a share of all does not exceed, by the nearest rank: of 10 values the 90th percentile is the ninth.</summary>
    /// <param name="share">The share, 0 to 1: 0.99 for the 99th percentile.</param>
    /// <returns>Nanoseconds, within <see cref="RelativeError"/>, and never outside the least and the greatest; 0 where there is none.</returns>
    public long Percentile(decimal share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        long rank = Math.Max((long)Math.Ceiling(share * Count), 1);
        if (Count == 0 || rank == 1)
        {
            return Minimum;
        }

        if (rank == Count)
        {
            return Maximum;
        }

        for (int power = 0; power < _powers.Length; power++)
        {
            long[] parts = _powers[power] ?? [];
            for (int part = 0; part < parts.Length; part++)
            {
                rank -= parts[part];
                if (rank <= 0)
                {
                    long middle = ((long)part << power) + (1L << power) / 2;
                    return Math.Clamp(middle, Minimum, Maximum);
                }
            }
        }

        return Maximum;
    }

    /// <summary>The values by powers of two of nanoseconds, those between the least and the greatest.</summary>
    public IReadOnlyList<HistogramBucket> Buckets()
    {
        Span<long> counts = stackalloc long[ValueBits + 1];
        for (int power = 0; power < _powers.Length; power++)
        {
            long[] parts = _powers[power] ?? [];
            for (int part = 0; part < parts.Length; part++)
            {
                counts[part == 0 ? 0 : BitOperations.Log2((uint)part) + 1 + power] += parts[part];
            }
        }

        return HistogramBucket.OfPowers(counts, HistogramUnit.Nanoseconds);
    }
}
