using System.Buffers.Binary;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>Calls put together to trees, of records as programs send them: when a call ends.</summary>
public class TraceTreesTests
{
    private const int LatencyAt = TreeCode.IsOutermostAt + 8, Size = LatencyAt + 8;

    private static readonly string[] s_names = ["outer", "middle", "inner"];
    private readonly TraceEventClass[] _kinds = [.. s_names.Select(name => new TraceEventClass(name, Size, [TraceValues.Number("LatencyNs", LatencyAt, 8, true)!]))];
    private readonly TraceTrees _trees;

    public TraceTreesTests() => _trees = new(_kinds);

    private void Ends(string name, ulong began, ulong took, int thread = 7, int cpu = 0, bool outermost = false)
    {
        byte[] record = new byte[Size];
        BinaryPrimitives.WriteUInt64LittleEndian(record, began);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(TraceEventClass.KindAt), Array.IndexOf(s_names, name));
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(TraceEventClass.CpuAt), cpu);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(TraceEventClass.IdsAt), thread);
        record[TreeCode.IsOutermostAt] = outermost ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(LatencyAt), took);
        _trees.Add(record);
    }

    private List<TraceCall> Taken()
    {
        var all = new List<TraceCall>();
        while (_trees.Take() is { } tree)
        {
            all.Add(tree);
        }

        return all;
    }

    private static string Shape(TraceCall call) => call.Calls.Count == 0 ? call.Function : $"{call.Function}({string.Join(' ', call.Calls.Select(Shape))})";

    [Fact]
    public void Calls_AreInThoseTheyWereMadeIn()
    {
        Ends("inner", 20, 5);
        Ends("inner", 30, 5);
        Ends("middle", 15, 30);
        Ends("inner", 50, 1);
        Assert.Empty(Taken());
        Assert.True(_trees.HasMore);
        Ends("outer", 10, 100, outermost: true);
        TraceCall tree = Assert.Single(Taken());
        Assert.Equal("outer(middle(inner inner) inner)", Shape(tree));
        Assert.Equal([0, 1, 2, 2, 1], tree.Flatten().Select(item => item.Depth));
        Assert.True(tree.IsOutermost);
        Assert.False(_trees.HasMore);
        Assert.Equal(
            [" 0/7, CPU 0", "    100ns  outer", "     30ns  ├─ middle", "      5ns  │  ├─ inner", "      5ns  │  └─ inner", "      1ns  └─ inner"],
            tree.ToString().Split('\n'));
    }

    [Fact]
    public void Tasks_AreApart_AndIdleTasksByTheirProcessor()
    {
        Ends("inner", 20, 5, thread: 7);
        Ends("inner", 21, 5, thread: 8);
        Ends("inner", 22, 5, thread: 0, cpu: 0);
        Ends("inner", 23, 5, thread: 0, cpu: 1);
        Ends("outer", 10, 50, thread: 0, cpu: 1, outermost: true);
        Ends("outer", 11, 50, thread: 8, outermost: true);
        Assert.Equal([("outer(inner)", 0, 1), ("outer(inner)", 8, 0)], Taken().Select(tree => (Shape(tree), tree.Calls[0].ThreadId, tree.Calls[0].Cpu)));
        _trees.End();
        Assert.Equal([("inner", false), ("inner", false)], Taken().Select(tree => (Shape(tree), tree.IsOutermost)));
    }

    [Fact]
    public void CallsWhoseCallerIsMissing_ComeBeforeTheNextTree()
    {
        // The call they were made in was dropped.
        Ends("inner", 20, 5);
        Ends("middle", 30, 5);
        Ends("inner", 110, 5);
        Ends("outer", 100, 50, outermost: true);
        Assert.Equal([("inner", false), ("middle", false), ("outer(inner)", true)], Taken().Select(tree => (Shape(tree), tree.IsOutermost)));
        Assert.False(_trees.HasMore);
    }

    [Fact]
    public void WhatWaits_IsBounded()
    {
        for (int i = 0; i <= TraceTrees.MostPending; i++)
        {
            Ends("inner", (ulong)(i * 10), 5);
        }

        Assert.Equal(TraceTrees.MostPending + 1, Taken().Count);
        Assert.False(_trees.HasMore);
    }

    [Fact]
    public void ATreeOfAnyDepth_IsShown()
    {
        for (int i = 100_000; i > 0; i--)
        {
            Ends("inner", (ulong)i, 1, outermost: i == 1);
        }

        TraceCall tree = Assert.Single(Taken());
        Assert.Equal(100_000, tree.Flatten().Count());
        Assert.InRange(tree.ToString().Split('\n').Length, 900, 1100);
        Assert.All(TraceCallFormatter.Text(tree, 80).Split('\n'), line => Assert.InRange(line.Length, 1, 80));
    }
}
