using System.Text.RegularExpressions;
using KernelDebug.Decoding;
using KernelDebug.Formatting;
using KernelDebug.Records;
using KernelDebug.Tests.Decoding;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Formatting;

/// <summary>
/// The script's layout against what scripts/decode_stacktrace.sh of Linux 6.1 itself printed (tests/Fixtures/logs/script-6.1),
/// wherever its places are those of the truth: they are wrong in four frames of ten. It squeezes blanks, which we keep.
/// </summary>
public partial class ScriptLayoutTests
{
    public static TheoryData<string> Cases =>
        [.. Directory.GetFiles(Path.Combine(LogFixtures.Root, "script-6.1")).Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Cases))]
    public void Lines_and_code_blocks_are_the_script_s(string name)
    {
        string[] log = LogFixtures.ReadLines(FrameTruthTests.Area, name, "oops.log");
        var options = new DecodeOptions { Symbols = DecodedLog.WithModule(DecodedLog.SampleModule) with { Vmlinux = DecodedLog.Vmlinux }, Layout = LineLayout.Script };
        IReadOnlyList<DecodedLine> lines = DecodedLog.Of(options, log).Lines;
        string[] script = LogFixtures.ReadLines("script-6.1", name + ".txt");
        ILookup<int, FrameTruth> truth = FrameTruth.OfCase(name);
        int at = 0;
        int places = 0;
        int rows = 0;
        foreach (DecodedLine line in lines)
        {
            string[] ours = line.Text.Split('\n');
            FrameTruth? entry = truth[line.LineNumber].SingleOrDefault();
            if (entry is null)
            {
                Assert.Equal(Squeezed(script[at]), Squeezed(ours[0]));
                // A disassembled block, byte for byte.
                Assert.Equal(script[(at + 1)..(at + ours.Length)], ours[1..]);
                rows += ours.Length - 1;
            }
            else if (Places().Match(script[at]) is { Success: true } match && match.Groups[1].Value == string.Join(' ', entry.Frames.Select(f => f.Place))
                && (entry.Module is not null || DecodedLog.Vmlinux is not null) && !entry.IsDoubtful)
            {
                Assert.Equal(Squeezed(script[at]), Squeezed(line.Text));
                places++;
            }

            at += ours.Length;
        }

        Assert.Equal(script.Length, at);
        Assert.True(rows > 20 || !log.Any(l => l.Contains("Code:", StringComparison.Ordinal)), $"{rows} rows of code");
        Assert.True(places > (DecodedLog.Vmlinux is null ? 0 : 5), $"{places} places");
    }

    [Fact]
    public void A_Rust_name_is_demangled_as_the_script_does()
    {
        TinyKernel kernel = new TinyKernel().Symbol("_RNvC6kernel4init", 0x1000, 0x20).Symbol("next", 0x1020, 0xe0);
        kernel.Dwarf.AddFunction("kernel::init", 0x1000, 0x20).End();
        using var tree = new TempTree();

        DecodedLog log = DecodedLog.Of(
            new() { Vmlinux = tree.Put("vmlinux", kernel.Build()), Root = DecodedLog.Nowhere }, LineLayout.Script, " ? _RNvC6kernel4init+0x10/0x20");

        Assert.Equal(" ? kernel::init (/src/lib/a.c:10)", log.Lines[0].Text);
    }

    [Fact]
    public void What_has_no_answer_keeps_its_offset()
    {
        DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(), LineLayout.Script, "[    1.000000]  ? f+0x10/0x20 [mod]  (P)");

        Assert.Equal("[    1.000000]  ? f+0x10/0x20 [mod]  (P)", log.Lines[0].Text);
    }

    private static string Squeezed(string line) => Blanks().Replace(line, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@" \(([^()]+:\d+)\)")]
    private static partial Regex Places();
}
