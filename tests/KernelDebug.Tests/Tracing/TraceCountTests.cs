using System.Numerics;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using KernelDebug.Tracing.Expressions;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>What is counted in the kernel, against calls whose number and values are known.</summary>
[Collection(BpfKernel.Collection)]
public class TraceCountTests
{
    private const string Argument = "regs->di";

    /// <summary>getpgid(2) of this machine, by a thread of its own name.</summary>
    private const string Thread = "kdcount";
    private const string Ours = $"id -eq 121 -and task -eq '{Thread}'";

    private static readonly FunctionTraceOptions s_ours = new() { Where = Ours, TextSize = 64 };

    [Fact]
    public void Calls_AreCountedByTheirValues()
    {
        var counts = Counted<TraceCountObject>([7, 8, 7, 7, 9, 8, 7], s_ours with { Properties = [new("which", Argument), new("count", "comm")], Aggregation = new() });
        Assert.Equal([(4L, 7UL), (2L, 8UL), (1L, 9UL)], counts.Select(count => (count.GetCount(), (ulong)count.GetMember("which")!)));

        // A value may have the name of the count itself.
        Assert.All(counts, count => Assert.Equal((Thread, "sys_enter"), ((string?)count.GetMember("count"), count.GetEventName())));
        Assert.Equal("which=7 count=kdcount", counts[0].ToString());
    }

    [Fact]
    public void ValuesThatCannotBeRead_AreCountedAsNull()
    {
        TraceCountObject only = Assert.Single(Counted<TraceCountObject>([1, 2, 3], s_ours with { Properties = [new("x", "((struct task_struct *)16)->pid")], Aggregation = new() }));
        Assert.Equal((3L, null), (only.GetCount(), only.GetMember("x")));
        TraceHistogram unread = Assert.Single(Counted<TraceHistogram>([1, 2, 3], s_ours with { Aggregation = new() { Histogram = "((struct task_struct *)16)->pid" } }));
        Assert.Equal((3L, 0L, 0m), (unread.UnreadCount, unread.Count, unread.Sum));
    }

