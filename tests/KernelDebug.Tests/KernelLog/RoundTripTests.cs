using KernelDebug.Fuzz;
using KernelDebug.KernelLog;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>No byte of a log is lost: reports' raw text at its places, and what lies between, is the log; and large logs are read in their stride.</summary>
public class RoundTripTests
{
    private const int DefaultMutations = 3000;

    public static TheoryData<string> Logs => [.. LogFixtures.AllLogs().Concat(LogFixtures.AllPackedLogs()).Select(p => Path.GetRelativePath(LogFixtures.Root, p))];

    [Theory]
    [MemberData(nameof(Logs))]
    public void A_log_is_put_together_again(string log)
    {
        Assert.Null(RoundTrip.Check(LogFixtures.ReadText(log), out _));
    }

    [Fact]
    public void Damaged_logs_are_put_together_again()
    {
        // KERNELDEBUG_FUZZ=1000000 for the long run.
        int count = int.TryParse(Environment.GetEnvironmentVariable("KERNELDEBUG_FUZZ"), out int asked) ? asked : DefaultMutations;
        LogFile[] stretches = [.. LogFixtures.AllLogs().SelectMany(LogFile.Open)];
        int answered = 0;
        for (int seed = 0; seed < count; seed++)
        {
            var random = new Random(seed);
            LogFile file = stretches[random.Next(stretches.Length)];
            byte[] damaged = random.Next(3) == 0 ? file.Bytes : Mutator.Mutate(file.Bytes, [(0, file.Bytes.Length)], random, mayCut: true);
            try
            {
                answered += file.Ask(damaged, random);
            }
            catch (InvalidDataException fault)
            {
                Assert.Fail($"seed {seed}, {file.Name}: {fault.Message}");
            }
        }
        Assert.InRange(answered, count / 3, count);
    }

    [Fact]
    public void A_line_of_ten_megabytes_is_read()
    {
        string line = "[    1.000000] BUG: " + new string('a', 10_000_000);
        Assert.Null(RoundTrip.Check($"------------[ cut here ]------------\n{line}\nCall Trace:\n f+0x1/0x2\n", out int reports));
        Assert.Equal(1, reports);
    }

    [Fact]
    public void A_trace_of_a_hundred_thousand_frames_is_read()
    {
        string log = "[    1.000000] BUG: kernel NULL pointer dereference, address: 0\n[    1.000000] Call Trace:\n" + string.Concat(Enumerable.Repeat("[    1.000000]  recurse+0x1/0x2\n", 100_000));
        var report = PanicTraceParser.ParseAll(log.Split('\n'))[0];
        Assert.Equal(LogLimits.MaxFrames, report.CallTrace.Count);
        Assert.True(report.IsCorrupted);
    }

    [Fact]
    public void Ten_thousand_reports_are_ten_thousand()
    {
        string[] one = LogFixtures.ReadLines("renderings/d3-proc-warnmsg/dmesg.log");
        var reports = PanicTraceParser.ParseAll(Enumerable.Repeat(one, 10_000).SelectMany(l => l));
        Assert.Equal(10_000, reports.Count);
        Assert.Equal(10_000, reports[^1].Occurrence);
        Assert.Equal(4, reports[^1].RepeatOfLine);
    }
}
