using KernelDebug.Decoding;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>A bundle in a vmlinux's place: found, checked against the log, some of it left out.</summary>
public sealed class BundleFileTests : IDisposable
{
    private const string Release = "6.6.6-test";
    private const string BuildId = "0123456789abcdef0123456789abcdef01234567";
    private const string OtherId = "fedcba9876543210fedcba9876543210fedcba98";
    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("RIP: 0010:dup+0x4/0x20", 0x1004)]
    [InlineData("RIP: 0010:dup+0x4/0x30", 0x1044)]
    [InlineData("RIP: 0010:label+0x2/0x10", 0x1092)]
    public void Names_offsets_and_sizes_lead_to_the_same_place(string line, ulong address)
    {
        SymbolLocation place = Place(Whole(Kernel()), line);

        Assert.Equal((TinyKernel.LineOf(address), address), (place.Line, place.Candidates.Single().LinkAddress));
        Assert.Null(place.Reason);
    }

    [Fact]
    public void Another_size_is_another_build()
    {
        SymbolLocation place = Place(Whole(Kernel()), "RIP: 0010:a+0x4/0x28");

        Assert.Equal((UnresolvedKind.SizeMismatch, 0), (place.Reason?.Kind, place.Frames.Count));
    }

    [Theory]
    [InlineData($"CPU: 0 PID: 1 Comm: a Not tainted 5.5.5-other #1", $" a+0x11/0x20")]
    [InlineData($"CPU: 0 PID: 1 Comm: a Not tainted {Release} #1 {OtherId}", $" a+0x11/0x20")]
    public void Another_release_or_build_id_is_refused(params string[] log)
    {
        string bundle = Whole(Kernel());

        DecodedLog decoded = DecodedLog.Of(new SymbolizerOptions { Vmlinux = bundle, Root = DecodedLog.Nowhere }, log);

        Assert.Equal(UnresolvedKind.BuildIdMismatch, Assert.Single(decoded.Locations).Reason?.Kind);
        Assert.Contains(decoded.Complaints, d => d.Id == "BuildIdMismatch" && d.Message.Contains(bundle, StringComparison.Ordinal));
    }

    public static TheoryData<string> Places =>
    [
        $"/boot/vmlinux-{Release}.gsym", $"/boot/{Release}.gsym", $"/usr/lib/debug/boot/vmlinux-{Release}.gsym", $"/usr/lib/debug/boot/{Release}.gsym",
        $"/lib/modules/{Release}/vmlinux.gsym", $"/usr/lib/debug/lib/modules/{Release}/{Release}.gsym",
    ];

    [Theory, MemberData(nameof(Places))]
    public void It_is_found_by_the_release(string place)
    {
        Whole(Kernel(), place);

        DecodedLog log = DecodedLog.Of(new SymbolizerOptions { Root = _tree.Root }, $"CPU: 0 PID: 1 Comm: a Not tainted {Release} #1", " a+0x11/0x20");

        Assert.Equal(TinyKernel.LineOf(0x1030), Assert.Single(log.Locations).Line);
        Assert.Contains($"vmlinux: using {_tree.Root}{place}", log.Told);
    }

    [Fact]
    public void A_vmlinux_comes_before_a_bundle()
    {
        Whole(Kernel(), $"/boot/vmlinux-{Release}.gsym");
        string vmlinux = _tree.Put($"/lib/modules/{Release}/vmlinux", Kernel().Build());

        DecodedLog log = DecodedLog.Of(new SymbolizerOptions { Root = _tree.Root }, $"CPU: 0 PID: 1 Comm: a Not tainted {Release} #1", " a+0x11/0x20");

        Assert.Contains($"vmlinux: using {vmlinux}", log.Told);
    }

    [Fact]
    public void Modules_come_from_the_bundle_of_the_vmlinux_or_of_the_module_path()
    {
        string both = TinyBundle.Of(_tree, "both.gsym", _tree.Put("vmlinux", Kernel().Build()), DecodedLog.SampleModule);
        string alone = TinyBundle.Of(_tree, "alone.gsym", DecodedLog.SampleModule);
        const string Line = " gtpsim_dev_xmit+0x114/0x170 [gtpsim]";

        SymbolLocation expected = DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), Line).Locations.Single();
        SymbolLocation inBoth = DecodedLog.Of(new SymbolizerOptions { Vmlinux = both, Root = DecodedLog.Nowhere }, Line).Locations.Single();
        SymbolLocation inOwn = DecodedLog.Of(DecodedLog.WithModule(alone), Line).Locations.Single();

        Assert.Equal(expected.Frames.Select(f => f with { Column = null }), inBoth.Frames);
        Assert.Equal(inBoth.Frames, inOwn.Frames);
        Assert.Equal((expected.BuildId, both + "(gtpsim)"), (inBoth.BuildId, inBoth.Candidates.Single().ObjectPath));
        Assert.NotEmpty(inBoth.Frames);
    }

    [Fact]
    public void A_bundle_without_a_vmlinux_is_none()
    {
        string alone = TinyBundle.Of(_tree, "alone.gsym", DecodedLog.SampleModule);

        var refusal = Assert.Throws<BinaryFormatException>(() => DecodedLog.Of(new SymbolizerOptions { Vmlinux = alone, Root = DecodedLog.Nowhere }, " a+0x1/0x20"));

        Assert.Contains("gtpsim", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_the_functions_of_a_log_the_sizes_stay_and_others_say_nothing_of_the_build()
    {
        string bundle = OfLog(Kernel(), " a+0x4/0x20", " dup+0x4/0x30");
        using KernelObject opened = SymbolBundle.Open(bundle).OpenVmlinux()!;

        Assert.True(opened.Symbols.IsPartial);
        Assert.Equal(["dup", "a", "dup"], Enumerable.Range(0, opened.Symbols.ByAddress.Count).Select(i => opened.Symbols.NameOf(opened.Symbols.ByAddress[i])));
        Assert.Equal(TinyKernel.LineOf(0x1044), Place(bundle, "RIP: 0010:dup+0x4/0x30").Line);
        Assert.Equal(UnresolvedKind.SizeMismatch, Place(bundle, "RIP: 0010:dup+0x4/0x40").Reason?.Kind);

        DecodedLog other = DecodedLog.Of(new SymbolizerOptions { Vmlinux = bundle, Root = DecodedLog.Nowhere }, " b+0x4/0x20", " a+0x4/0x20");
        Assert.Equal([UnresolvedKind.NoSuchSymbol, null], other.Locations.Select(l => l.Reason?.Kind));
        Assert.Contains("other logs", Assert.Single(other.Complaints).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_in_a_function_left_out_is_in_none()
    {
        string bundle = OfLog(Kernel(), " a+0x4/0x20");

        DecodedLog log = DecodedLog.Of(new SymbolizerOptions { Vmlinux = bundle, Root = DecodedLog.Nowhere, KaslrOffset = 0 }, "RIP: 0010:0x1024", "RIP: 0010:0x1044");

        Assert.Equal(["a", null], log.Locations.Select(l => l.Symbol));
        Assert.Equal(UnresolvedKind.OutsideKernelImage, log.Locations.Last().Reason?.Kind);
    }

    [Fact]
    public void Two_functions_that_fit_stay_two()
    {
        TinyKernel kernel = new TinyKernel().Function("dup", 0x1000, 0x20).Function("a", 0x1020, 0x20).Function("dup", 0x1040, 0x20).Function("b", 0x1060, 0x20);

        Assert.True(Place(OfLog(kernel, " dup+0x14/0x20"), "RIP: 0010:dup+0x14/0x20").IsAmbiguous);
    }

    [Fact]
    public void Another_kernel_s_functions_are_left_out_and_told()
    {
        string first = _tree.Put("boot/vmlinux-1.0-a", new TinyKernel { Release = "1.0-a" }.Function("a", 0x1000, 0x20).Function("b", 0x1020, 0x20).Build());
        _tree.Put("boot/vmlinux-2.0-b", new TinyKernel { Release = "2.0-b" }.Function("a", 0x1000, 0x20).Function("b", 0x1020, 0x20).Build());
        var told = new List<Diagnostic>();
        using var exporter = new SymbolExporter(new SymbolizerOptions { Root = _tree.Root }, told.Add, (_, _) => { }, CancellationToken.None);
        foreach (string release in (string[])["1.0-a", "2.0-b"])
        {
            exporter.Add($"CPU: 0 PID: 1 Comm: a Not tainted {release} #1");
            exporter.Add(" a+0x4/0x20");
            exporter.EndLog();
        }

        Assert.True(exporter.ReadLogs());
        SymbolExport written = exporter.Save(Path.Join(_tree.Root, "x.gsym"));

        Assert.Equal(first, Assert.Single(written.Objects).Path);
        Assert.Contains(told, d => d.Id == "SecondKernel");
    }

    [Fact]
    public void Stopping_leaves_no_file()
    {
        using var stop = new CancellationTokenSource();
        var writer = new SymbolBundleWriter((_, _) => { }, stop.Token);
        using KernelObject source = TinyBundle.Open(_tree.Put("vmlinux", Kernel().Build()));
        writer.Add(source, "", null);
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(() => writer.Save(Path.Join(_tree.Root, "out", "..", "x.gsym")));
        Assert.Equal(["vmlinux"], Directory.GetFiles(_tree.Root).Select(Path.GetFileName));
    }

    /// <summary>tests/Fixtures/gsym/make.sh: a file of llvm-gsymutil's, which has functions alone.</summary>
    [Theory]
    [InlineData("RIP: 0010:outer+0x21/0x82", UnresolvedKind.Ambiguous, false)] // the function's own size
    [InlineData("RIP: 0010:outer+0x21/0x90", UnresolvedKind.Ambiguous, false)] // and padding
    [InlineData("RIP: 0010:outer+0x21/0x80", UnresolvedKind.SizeMismatch, true)] // smaller than it
    [InlineData("RIP: 0010:outer+0x21/0xa0", UnresolvedKind.SizeMismatch, true)] // beyond the next function
    public void Gsym_alone_is_used_within_what_it_says(string line, UnresolvedKind reason, bool isRefused)
    {
        SymbolLocation place = Place(FixtureFiles.Path("gsym/inline.gsym"), line);

        Assert.Equal(isRefused ? reason : null, place.Reason?.Kind);
        Assert.Equal(isRefused ? [] : ["leaf", "middle", "outer"], place.Frames.Select(f => f.Function));
    }

    private static TinyKernel Kernel() => new TinyKernel { Release = Release, BuildId = BuildId }
        .Function("dup", 0x1000, 0x20).Function("a", 0x1020, 0x20).Function("dup", 0x1040, 0x30).Function("b", 0x1070, 0x20)
        .Symbol("label", 0x1090, 0).Symbol("end", 0x10a0, 0);

    private static SymbolLocation Place(string bundle, string line) =>
        DecodedLog.Of(new SymbolizerOptions { Vmlinux = bundle, Root = DecodedLog.Nowhere }, line).Locations.Single();

    private string Whole(TinyKernel kernel, string name = "x.gsym") => TinyBundle.Of(_tree, name, _tree.Put("made/vmlinux", kernel.Build()));

    private string OfLog(TinyKernel kernel, params string[] lines)
    {
        using var exporter = new SymbolExporter(
            new SymbolizerOptions { Vmlinux = _tree.Put("made/vmlinux", kernel.Build()), Root = DecodedLog.Nowhere }, d => Assert.Equal(DiagnosticSeverity.Verbose, d.Severity), (_, _) => { }, CancellationToken.None);
        foreach (string line in lines)
        {
            exporter.Add(line);
        }

        Assert.True(exporter.ReadLogs());
        return exporter.Save(Path.Join(_tree.Root, "partial.gsym")).Path;
    }
}