    [Fact]
    public void Histograms_HaveEachNumberInItsPowerOfTwo()
    {
        var random = new Random(5);
        int[] values = [0, 0, 1, 2, 3, 4, 7, 8, 255, 256, int.MaxValue, .. Enumerable.Range(0, 500).Select(_ => random.Next() >> random.Next(31))];
        TraceHistogram histogram = Assert.Single(Counted<TraceHistogram>(values, s_ours with { Aggregation = new() { Histogram = Argument } }));
        Assert.Equal((values.Length, (decimal)values.Sum(value => (long)value), 0L), ((int)histogram.Count, histogram.Sum, histogram.UnreadCount));
        Assert.All(histogram.Histogram, bucket => Assert.Equal(values.Count(value => value >= bucket.Start && value < bucket.End), bucket.Count));
        Assert.All(histogram.Histogram.Skip(1), bucket => Assert.Equal(1, BitOperations.PopCount((ulong)bucket.Start)));
        Assert.Equal((0L, 1L << 31), (histogram.Histogram[0].Start, histogram.Histogram[^1].End));

        // Many empty ones in a row are left out where it is shown.
        TraceHistogram apart = Assert.Single(Counted<TraceHistogram>([1, 1024], s_ours with { Aggregation = new() { Histogram = Argument } }));
        Assert.Equal([1, 2, 4, 0, 1024], TraceHistogramFormatter.Text(apart, 60).Split('\n')[1..].Select(line => line.Trim() is "..." ? 0 : int.Parse(line.Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Histograms_HaveNumbersBelowZeroApart()
    {
        TraceHistogram histogram = Assert.Single(Counted<TraceHistogram>([1, 4, 5, 9], s_ours with { Aggregation = new() { Histogram = $"5 - (int){Argument}" } }));
        Assert.Equal([(long.MinValue, 1L), (0, 1), (1, 1), (2, 0), (4, 1)], histogram.Histogram.Select(bucket => (bucket.Start, bucket.Count)));
        Assert.Equal(1, histogram.Sum);
        Assert.Contains("below 0            1 ", TraceHistogramFormatter.Text(histogram, 100), StringComparison.Ordinal);
    }

    [Fact]
    public void Sums_AreExact_BeyondWhat64BitsHold()
    {
        // Of addresses of the kernel, unsigned, a few are more than that; and of both signs it goes up and down.
        int[] values = [1, 2, 3, 4, 5];
        TraceHistogram large = Assert.Single(Counted<TraceHistogram>(values, s_ours with { Aggregation = new() { Histogram = $"{Argument} -bor 0xfff0000000000000" } }));
        Assert.Equal((values.Length * (decimal)0xfff0000000000000) + 15, large.Sum);
        Assert.Equal((1L << 62, long.MaxValue, 5L), (large.Histogram[0].Start, large.Histogram[0].End, large.Histogram[0].Count));
        TraceHistogram signed = Assert.Single(Counted<TraceHistogram>(values, s_ours with { Aggregation = new() { Histogram = $"(long)({Argument} -bor 0x8000000000000000)" } }));
        Assert.Equal((5 * (decimal)long.MinValue) + 15, signed.Sum);
        TraceHistogram mixed = Assert.Single(Counted<TraceHistogram>(values, s_ours with { Aggregation = new() { Histogram = $"3 - (int){Argument}" } }));
        Assert.Equal(0, mixed.Sum);
    }

    [Fact]
    public void Histograms_HaveBucketsOfAWidth()
    {
        int[] values = [0, 9, 10, 35, 39, 40, int.MaxValue];
        TraceHistogram histogram = Assert.Single(Counted<TraceHistogram>(values, s_ours with { Aggregation = new() { Histogram = Argument, BucketWidth = 10 } }));
        Assert.Equal([(0L, 10L, 2L), (10, 20, 1), (30, 40, 2), (40, 50, 1), (2147483640, 2147483650, 1)], histogram.Histogram.Select(bucket => (bucket.Start, bucket.End, bucket.Count)));
        Assert.Equal(
            ["regs->di of sys_enter: 7, mean 306783397.14", $"{"0 .. 10",24} {2,12} {new string('█', 10)}", $"{"10 .. 20",24} {1,12} {new string('█', 5)}"],
            TraceHistogramFormatter.Text(histogram, 48).Split('\n')[..3]);
        TraceHistogram near = Assert.Single(Counted<TraceHistogram>(values[..6], s_ours with { Aggregation = new() { Histogram = Argument, BucketWidth = 10 } }));
        Assert.Equal([2, 1, 0, 2, 1], near.Histogram.Select(bucket => bucket.Count));
        TraceHistogram far = Assert.Single(Counted<TraceHistogram>(values[5..], s_ours with { Aggregation = new() { Histogram = $"{Argument} * 3", BucketWidth = 1 } }));
        Assert.Equal([(120L, 121L, 1L), (int.MaxValue, long.MaxValue, 1)], far.Histogram.Select(bucket => (bucket.Start, bucket.End, bucket.Count)));
    }

    [Fact]
    public void Histograms_AreToldApartByValues()
    {
        var histograms = Counted<TraceHistogram>([1, 1, 2, 3, 3, 3], s_ours with { Properties = [new("odd", $"{Argument} -band 1")], Aggregation = new() { Histogram = Argument } });
        Assert.Equal([("odd", 5L, 11m), ("odd", 1, 2)], histograms.Select(histogram => (Assert.Single(histogram.By).Key, histogram.Count, histogram.Sum)));
        Assert.Equal([1UL, 0UL], histograms.Select(histogram => Convert.ToUInt64(histogram.By[0].Value, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Stacks_AreCountedEachOnce()
    {
        var counts = Counted<TraceCountObject>([1, 2, 3, 4, 5], s_ours with { Aggregation = new() { ByStack = true } });
        Assert.Equal(5, counts.Sum(count => count.GetCount()));
        Assert.All(counts, count =>
        {
            var stack = Assert.IsType<TraceStack>(count.GetMember("Stack"));
            Assert.Contains(stack, frame => frame.Symbol?.Contains("syscall", StringComparison.Ordinal) == true);
            // Where both leave no frame of their own, it is who called them.
            Assert.Matches("^(__(traceiter|bpf_trace)_sys_enter|trace_syscall_enter)$", stack[0].Symbol);
        });
    }

    [Fact]
    public void NothingIsLost_WhereThereAreMoreValuesThanRoom()
    {
        int[] values = [.. Enumerable.Range(1, 20_000)];
        using BpfTrace trace = Trace(values, s_ours with { Properties = [new("which", Argument)], Aggregation = new() });
        long counted = trace.ReadCounts().Cast<TraceCountObject>().Sum(count => count.GetCount());
        Assert.Equal(values.Length, counted + trace.Drops.ByKeys);
        Assert.InRange(counted, 16_000, 17_000);
        Assert.Equal(trace.Drops.ByKeys, trace.Drops.Total);
    }

    [Fact]
    public void TooMuchToCountBy_IsRefused()
    {
        BpfKernel.Require();
        var wrong = Assert.Throws<TraceExpressionException>(() =>
            FunctionTrace.PlanRawTracepoints(["sys_enter"], s_ours with { TextSize = 900, Properties = [new("a", "((struct linux_binprm *)regs)->interp"), new("b", "((struct linux_binprm *)regs)->interp")], Aggregation = new() }));
        Assert.Contains("1024 bytes at most", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("is no number", Assert.Throws<TraceExpressionException>(() => FunctionTrace.PlanRawTracepoints(["sys_enter"], s_ours with { Aggregation = new() { Histogram = "comm" } })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AboveTheLimitOfTheRate_EventsAreCountedAndNotSent()
    {
        using BpfTrace trace = Trace([.. Enumerable.Range(1, 500)], s_ours with { Properties = [new("which", Argument)], RateLimit = 20 });
        int received = 0;
        for (; trace.Read(TimeSpan.FromMilliseconds(100)) is TraceEventObject; received++)
        {
        }

        // The calls may fall into more than one second of the clock's, and a change of it lets through as many again.
        Assert.Equal((500L, 0L), (received + trace.LimitedCount, trace.Drops.Total));
        Assert.InRange(received, 20, 200);
    }

    private static T[] Counted<T>(int[] values, FunctionTraceOptions options)
    {
        using BpfTrace trace = Trace(values, options);
        object[] running = [.. trace.ReadCounts()];
        trace.Stop();
        T[] final = [.. trace.ReadCounts().Select(count => Assert.IsType<T>(count, exactMatch: false))];
        Assert.Equal(running.Select(count => $"{count}"), final.Select(count => $"{count}"));
        Assert.Equal(0, trace.Drops.Total);
        return final;
    }

    /// <summary>A trace during which the calls were made.</summary>
    private static BpfTrace Trace(int[] values, FunctionTraceOptions options)
    {
        BpfKernel.Require();
        Assert.SkipUnless(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, "knows the numbers of system calls of x86-64");
        BpfTrace trace = BpfTrace.Start(FunctionTrace.PlanRawTracepoints(["sys_enter"], options).Request());
        var caller = new Thread(() =>
        {
            File.WriteAllText("/proc/thread-self/comm", Thread);
            BpfKernel.CallWith(values);
        });
        caller.Start();
        caller.Join();
        return trace;
    }
}
