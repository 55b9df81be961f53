using KernelDebug.Bpf;
using KernelDebug.Bpf.Code;
using KernelDebug.Btf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Bpf;

/// <summary>Real programs in this machine's kernel; skipped where it does not let this user load any.</summary>
[Collection(BpfKernel.Collection)]
public class TraceTests
{
    private static readonly string s_calls = FixtureFiles.Path("bpf/syscalls.bpf.o");

    /// <summary>libbpf knows the kernels before it; the kernel knows all of its own.</summary>
    [Fact]
    public void Types_AreNamedAsTheKernelNamesThem()
    {
        Assert.SkipUnless(File.Exists(BtfObjects.KernelFile), "needs a kernel with BTF");
        (string Enumeration, string Prefix, Func<int, string> Name)[] all =
        [
            ("enum bpf_prog_type", "BPF_PROG_TYPE_", BpfTypeNames.Program), ("enum bpf_map_type", "BPF_MAP_TYPE_", BpfTypeNames.Map),
            ("enum bpf_link_type", "BPF_LINK_TYPE_", BpfTypeNames.Link), ("enum bpf_attach_type", "BPF_", BpfTypeNames.Attach),
        ];
        foreach ((string enumeration, string prefix, Func<int, string> name) in all)
        {
            BtfEnumValue[] values = [.. Assert.IsType<BtfEnum>(BtfCache.OpenModule(null).Find(enumeration)).Values.Where(value => value.Name.StartsWith(prefix, StringComparison.Ordinal))];
            Assert.NotEmpty(values);
            Assert.All(values.GroupBy(value => (int)value.Value), group => Assert.Contains(name(group.Key), group.Select(value => value.Name[prefix.Length..].ToLowerInvariant())));
        }

        Assert.Equal("1000000", BpfTypeNames.Attach(1_000_000));
    }

    [Theory]
    [InlineData("WAY_RING")]
    [InlineData("WAY_PERF")]
    public void Events_AreTheCalls(string way)
    {
        BpfKernel.Require();
        using var trace = BpfTrace.Start(Request(way, burst: 3));
        BpfKernel.Call(5);
        trace.Stop();
        BpfEvent[] events = [.. All(trace)];
        Assert.Equal(15, events.Length);
        for (int i = 0; i < events.Length; i++)
        {
            var item = Assert.IsAssignableFrom<BtfRecordObject>(events[i].Value);
            Assert.Equal((ulong)i, item.GetMember("sequence"));
            Assert.Equal((uint)Environment.ProcessId, item.GetMember("pid"));
            Assert.Equal(-1 - (i % 3), item.GetMember("argument"));
            Assert.Equal(way, item.GetMember("way")!.ToString());
            Assert.Equal((1u, 77u), (item.GetMember("flag"), item.GetMember("rest")));
        }

        Assert.Equal(0, trace.Drops.Total);
        Assert.Equal(BpfTraceState.Stopped, trace.State);
        Assert.False(BpfKernel.IsLoaded("send"));
    }

    [Fact]
    public void AnOverload_IsCountedExactly()
    {
        BpfKernel.Require();
        using var trace = BpfTrace.Start(Request("WAY_RING", burst: 64) with { QueueBytes = 4096 });
        BpfKernel.Call(5000);
        trace.Stop();
        Assert.True(trace.Drops.ByReader > 0);
        Assert.Equal(5000 * 64, trace.ReceivedCount + trace.Drops.Total);
        Assert.Equal(trace.ReceivedCount, All(trace).Count());
    }

