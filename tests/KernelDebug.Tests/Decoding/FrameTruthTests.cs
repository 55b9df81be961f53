using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>Every place of the 30 logs of a real kernel decoded, against the answers that came with them.</summary>
public class FrameTruthTests
{
    internal const string Area = "debian-6.1.0-56";

    public static TheoryData<string> Cases => [.. LogFixtures.Cases(Area)];

    [Theory, MemberData(nameof(Cases))]
    public void Module_frames_are_the_truth(string name)
    {
        DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), LogFixtures.ReadLines(Area, name, "oops.log"));

        Compare(name, log.Lines, t => t.Module is not null);
        // What is not in the module has no file here, and says so once.
        Assert.All(log.Locations.Where(l => l.Module is null), l => Assert.Empty(l.Frames));
        Assert.Single(log.Complaints, d => d.Id == "VmlinuxNotFound");
        Assert.Single(log.Complaints);
    }

    public static TheoryData<string> Variants =>
    [
        "gtpsim-zstd.ko", "gtpsim-zlib-gnu.ko.xz", "gtpsim.ko.zst", "gtpsim-dwarf4.ko.xz", "gtpsim.ko.debug.xz", "../../../samples/gtpsim/gtpsim.ko.xz",
    ];

    [Theory, MemberData(nameof(Variants))]
    public void Each_form_of_the_module_gives_the_truth(string file)
    {
        using var tree = new TempTree();
        // The file must bear the module's name.
        string ending = Path.GetFileName(file)[Path.GetFileName(file).IndexOf(".ko", StringComparison.Ordinal)..];
        string module = tree.Copy("gtpsim" + ending, FixtureFiles.Path("gtpsim/" + file));
        foreach (string name in (string[])["a1-proc-doublefree", "n1-proc-cold"])
        {
            DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(module), LogFixtures.ReadLines(Area, name, "oops.log"));

            Compare(name, [.. log.Lines.Select(AsBuiltInGtpsim)], t => t.Module is not null);
        }
    }

    [Fact]
    public void A_stripped_module_says_that_it_is_why()
    {
        using var tree = new TempTree();
        string module = tree.Copy("gtpsim.ko", FixtureFiles.Path("gtpsim/gtpsim-stripped.ko"));

        DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(module), LogFixtures.ReadLines(Area, "a1-proc-doublefree", "oops.log"));

        SymbolLocation[] places = [.. log.Locations.Where(l => l.Module == "gtpsim")];
        Assert.NotEmpty(places);
        Assert.All(places, l => Assert.Equal(UnresolvedKind.NoDebugInfo, l.Reason?.Kind));
        Assert.Single(log.Complaints, d => d.Id == "ModuleWithoutDebugInfo" && d.Message.Contains(module, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a4-xmit-doubleskb")]
    [InlineData("d3-proc-warnmsg")]
    [InlineData("f1-encap-dump")]
    public void Another_build_of_the_module_is_refused_by_its_build_id(string name)
    {
        using var tree = new TempTree();
        string module = tree.Copy("gtpsim.ko.xz", FixtureFiles.Path("gtpsim/gtpsim-other-build.ko.xz"));
        string[] lines = LogFixtures.ReadLines("renderings", name, "stacktrace-build-id.log");

        DecodedLog refused = DecodedLog.Of(DecodedLog.WithModule(module), lines);
        DecodedLog forced = DecodedLog.Of(DecodedLog.WithModule(module) with { Force = true }, lines);

        Assert.All(refused.Locations.Where(l => l.Module == "gtpsim"), l => Assert.Equal((UnresolvedKind.BuildIdMismatch, 0), (l.Reason!.Kind, l.Frames.Count)));
        Diagnostic error = Assert.Single(refused.Complaints, d => d.Severity == DiagnosticSeverity.Error);
        Assert.Equal("BuildIdMismatch", error.Id);
        Assert.Contains("c0ba1fc41e904eec58ca79917d3711d50c1b5543", error.Message, StringComparison.Ordinal);
        Assert.Contains(forced.Locations, l => l.Module == "gtpsim" && l.Frames.Count > 0);
        Assert.DoesNotContain(forced.Complaints, d => d.Severity == DiagnosticSeverity.Error);
    }

    [Fact]
    public void A_module_of_another_release_is_refused()
    {
        string[] lines = LogFixtures.ReadLines("custom-6.1-kasan", "a1-proc-doublefree", "oops.log");

        DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), lines);

        SymbolLocation[] places = [.. log.Locations.Where(l => l.Module == "gtpsim")];
        Assert.NotEmpty(places);
        Assert.All(places, l => Assert.Equal(UnresolvedKind.BuildIdMismatch, l.Reason?.Kind));
        Assert.Single(log.Complaints, d => d.Severity == DiagnosticSeverity.Error);
    }

    internal static void Compare(string name, IReadOnlyList<DecodedLine> lines, Func<FrameTruth, bool> isCompared)
    {
        ILookup<int, FrameTruth> truth = FrameTruth.OfCase(name);
        Assert.Equal(Enumerable.Range(lines[0].LineNumber, lines.Count), lines.Select(l => l.LineNumber));
        foreach (FrameTruth entry in truth.SelectMany(t => t).Where(isCompared))
        {
            DecodedLine line = lines[entry.LogLine - 1];
            SymbolLocation location = Assert.Single(line.Locations, l => l.Symbol == entry.Symbol && l.Offset == entry.Offset && l.Module == entry.Module);
            Assert.Equal(entry.Size, location.Size);
            entry.AssertIs(location);
            // What is shown says the same: the log's own words, the place, and each caller it is inlined into.
            Assert.StartsWith(line.RawText[..(location.Reference.Start + location.Reference.Length)], line.Text, StringComparison.Ordinal);
            Assert.All(location.Frames, f => Assert.Contains(f.Place, line.Text, StringComparison.Ordinal));
            Assert.All(location.Frames.Skip(1), f => Assert.Contains($"inlined into {f.Function} at {f.Place}", line.Text, StringComparison.Ordinal));
        }
    }

    /// <summary>The DWARF 4 variant is of the same source in a directory of another name.</summary>
    private static DecodedLine AsBuiltInGtpsim(DecodedLine line) => line with
    {
        Text = Renamed(line.Text),
        Locations = [.. line.Locations.Select(l => l with { Frames = [.. l.Frames.Select(f => f with { File = f.File is null ? null : Renamed(f.File) })] })],
    };

    private static string Renamed(string text) => text.Replace("/build/gtpsim4/", "/build/gtpsim/", StringComparison.Ordinal);
}
