using KernelDebug.Bpf;
using KernelDebug.Bpf.Code;
using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>Generated programs before the kernel's verifier; skipped where it lets this user load none.</summary>
[Collection(BpfKernel.Collection)]
public class TracepointProgramTests
{
    [Fact]
    public void Programs_OfAllTracepointsThereAre_AreTaken()
    {
        BpfKernel.Require();
        string? all = NativeTool.Text("unshare", "-m", "sh", "-c", "{ [ -d /sys/kernel/tracing/events ] || mount -t tracefs t /sys/kernel/tracing; } && cd /sys/kernel/tracing/events && for f in */*/format; do echo \"=== $f\"; cat $f; done");
        Assert.SkipWhen(all is null, "needs root and unshare, to mount tracefs for this test alone");
        var writer = new BpfObjectWriter(4096);
        int count = 0;
        foreach (string text in all!.Split("=== ", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] names = text[..text.IndexOf('\n', StringComparison.Ordinal)].Split('/');
            if (names[0] != "ftrace")
            {
                TracepointFormat format = TracepointFormat.Parse(names[0], names[1], text, "format");
                (BpfAssembler code, TraceEventClass events) = TracepointProgram.Build(format, count++, BtfCache.OpenModule(null), 256, new TraceFilter(1));
                Assert.Equal(format.Fields.Count, events.Make(new byte[events.Size]).GetMembers().Count());
                writer.Add(format.Name, $"tp/{format}", code);
            }
        }

        Assert.InRange(count, 500, int.MaxValue);
        using BpfObject loaded = BpfObject.Read(writer.ToArray(), "all tracepoints");
        loaded.Load();
        Assert.Equal(count, loaded.Programs.Count(program => program.Descriptor >= 0));
    }

    [Fact]
    public void Header_IsTheCallers_AndWhatIsRefusedIsCounted()
    {
        // At a raw tracepoint, which is attached without tracefs: only what all programs have in common.
        BpfKernel.Require();
        var writer = new BpfObjectWriter(4096);
        writer.Add("calls", "raw_tp/sys_enter", TraceProgram.Write(0, TraceEventClass.HeaderSize, new TraceFilter(Environment.ProcessId), _ => { }));
        var events = new TraceEventClass("calls", TraceEventClass.HeaderSize, []);
        using var trace = BpfTrace.Start(new BpfTraceRequest { Path = "calls", Image = writer.ToArray(), Decode = events.Make });
        long before = Environment.TickCount64;
        BpfKernel.Call(100_000);
        trace.Stop();
        var headers = new List<TraceEventHeader>();
        while (trace.Read(TimeSpan.FromSeconds(1)) is TraceEventObject item)
        {
            headers.Add(item.GetHeader());
        }

        Assert.InRange(headers.Count + trace.Drops.Total, 100_000, int.MaxValue);
        Assert.InRange(trace.Drops.ByProgram!.Value, 1, int.MaxValue);
        Assert.Equal(headers.Count, trace.ReceivedCount);
        Assert.Single(headers.Select(header => header.ProcessId).Distinct());
        Assert.Contains(headers, header => header.Task == File.ReadAllText("/proc/thread-self/comm").Trim());
        Assert.All(headers, header => Assert.InRange(header.Cpu, 0, Environment.ProcessorCount - 1));

        // Since the machine was started; TickCount64 does not count time asleep.
        Assert.InRange(headers[0].Time.TotalMilliseconds, before - 1000, double.MaxValue);
        Assert.False(BpfKernel.IsLoaded("calls"));
    }

    [Fact]
    public void Filter_KeepsOthersOut()
    {
        BpfKernel.Require();
        var writer = new BpfObjectWriter(4096);
        writer.Add("others", "raw_tp/sys_enter", TraceProgram.Write(0, TraceEventClass.HeaderSize, new TraceFilter(int.MaxValue), _ => { }));
        using var trace = BpfTrace.Start(new BpfTraceRequest { Path = "others", Image = writer.ToArray(), Decode = new TraceEventClass("others", TraceEventClass.HeaderSize, []).Make });
        BpfKernel.Call(1000);
        trace.Stop();
        Assert.Equal((0L, 0L), (trace.ReceivedCount, trace.Drops.Total));
    }
}