    [Fact]
    public void ARefusal_HasTheWholeOfTheVerifiersLog()
    {
        BpfKernel.Require();
        var refused = Assert.Throws<BpfException>(() => BpfTrace.Start(new BpfTraceRequest { Path = FixtureFiles.Path("bpf/refused.bpf.o"), IsWanted = program => program.Name == "unchecked" }));
        Assert.Equal(BpfRefusalKind.VerifierRejected, refused.Refusal.Kind);
        Assert.Equal(("unchecked", "EACCES"), (refused.Program, refused.ErrorName));
        Assert.Contains("invalid mem access", refused.VerifierTail, StringComparison.Ordinal);
        Assert.Contains("processed", refused.VerifierLog, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("absent", BpfRefusalKind.NoSuchTarget)]
    [InlineData("absent_tracepoint", BpfRefusalKind.NoSuchTarget)]
    [InlineData("somewhere", BpfRefusalKind.MissingTarget)]
    [InlineData("packets", BpfRefusalKind.MissingTarget)]
    public void ARefusal_SaysItsKind(string name, BpfRefusalKind kind)
    {
        BpfKernel.Require();
        var refused = Assert.Throws<BpfException>(() => BpfTrace.Start(new BpfTraceRequest { Path = FixtureFiles.Path("bpf/refused.bpf.o"), IsWanted = program => program.Name == name }));
        Assert.Equal(kind, refused.Refusal.Kind);
        Assert.NotNull(refused.Refusal.Remedy);
    }

    [Fact]
    public void Stopping_IsDoneOnce_FromAnyThread()
    {
        BpfKernel.Require();
        using var trace = BpfTrace.Start(Request("WAY_RING", burst: 1));
        BpfKernel.Call(10);
        Parallel.For(0, 8, _ => trace.Stop());
        Assert.Equal(10, All(trace).Count());
        Assert.Null(trace.Read(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void AnIterator_EndsByItself_AndStoppingItTwiceChangesNothing()
    {
        BpfKernel.Require();
        using var trace = BpfTrace.Start(Iterator(null));
        string[] lines = [.. All(trace).Select(item => Assert.IsType<string>(item.Value))];
        Assert.Contains(lines, line => line.StartsWith($"{Environment.ProcessId} {Environment.ProcessId} ", StringComparison.Ordinal));
        Assert.Equal(BpfTraceState.Completed, trace.State);
        for (int i = 0; i < 2; i++)
        {
            trace.Stop();
            Assert.Equal(BpfTraceState.Completed, trace.State);
            Assert.Equal(0, trace.Drops.ByProgram);
        }
    }

    [Fact]
    public void AnIterator_EndsByItself_ThoughItsObjectHasABuffer()
    {
        BpfKernel.Require();
        var code = new BpfAssembler();
        code.Move(BpfRegister.R0, 0);
        code.Exit();
        var writer = new BpfObjectWriter(4096);
        writer.Add("walk", "iter/task", code);
        using var trace = BpfTrace.Start(new BpfTraceRequest { Path = "walk", Image = writer.ToArray(), Decode = record => record });
        Assert.Null(trace.Read(TimeSpan.FromSeconds(30)));
        Assert.Equal(BpfTraceState.Completed, trace.State);
    }

    [Fact]
    public void WhatIsLeftBehindWholeRecords_IsHandedOn()
    {
        BpfKernel.Require();

        // Its lines are no records: read as some, all of the text must come, the end in a piece of what is left.
        using var trace = BpfTrace.Start(Iterator("task_event"));
        BpfEvent[] pieces = [.. All(trace)];
        const int Size = 24;
        Assert.All(pieces[..^1], piece => Assert.Equal(Size, piece.Bytes.Length));
        Assert.InRange(pieces[^1].Bytes.Length, 1, Size);

        // The structure ends in text, and what a piece lacks of that is NUL.
        Assert.Equal((byte)'\n', pieces[^1].Bytes.Last(item => item != 0));
        Assert.All(pieces, piece => Assert.False(piece.IsLine));
    }

    [Fact]
    public void ACutObject_IsAnErrorWhereverItIsCut()
    {
        BpfKernel.Require();
        byte[] whole = File.ReadAllBytes(s_calls);
        using var tree = new TempTree();
        for (int length = 0; length < whole.Length; length += 7)
        {
            string path = tree.Put("cut.o", whole[..length]);
            Exception? cause = Record.Exception(() => BpfObject.Open(path).Dispose());
            Assert.True(cause is BinaryFormatException or BpfException, $"at {length}: {cause}");
        }
    }

    private static BpfTraceRequest Iterator(string? type) => new() { Path = FixtureFiles.Path("bpf/says.bpf.o"), IsWanted = program => program.Name == "lines", EventType = type };

    private static BpfTraceRequest Request(string way, uint burst) => new()
    {
        Path = s_calls,
        Globals = new Dictionary<string, object?> { ["wanted_pid"] = Environment.ProcessId, ["way"] = way, ["burst"] = burst },
    };

    private static IEnumerable<BpfEvent> All(BpfTrace trace)
    {
        while (!trace.IsDrained)
        {
            if (trace.Read(TimeSpan.FromMilliseconds(10)) is BpfEvent item)
            {
                yield return item;
            }
        }
    }
}
