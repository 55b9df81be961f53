using System.Buffers.Binary;
using System.Text;
using KernelDebug.Bpf;

namespace KernelDebug.Tracing;

/// <summary>Reads what programs have counted (<see cref="CountCode"/>).</summary>
/// <param name="kinds">The records' kinds, by number.</param>
/// <param name="asked">What is counted.</param>
internal sealed class TraceCounts(TraceEventClass[] kinds, TraceAggregation asked)
{
    /// <summary>What there is, the most frequent first: counts, or histograms.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public IReadOnlyList<object> Read(BpfObject counting)
    {
        BpfMap counts = counting.Maps.First(map => map.Name == CountCode.Counts), stacks = asked.ByStack ? counting.Maps.First(map => map.Name == CountCode.Stacks) : counts;
        (byte[] Record, Int128 Sum)[] rows = [.. counts.Items().Select(item => (Record(item.Key, item.Value), BinaryPrimitives.ReadInt128LittleEndian(item.Value.AsSpan(sizeof(long)))))];
        if (asked.ByStack)
        {
            rows = [.. rows.Select(row => (WithStack(row.Record, stacks), row.Sum))];
        }

        if (asked.Histogram is null)
        {
            return [.. rows.Select(row => (TraceCountObject)Made(row.Record)).OrderByDescending(row => row.GetCount())];
        }

        // The buckets of one key: all of it but the bucket, and the count before it.
        IEnumerable<IGrouping<(int, string), (byte[] Record, Int128 Sum)>> groups =
            rows.GroupBy(row => (TraceEventClass.KindOf(row.Record), Encoding.Latin1.GetString(row.Record.AsSpan(CountCode.StackAt))));
        return [.. groups.Select(Histogram).OrderByDescending(histogram => histogram.Count)];
    }

    private static byte[] Record(byte[] key, byte[] value) => [.. value.AsSpan(0, sizeof(long)), .. key];

    private TraceRecordObject Made(byte[] record) => kinds[TraceEventClass.KindOf(record)].Make(record);

    /// <summary>The stack behind the record, as <see cref="TraceStacks"/> has it: the map is gone when someone looks.</summary>
    private static byte[] WithStack(byte[] record, BpfMap stacks)
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(CountCode.StackAt));
        byte[] stack = new byte[TraceStacks.Size];
        byte[]? addresses = number < 0 ? null : stacks.Get(BitConverter.GetBytes((uint)number));
        BinaryPrimitives.WriteInt64LittleEndian(stack, addresses is null ? Math.Min(number, -1) : TraceStacks.LengthOf(addresses));
        addresses?.CopyTo(stack, sizeof(long));
        return [.. record, .. stack];
    }

    private TraceHistogram Histogram(IEnumerable<(byte[] Record, Int128 Sum)> rows)
    {
        var counts = new SortedDictionary<int, long>();
        Int128 sum = 0;
        long unread = 0;
        byte[] first = rows.First().Record;
        foreach ((byte[] record, Int128 part) in rows)
        {
            int bucket = BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(CountCode.BucketAt));
            long count = BinaryPrimitives.ReadInt64LittleEndian(record);
            sum += part;
            if (bucket == CountCode.Unread)
            {
                unread += count;
            }
            else
            {
                counts[bucket] = count;
            }
        }

        TraceRecordObject key = Made(first);
        return new TraceHistogram(
            key.GetEventName(), asked.Histogram!, key.GetMembers().ToArray(), unread, (decimal)sum, HistogramBucket.OfCounts(counts, asked.BucketWidth, asked.IsOfLatency ? HistogramUnit.Nanoseconds : HistogramUnit.None));
    }
}
