using System.Diagnostics;
using KernelDebug.Decoding;
using KernelDebug.Records;
using KernelDebug.Tests.Formatting;
using KernelDebug.Tests.Fuzzing;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>Broken logs through the whole of it, files included: each line comes out once, in order, harmless and soon.</summary>
public class DecoderFuzzTests
{
    private const int DefaultLines = 5_000;
    private const int LogsPerDecoder = 20;
    private static readonly TimeSpan _most = TimeSpan.FromSeconds(5);

    [Fact]
    public void Mutated_logs_do_no_harm()
    {
        // KERNELDEBUG_FUZZ=1000000 for the long run.
        int count = int.TryParse(Environment.GetEnvironmentVariable("KERNELDEBUG_FUZZ"), out int asked) ? asked : DefaultLines;
        string[][] logs = [.. LogFixtures.AllLogs().Where(p => new FileInfo(p).Length < 10_000).Select(p => File.ReadAllText(p).Split('\n'))];
        const int seed = 20261123;
        var mutator = new Mutator(seed);
        int number = 0;
        while (number < count)
        {
            using var decoder = new LogDecoder(new DecodeOptions { Symbols = DecodedLog.WithModule(DecodedLog.SampleModule) }, _ => { });
            var expected = new List<string>();
            var decoded = new List<DecodedLine>();
            for (int i = 0; i < LogsPerDecoder; i++)
            {
                string[] log = mutator.Pick(logs);
                string[] other = mutator.Pick(logs);
                foreach (string line in log)
                {
                    string mutated = mutator.Mutate(line, mutator.Pick(other));
                    expected.Add(mutated);
                    number++;
                    var clock = Stopwatch.StartNew();
                    try
                    {
                        decoded.AddRange(decoder.Add(mutated));
                    }
                    catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                    {
                        Assert.Fail($"seed {seed}, line {number} ({mutated}): {e}");
                    }

                    Assert.True(clock.Elapsed < _most, $"seed {seed}, line {number} took {clock.Elapsed}");
                }
            }

            decoded.AddRange(decoder.Complete());
            Assert.Equal(expected, decoded.Select(l => l.RawText));
            Assert.Equal(Enumerable.Range(1, expected.Count), decoded.Select(l => l.LineNumber));
            Assert.All(decoded, l => HostileNamesTests.AssertHarmless(l.Text));
            Assert.All(decoded.SelectMany(l => l.Locations), l => Assert.True(l.Frames.Count > 0 || l.Reason is not null));
        }
    }
}
