using System.Diagnostics;
using KernelDebug.KernelLog;
using KernelDebug.Tests.Fuzzing;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>A log is untrusted: no text may throw, hang or grow.</summary>
public class LogFuzzTests
{
    private const int DefaultMutations = 50_000;

    [Fact]
    public void Mutated_logs_do_no_harm()
    {
        // KERNELDEBUG_FUZZ=1000000 for the long run.
        int count = int.TryParse(Environment.GetEnvironmentVariable("KERNELDEBUG_FUZZ"), out int asked) ? asked : DefaultMutations;
        string[][] logs = [.. LogFixtures.AllLogs().Where(p => new FileInfo(p).Length < 10_000).Select(p => File.ReadAllText(p).Split('\n'))];
        const int seed = 20261122;
        var mutator = new Mutator(seed);
        int number = 0;
        while (number < count)
        {
            // Each line of a log mutated on its own, so that the report around it is mostly whole.
            var log = mutator.Pick(logs);
            var other = mutator.Pick(logs);
            var lines = log.Select(l => mutator.Mutate(l, mutator.Pick(other))).ToArray();
            number += lines.Length;
            try
            {
                AssertQuick(lines, $"seed {seed}, before mutation {number}");
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}, before mutation {number}: {e}");
            }
        }
    }

    [Theory]
    [InlineData("debian-6.1.0-56/a1-proc-doublefree/oops.log")]
    [InlineData("custom-6.1-kasan/d3-proc-warnmsg/oops.log")]
    [InlineData("renderings/f1-encap-dump/dmesg-Lalways-e.log")]
    [InlineData("gtp5g/oops.log")]
    public void A_log_cut_at_any_byte_does_no_harm(string path)
    {
        string text = File.ReadAllText(Path.Combine(LogFixtures.Root, path));
        for (int length = 0; length < text.Length; length++)
        {
            // Only the last line is new at each length; the whole report is read again where a line is complete.
            string cut = text[..length];
            int line = cut.LastIndexOf('\n') + 1;
            CheckLine(cut[line..]);
            if (text[length] == '\n')
            {
                Check(cut.Split('\n'));
            }
        }
    }

    [Theory]
    [InlineData("a+0x1/0x2 ")]
    [InlineData("a+0x1 ")]
    [InlineData("? ")]
    [InlineData("[<ffffffff81234567>] ")]
    [InlineData("[")]
    [InlineData("<")]
    [InlineData("+0x")]
    [InlineData("\x1b[31ma+0x1/0x2")]
    [InlineData("\x1b")]
    [InlineData("\x1b]")]
    [InlineData(" ")]
    [InlineData("a")]
    [InlineData("90 ")]
    [InlineData("RAX: 0 ")]
    [InlineData("m(OE) ")]
    [InlineData("=")]
    [InlineData("4,")]
    [InlineData("\\x20")]
    [InlineData("[    1.000000] ")]
    public void A_line_of_a_megabyte_takes_less_than_a_second(string unit)
    {
        string body = string.Concat(Enumerable.Repeat(unit, (1 << 20) / unit.Length));
        foreach (string start in new[] { "", "[    1.000000] ", "WARNING: at a.c:1 ", "Code: ", "Modules linked in: ", "RIP: 0010:", "pc : ", "6,1,2,-;" })
        {
            AssertQuick(["------------[ cut here ]------------", "Call Trace:", start + body], start);
        }
    }

    [Fact]
    public void A_report_that_never_ends_is_cut()
    {
        var parser = new PanicTraceParser();
        int longest = 0;
        int number = 0;
        foreach (string line in Enumerable.Repeat("RAX: 0000000000000000", 60_000).Prepend("------------[ cut here ]------------"))
        {
            foreach (var trace in parser.Add(PrintkLineParser.Parse(line, ++number)))
            {
                longest = Math.Max(longest, trace.LastLine - trace.FirstLine + 1);
                Assert.True(trace.IsCorrupted);
            }
        }
        Assert.InRange(longest, 1, LogLimits.MaxReportLines);
    }

    [Fact]
    public void Reports_of_ever_new_callers_do_not_pile_up()
    {
        var parser = new PanicTraceParser();
        int finished = Enumerable.Range(1, 1000).Sum(i => parser.Add(PrintkLineParser.Parse($"[    1.000000][ T{i}] ------------[ cut here ]------------", i)).Count);
        Assert.Equal(1000 - LogLimits.MaxOpenReports, finished);
        Assert.Equal(LogLimits.MaxOpenReports, parser.Complete().Count);
    }

    // A machine under load may pause once: what is slow is slow twice.
    private static void AssertQuick(string[] lines, string what)
    {
        var fastest = TimeSpan.MaxValue;
        for (int attempt = 0; attempt < 3 && fastest.TotalSeconds >= 1; attempt++)
        {
            var clock = Stopwatch.StartNew();
            Check(lines);
            fastest = clock.Elapsed < fastest ? clock.Elapsed : fastest;
        }
        Assert.True(fastest.TotalSeconds < 1, $"{what}: {fastest.TotalMilliseconds} ms");
    }

    private static void Check(string[] lines)
    {
        foreach (string line in lines)
        {
            CheckLine(line);
        }
        foreach (var trace in PanicTraceParser.ParseAll(lines))
        {
            Assert.InRange(trace.FirstLine, 1, lines.Length);
            Assert.InRange(trace.LastLine, trace.FirstLine, lines.Length);
            Assert.NotEmpty(trace.Title);
            Assert.Equal(trace.IsCorrupted, trace.CorruptedReason is not null);
            Assert.InRange(trace.CallTrace.Count, 0, LogLimits.MaxFrames);
            Assert.InRange(trace.Registers.Count, 0, LogLimits.MaxRegisters);
            Assert.InRange(trace.Modules.Count, 0, LogLimits.MaxModules);
        }
    }

    private static void CheckLine(string raw)
    {
        var line = PrintkLineParser.Parse(raw, 1);
        Assert.InRange(line.MessageStart, 0, line.MessageEnd);
        Assert.InRange(line.MessageEnd, 0, raw.Length);
        Assert.InRange(line.CleanMessage.Length, 0, Math.Min(line.MessageEnd - line.MessageStart, LogLimits.MaxLineLength));
        int last = 0;
        foreach (var reference in SymbolReferenceScanner.Scan(line))
        {
            Assert.InRange(reference.Start, last, raw.Length - 1);
            Assert.InRange(reference.Length, 1, raw.Length - reference.Start);
            last = reference.Start + reference.Length;
        }
        if (CodeLineParser.TryParse(line, false, out var code))
        {
            Assert.True(code.Bytes.Count > 0 ^ code.UnavailableReason is not null);
            Assert.InRange(code.FaultIndex ?? 0, 0, Math.Max(0, code.Bytes.Count - 1));
        }
    }
}
