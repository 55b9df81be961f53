using KernelDebug.Elf;
using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>One report as 19 tools show it: what is decoded must not depend on it.</summary>
public class RenderedFramesTests
{
    public static TheoryData<string, string> Renderings => RenderingTests.Renderings;

    [Theory, MemberData(nameof(Renderings))]
    public void Module_frames_are_the_truth(string name, string file) => Compare(
        lines => DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), lines).Lines, name, file, hasVmlinux: false);

    [Theory]
    [InlineData("RIP: 0010:gtpsim_trigger_write+0x1b2/0x220 [gtpsim]\r")]
    [InlineData("\x1b[31mRIP: 0010:\x1b[1mgtpsim_trigger_write+0x1b2/0x220\x1b[0m [gtpsim]\x1b[0m")]
    [InlineData("RIP: 0010:[<ffffffffc0425e9f>]  [<ffffffffc0425e9f>] gtpsim_trigger_write+0x1b2/0x220 [gtpsim]")]
    [InlineData("[ +0.000004] RIP: 0010:gtpsim_trigger_write+0x1b2/0x220 [gtpsim c0ba1fc41e904eec58ca79917d3711d50c1b5543]")]
    public void Wrapping_does_not_change_the_place(string line)
    {
        DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), line);
        SymbolLocation place = Assert.Single(log.Locations, l => l.Symbol is not null);

        using ElfFile elf = ElfFile.Open(DecodedLog.SampleModule);
        ulong at = elf.Symbols.FindCode("gtpsim_trigger_write")[0].Address + 0x1b2 - elf.FindSection(".text")!.Address;
        OracleRun expected = Oracle.Read("gtpsim/gtpsim.ko").Single(r => r.Section == ".text" && r.Start <= at && at < r.End);
        Assert.Equal(expected.Frames.Select(f => (f.Function, f.File, f.Line)), place.Frames.Select(f => (f.Function, f.File, f.Line)));
        Assert.DoesNotContain('\x1b', log.Lines[0].Text);
        Assert.DoesNotContain('\r', log.Lines[0].Text);
    }

    internal static void Compare(Func<string[], IReadOnlyList<DecodedLine>> decode, string name, string file, bool hasVmlinux)
    {
        ILookup<(string, ulong, ulong, bool), FrameTruth> truth = LogFixtures.Cases("debian-6.1.0-56")
            .SelectMany(c => FrameTruth.OfCase(c).SelectMany(t => t)).ToLookup(t => (t.Symbol, t.Offset, t.Size, t.IsExact));
        SymbolLocation[] plain = Places("dmesg-t.log");
        SymbolLocation[] places = Places(file);
        Assert.NotEmpty(places);
        Assert.Equal(plain.Select(Shape), places.Select(Shape));
        foreach (SymbolLocation place in places.Where(l => l.Symbol is not null && (l.Module is not null || hasVmlinux)))
        {
            truth[(place.Symbol!, place.Offset!.Value, place.Size!.Value, place.IsExact)].First().AssertIs(place);
        }

        SymbolLocation[] Places(string rendering) => [.. decode(LogFixtures.ReadLines("renderings", name, rendering)).SelectMany(l => l.Locations)];
    }

    private static string Shape(SymbolLocation l) =>
        $"{l.Symbol}+{l.Offset}/{l.Size} {l.Module} {l.IsReliable} {l.IsExact} {l.IsAmbiguous} {l.Reason} {string.Join(" <- ", l.Frames)}";
}
