using System.Text;
using System.Text.Json;
using KernelDebug.Decoding;
using KernelDebug.IO;
using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Tests.Fuzzing;
using KernelDebug.Tests.KernelLog;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>Passing over lines must not show: the reports are those of a parser that was given every line.</summary>
public class LogReportsTests
{
    private const int Mutations = 400;

    // What would be wrong to pass over: wrapped lines, escapes inside an anchor, a separator, a loss notice between, bytes that are
    // no UTF-8, carriage returns, a byte order mark.
    private static readonly string[] s_hard =
    [
        "[    1.000000] " + new string('x', 49) + " invoked oom-kil\nler: gfp_mask=0x1, order=0\n[    1.000001] Call Trace:\n",
        "[    1.000000] " + new string('x', 49) + " invoked oom-kil\r\nler: gfp_mask=0x1, order=0\r\n[    1.000001] Call Trace:\r\n",
        "[    1.000000] " + new string('\u00e9', 49) + " invoked oom-kil\nler: gfp_mask=0x1, order=0\n",
        "[    1.000000] " + new string('x', 65) + "\n" + new string('y', 64) + " invoked oom-kil\nler: gfp_mask=0x1, order=0\n",
        "4,12,5678,-;Call\\x20Trace:\n4,13,5679,-; vfs_write+0x1/0x2\n",
        "\u001b[32mCall \u001b[0mTrace:\n vfs_write+0x1/0x2\n",
        "==================================================================\n** 3 printk messages dropped **\nBUG: KASAN: use-after-free in f+0x1/0x2\nCall Trace:\n f+0x1/0x2\n==================================================================\n",
        "x\n==================================================================\nBUG: KASAN: use-after-free in f+0x1/0x2\nCall Trace:\n f+0x1/0x2\n==================================================================\ny",
        "==================================================================\nBUG: Bad rss-counter state mm:1 type:2 val:3\nBUG: KASAN: use-after-free in f+0x1/0x2\nCall Trace:\n f+0x1/0x2\n",
        "\ufeffCall Trace:\n f+0x1/0x2\n",
        "",
        "\n",
        "\n\nCall Trace:\r\n f+0x1/0x2",
    ];

    public static TheoryData<string> Logs => [.. LogFixtures.AllLogs().Select(p => Path.GetRelativePath(LogFixtures.Root, p))];

    [Theory]
    [MemberData(nameof(Logs))]
    public void Fixtures_give_the_same(string path) => AssertSame(File.ReadAllBytes(Path.Combine(LogFixtures.Root, path)), path);

    [Fact]
    public void Hard_logs_give_the_same()
    {
        foreach (string log in s_hard)
        {
            AssertSame(Encoding.UTF8.GetBytes(log), log);
        }
    }

    [Fact]
    public void Hard_logs_have_reports() =>
        Assert.All(s_hard.Where(l => l.Length > 3), log => Assert.NotEmpty(Read(Encoding.UTF8.GetBytes(log), int.MaxValue)));

    [Fact]
    public void Mutated_logs_give_the_same()
    {
        byte[][] logs = [.. LogFixtures.AllLogs().Where(p => new FileInfo(p).Length < 10_000).Select(File.ReadAllBytes), .. s_hard.Select(Encoding.UTF8.GetBytes)];
        const int seed = 20261125;
        var mutator = new Mutator(seed);
        for (int i = 0; i < Mutations; i++)
        {
            byte[] log = mutator.Pick(logs);
            for (int times = i % 8; times >= 0; times--)
            {
                log = mutator.Mutate(log, mutator.Pick(logs));
            }

            AssertSame(log, $"seed {seed}, mutation {i}");
        }
    }

    [Fact]
    public void A_long_line_comes_in_parts_of_one_number()
    {
        byte[] log = Encoding.UTF8.GetBytes(new string('x', (5 << 20) / 2) + " Call Trace:\nBUG: KASAN: use-after-free in f+0x1/0x2\nCall Trace:\n f+0x1/0x2\n");
        AssertSame(log, "long");
        PanicTrace trace = Assert.Single(Read(log, int.MaxValue));
        Assert.Equal(2, trace.FirstLine);
        Assert.Equal("BUG: KASAN: use-after-free in f+0x1/0x2\nCall Trace:\n f+0x1/0x2", trace.RawText);
        Assert.Equal(trace.RawText, Encoding.UTF8.GetString(log.AsSpan((int)trace.StartOffset..(int)trace.EndOffset)));
    }

    [Theory]
    [MemberData(nameof(Logs))]
    public void Offsets_are_those_of_the_text(string path)
    {
        byte[] log = File.ReadAllBytes(Path.Combine(LogFixtures.Root, path));
        foreach (PanicTrace trace in Read(log, int.MaxValue))
        {
            string pieces = string.Join('\n', trace.Pieces.Select(p => LineText.Decode(log.AsSpan((int)p.StartOffset..(int)p.EndOffset))));
            Assert.Equal(trace.RawText, pieces);
            Assert.Equal(trace.FirstLine, 1 + log.AsSpan(0, (int)trace.StartOffset).Count((byte)'\n'));
        }
    }

