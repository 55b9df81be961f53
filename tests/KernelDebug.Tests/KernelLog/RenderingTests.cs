using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>One report as dmesg, journald, rsyslog, a serial console and others show it: what is read must not depend on it.</summary>
public class RenderingTests
{
    public static TheoryData<string, string> Renderings
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string name in LogFixtures.Cases("renderings"))
            {
                foreach (string file in Directory.GetFiles(Path.Combine(LogFixtures.Root, "renderings", name)).Order(StringComparer.Ordinal))
                {
                    data.Add(name, Path.GetFileName(file));
                }
            }
            return data;
        }
    }

    [Fact]
    public void There_are_19_of_each() => Assert.Equal(57, Renderings.Count);

    [Theory, MemberData(nameof(Renderings))]
    public void The_messages_are_the_same(string name, string file)
    {
        if (file is "old-addr.log" or "stacktrace-build-id.log")
        {
            // The frames themselves are written differently in these; the traces are compared below.
            return;
        }
        // dmesg -t prints no prefix at all: its lines are the messages.
        var messages = LogFixtures.ReadLines("renderings", name, "dmesg-t.log");
        var actual = LogFixtures.Parse(LogFixtures.ReadLines("renderings", name, file)).Select(l => l.CleanMessage);
        // The serial console goes on with what user space printed.
        Assert.Equal(messages, file == "serial-crlf.log" ? actual.Take(messages.Length) : actual);
    }

    [Theory, MemberData(nameof(Renderings))]
    public void The_reports_are_the_same(string name, string file)
    {
        var expected = LogFixtures.Traces("renderings", name, "dmesg-t.log");
        var actual = LogFixtures.Traces("renderings", name, file);
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (e, a) in expected.Zip(actual))
        {
            Assert.Equal((e.Kind, e.Title, e.Cpu, e.ProcessId, e.Comm, e.KernelRelease, e.Hardware), (a.Kind, a.Title, a.Cpu, a.ProcessId, a.Comm, a.KernelRelease, a.Hardware));
            Assert.Equal((e.FirstLine, e.LastLine, e.KaslrOffset, e.ReportedFile, e.ReportedLine), (a.FirstLine, a.LastLine, a.KaslrOffset, a.ReportedFile, a.ReportedLine));
            Assert.Equal((e.Taint?.Flags, e.CorruptedReason), (a.Taint?.Flags, a.CorruptedReason));
            Assert.Equal(e.Registers, a.Registers);
            Assert.Equal(e.Code?.Bytes, a.Code?.Bytes);
            Assert.Equal(e.Code?.FaultIndex, a.Code?.FaultIndex);
            Assert.Equal(e.Modules, a.Modules);
            Assert.Equal(e.CallTrace.Select(Shape), a.CallTrace.Select(Shape));
            Assert.Equal(new[] { e.InstructionPointer }.OfType<TraceFrame>().Select(Shape), new[] { a.InstructionPointer }.OfType<TraceFrame>().Select(Shape));
        }
    }

    [Fact]
    public void Old_frames_carry_their_address_and_new_ones_their_build_id()
    {
        var old = LogFixtures.Traces("renderings", "a4-xmit-doubleskb", "old-addr.log")[0];
        Assert.All(old.CallTrace, f => Assert.Equal(0xffffffff81234567, f.Location.Reference.Address));
        var fresh = LogFixtures.Traces("renderings", "a4-xmit-doubleskb", "stacktrace-build-id.log")[0];
        Assert.Equal("eb4fbcd037e7253717950bf2b93bd5566f47c56f", fresh.KernelBuildId);
        Assert.All(fresh.CallTrace, f => Assert.Equal(f.Module is null ? null : "c0ba1fc41e904eec58ca79917d3711d50c1b5543", f.BuildId));
    }

    private static (int, string?, ulong?, ulong?, string?, bool, bool, TraceContext) Shape(TraceFrame f) =>
        (f.LineNumber, f.Symbol, f.Offset, f.Size, f.Module, f.IsReliable, f.IsOutOfTree, f.Context);
}
