using System.Text.RegularExpressions;
using KernelDebug.KernelLog;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>Every place of the 30 logs of a real kernel, against the answers that came with them.</summary>
public partial class TruthTests
{
    public static TheoryData<string> Cases => [.. LogFixtures.Cases("debian-6.1.0-56")];

    [Theory, MemberData(nameof(Cases))]
    public void Every_place_of_the_truth_is_scanned(string name)
    {
        var lines = LogFixtures.Parse(LogFixtures.ReadLines("debian-6.1.0-56", name, "oops.log"));
        var truth = LogFixtures.Truth(name);
        Assert.NotEmpty(truth);
        foreach (var entry in truth)
        {
            var references = SymbolReferenceScanner.Scan(lines[entry.Line - 1]);
            Assert.Contains(references, r => r.Symbol == entry.Symbol && r.Offset == entry.Offset && r.Size == entry.Size
                && r.Module == entry.Module && r.IsReliable == entry.IsReliable && !r.IsUserSpace
                && (r.Role == LocationRole.InstructionPointer) == entry.IsPointer);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Nothing_is_scanned_that_the_truth_does_not_have(string name)
    {
        var truth = LogFixtures.Truth(name).ToLookup(t => t.Line);
        foreach (var line in LogFixtures.Parse(LogFixtures.ReadLines("debian-6.1.0-56", name, "oops.log")))
        {
            var symbols = SymbolReferenceScanner.Scan(line).Where(r => r.Symbol is not null).ToArray();
            Assert.Equal(truth[line.LineNumber].Select(t => t.Symbol).Order(), symbols.Select(r => r.Symbol!).Order());
        }
    }

    [Fact]
    public void Every_sized_place_of_every_log_is_scanned_where_it_stands()
    {
        int places = 0;
        foreach (string path in LogFixtures.AllLogs())
        {
            foreach (var line in LogFixtures.Parse(File.ReadAllText(path).Split('\n')))
            {
                var references = SymbolReferenceScanner.Scan(line);
                foreach (Match match in SizedPlace().Matches(line.RawText))
                {
                    places++;
                    Assert.Contains(references, r => r.Start == match.Index && r.Offset == Convert.ToUInt64(match.Groups[2].Value, 16)
                        && r.Size == Convert.ToUInt64(match.Groups[3].Value, 16) && r.Symbol == match.Groups[1].Value
                        && line.RawText.Substring(r.Start, r.Length).StartsWith(match.Value, StringComparison.Ordinal));
                }
            }
        }
        Assert.True(places > 3500, $"{places} places");
    }

    [Theory, MemberData(nameof(Cases))]
    public void Bare_addresses_are_instruction_pointers_and_frames_only(string name)
    {
        foreach (var line in LogFixtures.Parse(LogFixtures.ReadLines("debian-6.1.0-56", name, "oops.log")))
        {
            var bare = SymbolReferenceScanner.Scan(line).Where(r => r.Symbol is null).ToArray();
            var match = BarePointer().Match(line.RawText);
            Assert.Equal(match.Success ? 1 : 0, bare.Length);
            if (match.Success)
            {
                Assert.Equal(Convert.ToUInt64(match.Groups[2].Value, 16), bare[0].Address);
                Assert.Equal(match.Groups[1].Value == "0033", bare[0].IsUserSpace);
                Assert.Equal(match.Groups[2].Value, line.RawText.Substring(bare[0].Start, bare[0].Length));
            }
        }
    }

    [GeneratedRegex(@"([A-Za-z_][\w.$]*)\+0x([0-9a-f]+)/0x([0-9a-f]+)")]
    private static partial Regex SizedPlace();

    [GeneratedRegex(@"(?:RIP: (0010|0033):|^\[ *[0-9.]+\]  \? )(0x[0-9a-f]+)$")]
    private static partial Regex BarePointer();
}
