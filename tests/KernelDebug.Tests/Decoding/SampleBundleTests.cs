using KernelDebug.Symbolization;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>The bundle of samples/ against the truth that came with its log, which addr2line and llvm-symbolizer found.</summary>
public class SampleBundleTests
{
    private const string Case = "a4-xmit-doubleskb";
    private static readonly string _samples = Path.Combine(FixtureFiles.Root, "samples");

    [Fact]
    public void Every_frame_of_the_sample_is_the_truth_with_the_bundle_alone()
    {
        string[] lines = File.ReadAllLines(Path.Combine(_samples, "panic.log"));
        Assert.Equal(LogFixtures.ReadLines(FrameTruthTests.Area, Case, "oops.log"), lines);

        DecodedLog log = DecodedLog.Of(new SymbolizerOptions { Vmlinux = Path.Combine(_samples, "panic.gsym"), Root = DecodedLog.Nowhere }, lines);

        FrameTruthTests.Compare(Case, log.Lines, _ => true);
        Assert.Empty(log.Complaints);
        Assert.Contains(log.Locations, l => l is { Module: "gtpsim", Frames.Count: > 1 });
    }

    [Fact]
    public void It_is_small() => Assert.InRange(new FileInfo(Path.Combine(_samples, "panic.gsym")).Length, 10_000, 300_000);
}
