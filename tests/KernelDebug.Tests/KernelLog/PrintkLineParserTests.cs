using KernelDebug.KernelLog;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>Every prefix people paste. The message is "name+0x1/0x2" with the blank the kernel puts before a frame.</summary>
public class PrintkLineParserTests
{
    private const string Message = " kfree+0x236/0x250";

    [Theory]
    [InlineData("[   12.345678] ", "12.345678")]
    [InlineData("[123456.345678] ", "123456.345678")]
    [InlineData("[  +0.004968] ", "+0.004968")]
    [InlineData("[ +0.004968] ", "+0.004968")]
    [InlineData("[Nov22 10:00] ", "Nov22 10:00")]
    [InlineData("[Nov 2 10:00] ", "Nov 2 10:00")]
    [InlineData("[Sun Nov 22 09:28:45 2026] ", "Sun Nov 22 09:28:45 2026")]
    [InlineData("[Sun Nov  2 09:28:45 2026] ", "Sun Nov  2 09:28:45 2026")]
    [InlineData("[    8.204697 <    2.994966>] ", "8.204697")]
    [InlineData("[Sun Nov 22 09:28:45 2026 <    0.000891>] ", "Sun Nov 22 09:28:45 2026")]
    [InlineData("2026-11-22T09:28:45,204697+00:00 ", "2026-11-22T09:28:45,204697+00:00")]
    [InlineData("2026-11-22T09:28:45.204697+00:00 ", "2026-11-22T09:28:45.204697+00:00")]
    [InlineData("2026-11-22T09:28:45.204697123Z ", "2026-11-22T09:28:45.204697123Z")]
    [InlineData("2026-11-22T09:28:45.204697123Z stdout F ", "2026-11-22T09:28:45.204697123Z")]
    [InlineData("[2026-11-22 09:28:45] ", "2026-11-22 09:28:45")]
    [InlineData("[09:28:45.123] ", "09:28:45.123")]
    [InlineData("Nov 22 10:00:00 host kernel: ", "Nov 22 10:00:00")]
    [InlineData("Nov  2 10:00:00 host kernel: ", "Nov  2 10:00:00")]
    [InlineData("Nov 22 10:00:00.123456 host.example.org kernel: ", "Nov 22 10:00:00.123456")]
    [InlineData("Nov 22 10:00:00 host kernel[0]: ", "Nov 22 10:00:00")]
    [InlineData("Sun Nov 22 10:00:00 2026 kern.warn kernel: ", "Sun Nov 22 10:00:00 2026")]
    [InlineData("Sun 2026-11-22 10:00:00 UTC host kernel: ", "Sun 2026-11-22 10:00:00 UTC")]
    [InlineData("1795341605.195036 host kernel: ", "1795341605.195036")]
    [InlineData("2026-11-22T10:00:05+0000 upf1 kernel: ", "2026-11-22T10:00:05+0000")]
    [InlineData("2026-11-22T10:00:05+00:00 upf1 kernel: ", "2026-11-22T10:00:05+00:00")]
    [InlineData("Nov 22 10:00:05 upf1 kernel: [    5.195036] ", "5.195036")]
    [InlineData("Nov 22 10:00:05 [    5.195036] ", "5.195036")]
    [InlineData("[    5.195036] upf1 kernel: ", "5.195036")]
    [InlineData("[ 8.2] host kernel: ", "8.2")]
    [InlineData("kernel: [    5.195036] ", "5.195036")]
    [InlineData("<4>[    5.195036] ", "5.195036")]
    [InlineData("<4>", null)]
    [InlineData("kern  :warn  : [    5.195036] ", "5.195036")]
    [InlineData("kern  :warn  : [Sun Nov 22 09:28:45 2026] ", "Sun Nov 22 09:28:45 2026")]
    [InlineData("[    5.195036][  T123] ", "5.195036")]
    [InlineData("[    5.195036] [  T123] ", "5.195036")]
    [InlineData("[    5.195036][    C0] ", "5.195036")]
    [InlineData("[T123] ", null)]
    [InlineData("4,1234,5678901,-;", "5678901")]
    [InlineData("4,1234,5678901,-,caller=T123;", "5678901")]
    [InlineData("6.1.0-56-amd64,4,1234,5678901,-,ncfrag=0/33;", "5678901")]
    [InlineData("> [   12.345678] ", "12.345678")]
    [InlineData("    [   12.345678] ", "12.345678")]
    [InlineData("\x1b[32m[   12.345678] \x1b[0m\x1b[33m", "12.345678")]
    [InlineData("Segmentation fau[   15.535157][   T69] ", "15.535157")]
    [InlineData("", null)]
    public void A_prefix_is_told_apart(string prefix, string? time)
    {
        foreach (string tail in new[] { "", "\r", "\x1b[0m", "\x1b[0m\r" })
        {
            string raw = prefix + Message + tail;
            var line = PrintkLineParser.Parse(raw, 7);
            Assert.Equal(Message, line.CleanMessage);
            Assert.Equal(raw, line.RawText);
            Assert.Equal(raw.Length - tail.Length, line.MessageEnd);
            Assert.Equal(time, line.TimeText);
            Assert.Equal(7, line.LineNumber);
            var reference = Assert.Single(SymbolReferenceScanner.Scan(line));
            Assert.Equal("kfree+0x236/0x250", raw.Substring(reference.Start, reference.Length));
        }
    }

