using KernelDebug.Formatting;
using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Formatting;

public class PanicTraceFormatterTests
{
    private static readonly string Sample = File.ReadAllText(Path.Combine(FixtureFiles.Root, "samples", "panic.log"));

    [Fact]
    public void Text_has_what_the_log_says()
    {
        string[] lines = PanicTraceFormatter.Format(Parse(Sample), 120, TraceStyle.Plain).Split('\n');
        Assert.Equal("kernel BUG in __kmem_cache_free", lines[0]);
        Assert.Contains("  Headline   kernel BUG at mm/slub.c:419!", lines);
        Assert.Contains("  Task       ping, PID 121, CPU 1", lines);
        Assert.Contains("  Guilty     gtpsim_do_doubleskb.constprop.0+0x48/0x60 [gtpsim], out of tree", lines);
        int diagnosis = Array.IndexOf(lines, "  Diagnosis");
        Assert.StartsWith("   - The object that __kmem_cache_free frees is already the head", lines[diagnosis + 1], StringComparison.Ordinal);
        Assert.Contains("   <TASK>", lines);
        Assert.Contains(" >   gtpsim_dev_xmit+0x114/0x170 [gtpsim]", lines);
        Assert.Contains("   ? __ip_finish_output+0x190/0x190", lines);
    }

    [Fact]
    public void A_page_fault_has_its_address_and_error_code()
    {
        string[] lines = PanicTraceFormatter.Format(Parse("""
            BUG: kernel NULL pointer dereference, address: 0000000000000030
            Oops: 0002 [#1] SMP
            CPU: 0 PID: 1 Comm: sh Not tainted 6.1.0 #1
            RIP: 0010:foo+0x10/0x20
            RAX: 0000000000000000 RBX: 0000000000000001 RCX: 0000000000000027
            Call Trace:
             bar+0x10/0x20
            ---[ end trace 0000000000000000 ]---
            """), 120, TraceStyle.Plain).Split('\n');
        Assert.Contains("  Access     address 0x30", lines);
        Assert.Contains("  Error code 0x2: supervisor write, page not present", lines);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(120)]
    public void Lines_keep_within_the_width(int width) => Assert.All(
        PanicTraceFormatter.Format(Parse(Sample), width, TraceStyle.Plain).Split('\n').Where(line => line.Trim().Contains(' ', StringComparison.Ordinal)
            && !line.Contains('+', StringComparison.Ordinal)),
        line => Assert.InRange(line.Length, 0, width));

    [Fact]
    public void Inlined_callers_of_a_reliable_frame_have_lines_of_their_own_below_it()
    {
        PanicTrace trace = Parse(Sample);
        SourceFrame[] frames = [new("inner", "a.c", 1, null, true), new("outer", "b.c", 2, null, false)];
        TraceFrame[] decoded = trace.CallTrace.Select(frame => frame with { Location = frame.Location with { Frames = frames } }).ToArray();
        string[] lines = PanicTraceFormatter.Format(trace with { CallTrace = decoded }, 120, TraceStyle.Plain).Split('\n');
        int reliable = Array.FindIndex(lines, line => line.Contains("gtpsim_dev_xmit+", StringComparison.Ordinal));
        Assert.EndsWith(" inner at a.c:1", lines[reliable], StringComparison.Ordinal);
        Assert.Equal("outer at b.c:2", lines[reliable + 1].Trim());
        int doubtful = Array.FindIndex(lines, line => line.Contains("? __ip_finish_output+", StringComparison.Ordinal));
        Assert.DoesNotContain("outer", lines[doubtful + 1], StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_are_spelled_out()
    {
        PanicTrace trace = Parse(Sample);
        const string Evil = "x\u001b]0;t\a\u009b2J\u202e\ry";
        PanicTrace evil = trace with
        {
            Title = Evil, Headline = Evil, Comm = Evil, Hardware = Evil, KernelRelease = Evil, KernelBuildId = Evil, Path = Evil,
            IsCorrupted = true, CorruptedReason = Evil, Modules = [new LoadedModule(Evil, "O")], Taint = new TaintState(Evil, [Evil]),
            CallTrace = [trace.CallTrace[0] with { Location = trace.CallTrace[0].Location with { Symbol = Evil, Frames = [new(Evil, Evil, 1, null, true), new(Evil, Evil, 1, null, false)] } }],
        };
        const string Forged = "x\n  Kernel     6.6.6";
        Assert.DoesNotContain("  Kernel     6.6.6", PanicTraceFormatter.Format(trace with { Path = Forged, Hardware = Forged }, 120, TraceStyle.Plain).Split('\n'));
        Assert.DoesNotContain(PanicTraceFormatter.Format(evil, 120, TraceStyle.Plain), c => (char.IsControl(c) && c != '\n') || c == '\u202e');
    }

    [Fact]
    public void Colours_do_not_change_the_text()
    {
        string plain = PanicTraceFormatter.Format(Parse(Sample), 120, TraceStyle.Plain);
        string coloured = PanicTraceFormatter.Format(Parse(Sample), 120, new TraceStyle("{1}", "{2}", "{3}", "{4}", "{5}", "{0}"));
        Assert.NotEqual(plain, coloured);
        Assert.Equal(plain, System.Text.RegularExpressions.Regex.Replace(coloured, @"\{\d\}", ""));
    }

    private static PanicTrace Parse(string log) => PanicTraceParser.ParseAll(log.Split('\n'))[0];
}