    [Fact]
    public void Packed_logs_are_read_as_they_are_unpacked()
    {
        string sample = Path.Combine(LogFixtures.Root, "debian-6.1.0-56", "f4-many-dumps", "oops.log");
        var plain = Text(Read(File.ReadAllBytes(sample), int.MaxValue));
        foreach (string tool in (string[])["gzip", "zstd", "xz"])
        {
            string packed = Path.Combine(Path.GetTempPath(), $"kerneldebug-{Guid.NewGuid():n}");
            try
            {
                if (!TryPack(tool, sample, packed))
                {
                    Assert.Skip($"{tool} is not installed");
                }

                using var log = LogStream.Open(packed);
                Assert.Equal(plain, Text(new LogReports(log, default).Read().OrderBy(t => t.FirstLine)));
                if (tool == "gzip")
                {
                    continue;
                }

                byte[] cut = File.ReadAllBytes(packed);
                File.WriteAllBytes(packed, cut[..(cut.Length / 2)]);
                var damaged = Assert.Throws<BinaryFormatException>(() => new LogReports(LogStream.Open(packed), default).Read().ToArray());
                Assert.Equal(packed, damaged.File);
            }
            finally
            {
                File.Delete(packed);
            }
        }
    }

    [Fact]
    public void A_report_is_given_while_the_log_goes_on()
    {
        using var console = new Console("Kernel panic - not syncing: x\nKernel Offset: disabled\n---[ end Kernel panic - not syncing: x ]---\n"u8.ToArray());
        using var stop = new CancellationTokenSource();
        using var reports = new LogReports(LogStream.FromStream(console), stop.Token).Read().GetEnumerator();
        Assert.True(reports.MoveNext());
        Assert.Equal(PanicKind.Panic, reports.Current.Kind);
        stop.Cancel();
        Assert.False(reports.MoveNext());
        console.End();
    }

    [Fact]
    public void Lines_of_one_text_are_lines()
    {
        Assert.Equal(["a", "", "b"], ReportFeed.Lines("a\n\nb\n").Select(l => l.ToString()));
        Assert.Equal(["a\r", "b"], ReportFeed.Lines("a\r\nb").Select(l => l.ToString()));
        Assert.Equal([""], ReportFeed.Lines("").Select(l => l.ToString()));
        Assert.Equal([""], ReportFeed.Lines("\n").Select(l => l.ToString()));
    }

    private static bool TryPack(string tool, string source, string target)
    {
        try
        {
            var start = new System.Diagnostics.ProcessStartInfo("sh") { ArgumentList = { "-c", "command -v $0 >/dev/null && $0 -c < $1 > $2", tool, source, target } };
            using var process = System.Diagnostics.Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static void AssertSame(byte[] log, string name)
    {
        string every = Text(EveryLine(log));
        // In one read, and in such as end anywhere.
        Assert.True(every == Text(Read(log, int.MaxValue)), $"{name}: other reports where lines are passed over");
        Assert.True(every == Text(Read(log, 97)), $"{name}: other reports in short reads");
        if (System.Text.Unicode.Utf8.IsValid(log) && !log.AsSpan().StartsWith(Encoding.UTF8.Preamble) && log.Length < LineReader.MaxLineBytes)
        {
            var feed = new ReportFeed();
            string text = Encoding.UTF8.GetString(log);
            var fed = text.Length == 0 ? [] : ReportFeed.Lines(text).SelectMany(feed.Add).ToList();
            fed.AddRange(feed.Complete());
            Assert.True(every == Text(fed), $"{name}: other reports where strings are passed over");
        }
    }

    private static List<PanicTrace> Read(byte[] log, int most)
    {
        using var stream = new ShortReads(log, most);
        return [.. new LogReports(LogStream.FromStream(stream), default).Read()];
    }

    private static List<PanicTrace> EveryLine(byte[] log)
    {
        var parser = new PanicTraceParser();
        var found = new List<PanicTrace>();
        using var stream = new MemoryStream(log);
        var reader = new LineBlockReader(LogStream.FromStream(stream));
        var block = new LineBlock();
        while (reader.Read(block))
        {
            for (int line = 0; line < block.Count; line++)
            {
                found.AddRange(parser.Add(PrintkLineParser.Parse(
                    LineText.Decode(block.Line(line)), block.FirstLine + line, block.Offset + block.Start(line), block.Offset + block.Ends[line])));
            }
        }

        found.AddRange(parser.Complete());
        return found;
    }

    private static string Text(IEnumerable<PanicTrace> traces) => JsonSerializer.Serialize(traces);

    // Says its text, and then nothing until its end.
    private sealed class Console(byte[] text) : MemoryStream(text)
    {
        private readonly ManualResetEventSlim _end = new();

        public void End() => _end.Set();

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = base.Read(buffer, offset, count);
            if (read == 0)
            {
                _end.Wait();
            }

            return read;
        }
    }

    private sealed class ShortReads(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, most));
    }
}