    [Theory]
    [InlineData("just a sentence: with [brackets] and 12.5")]
    [InlineData("[drm] initialized")]
    [InlineData("  Magic number: 1:234:567")]
    [InlineData("Panic#1 Part1")]
    [InlineData("Oops#2 Part3")]
    [InlineData("ECC: No errors detected")]
    [InlineData("May I add kernel: text")]
    [InlineData("Nov 22 10:00:00 host systemd[1]: Started foo.")]
    [InlineData(">ffff88800144de00: fa fb fb fb")]
    [InlineData("<TASK>")]
    [InlineData(" <#DF>")]
    [InlineData(" [<ffffffff81234567>] kfree+0x236/0x250")]
    [InlineData("1,2,3 and; more")]
    [InlineData("a list [1.5] [2.5]")]
    [InlineData("kern: text")]
    [InlineData("<1234567> x")]
    [InlineData("[")]
    [InlineData("[]")]
    public void Unknown_text_passes_untouched(string raw)
    {
        var line = PrintkLineParser.Parse(raw, 1);
        Assert.Equal((0, raw.Length, raw), (line.MessageStart, line.MessageEnd, line.CleanMessage));
        Assert.Equal((null, null, null), (line.TimeText, line.Level, line.Caller));
    }

    [Theory]
    [InlineData("<4>[    5.195036][  T123] x", 4, "T123", 5.195036)]
    [InlineData("<12>[    5.195036][    C3] x", 4, "C3", 5.195036)]
    [InlineData("kern  :emerg : [    5.195036] x", 0, null, 5.195036)]
    [InlineData("6,339,5140900,-,caller=C0;x", 6, "C0", 5.1409)]
    [InlineData("[  +0.004968] x", null, null, null)]
    [InlineData("daemon:notice: x", 5, null, null)]
    public void Level_caller_and_time_are_read(string raw, int? level, string? caller, double? seconds)
    {
        var line = PrintkLineParser.Parse(raw, 1);
        Assert.Equal((level, caller, "x"), (line.Level, line.Caller, line.CleanMessage));
        Assert.Equal(seconds is null, line.SecondsSinceBoot is null);
        Assert.Equal(seconds ?? 0, line.SecondsSinceBoot ?? 0, 9);
    }

    [Fact]
    public void Escapes_of_kmsg_records_are_undone_and_columns_still_are_the_raw_lines()
    {
        const string raw = @"6,339,5140900,-;\x09\x5cpath kfree+0x1/0x2 \x1b[mod] skb_put+0x3/0x4";
        var line = PrintkLineParser.Parse(raw, 1);
        Assert.Equal("\t\\path kfree+0x1/0x2 \\x1b[mod] skb_put+0x3/0x4", line.CleanMessage);
        Assert.Equal(["kfree+0x1/0x2", "skb_put+0x3/0x4"], SymbolReferenceScanner.Scan(line).Select(r => raw.Substring(r.Start, r.Length)));
    }

    [Fact]
    public void Backslashes_of_other_lines_stay() => Assert.Equal(@"a\x20b", PrintkLineParser.Parse(@"[    1.000000] a\x20b", 1).CleanMessage);

    [Fact]
    public void Colour_inside_a_message_is_removed_and_columns_still_are_the_raw_lines()
    {
        const string raw = "\x1b[32m[    1.000000] \x1b[0m\x1b[33mRIP: \x1b[0m\x1b[1m0010:\x1b[31mkfree\x1b[0m+0x236/0x250 [m]\x1b[0m";
        var line = PrintkLineParser.Parse(raw, 1);
        Assert.Equal("RIP: 0010:kfree+0x236/0x250 [m]", line.CleanMessage);
        var reference = Assert.Single(SymbolReferenceScanner.Scan(line));
        Assert.Equal("kfree\x1b[0m+0x236/0x250 [m]", raw.Substring(reference.Start, reference.Length));
    }

    [Theory]
    [InlineData("\x1b")]
    [InlineData("\x1b[")]
    [InlineData("\x1b[31")]
    [InlineData("\x1b]0;title")]
    [InlineData("a\x1b[31")]
    public void An_unfinished_escape_swallows_no_text(string raw) =>
        Assert.Equal(raw.Count(char.IsLetterOrDigit), PrintkLineParser.Parse(raw, 1).CleanMessage.Count(char.IsLetterOrDigit));
}
