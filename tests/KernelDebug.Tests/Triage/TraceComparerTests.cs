using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Triage;
using Xunit;

namespace KernelDebug.Tests.Triage;

public class TraceComparerTests
{
    private static readonly PanicTrace s_one = Oops.PageFault("0000000000000010", "RAX: 0000000000000000 RBX: ffff888004b0c040 RCX: 0000000000000027");

    [Fact]
    public void Addresses_offsets_and_suffixes_do_not_differ()
    {
        PanicTrace other = Oops.PageFault("0000000000000010", "RAX: 0000000000000000 RBX: ffff99990bb0d040 RCX: 0000000000000031", rip: "RIP: 0010:foo_open.isra.0+0x20/0x50");
        TraceComparison comparison = TraceComparer.Compare(s_one, other);
        Assert.Empty(comparison.Differences);
        Assert.True(comparison.IsSameCrash);
        Assert.Equal(1, comparison.CommonFrames);
    }

    [Fact]
    public void What_differs_is_named_with_both_sides()
    {
        PanicTrace other = Oops.PageFault("0000000000000018", "RAX: 6b6b6b6b6b6b6b6b RBX: ffff99990bb0d040 RCX: 0000000000000031", rip: "RIP: 0010:bar_open+0x20/0x50");
        TraceComparison comparison = TraceComparer.Compare(s_one, other);
        Assert.False(comparison.IsSameCrash);
        Assert.Contains(new TraceDifference("InstructionPointer", null, "foo_open", "bar_open"), comparison.Differences);
        Assert.Contains(new TraceDifference("Registers", "RAX", "zero", "POISON_FREE"), comparison.Differences);
        Assert.Contains(new TraceDifference("FaultAddress", null, "0x10", "0x18"), comparison.Differences);
        Assert.Contains(comparison.Differences, d => d is { Property: "Diagnosis", Item: "UseAfterFree", SideIndicator: "=>" });
        Assert.DoesNotContain(comparison.Differences, d => d.Item is "RBX" or "RCX" || d.Property == "CallTrace");
    }

    [Fact]
    public void Frames_of_one_trace_alone_are_found_in_their_order()
    {
        PanicTrace one = Oops.Report("BUG: scheduling while atomic: sh/120/0x00000002", "", " a+0x1/0x2\n b+0x1/0x2\n c+0x1/0x2\n __x64_sys_read+0x1/0x2\n ? noise+0x1/0x2");
        PanicTrace other = Oops.Report("BUG: scheduling while atomic: sh/120/0x00000002", "", " a+0x9/0x20\n x+0x1/0x2\n c.part.0+0x1/0x2\n ksys_read+0x1/0x2\n d+0x1/0x2");
        TraceComparison comparison = TraceComparer.Compare(one, other);
        Assert.Equal(
            ["CallTrace #1 <= b", "CallTrace #1 => x", "CallTrace #4 => d"],
            comparison.Differences.Where(d => d.Property == "CallTrace").Select(d => d.ToString()));
        Assert.Equal(1, comparison.CommonFrames);
    }

    [Fact]
    public void Modules_and_taint_are_compared_by_name()
    {
        const string Body = "Modules linked in: {0}\nCPU: 1 PID: 120 Comm: sh Tainted: {1} 6.1.0 #1\nCall Trace:\n foo+0x1/0x2\n";
        PanicTrace Read(string modules, string taint) => Oops.Read("WARNING: CPU: 1 PID: 120 at fs/foo.c:12 foo+0x1/0x2\n" + string.Format(Body, modules, taint));
        TraceComparison comparison = TraceComparer.Compare(Read("gtp5g(OE) ext4 jbd2", "G           OE    "), Read("gtp5g(O) ext4 xfs", "G        W  O     "));
        Assert.Equal(
            ["Taint E <= E: unsigned module loaded", "Taint W => W: warning issued before", "Modules gtp5g <> gtp5g(OE) | gtp5g(O)", "Modules jbd2 <= jbd2", "Modules xfs => xfs"],
            comparison.Differences.Select(d => d.ToString()));
    }

    [Fact]
    public void Every_fixture_is_the_same_as_itself() => Assert.All(
        LogFixtures.AllLogs().SelectMany(log => LogFixtures.Traces(log)), trace => Assert.Empty(TraceComparer.Compare(trace, trace).Differences));
}
