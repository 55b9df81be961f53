using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>
/// Lines of real kernels. The truth is what tests/Fixtures/trace/mark.pl wrote, and what sched_switch says of the task itself:
/// its fields prev_comm and prev_pid are the columns before it.
/// </summary>
public partial class TraceLineTests
{
    private static List<TraceLine> Read(string name, bool mayBeTrimmed = false)
    {
        using FileStream text = File.OpenRead(FixtureFiles.Path($"trace/{name}"));
        return [.. TraceText.Read(text, mayBeTrimmed)];
    }

    private static List<TraceLine> ReadText(string text) => [.. TraceText.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), mayBeTrimmed: false)];

    // Task null: the line has no columns, since the task's name has a line feed in it.
    public static TheoryData<int, string?, string> Marks => new()
    {
        { 0, "a-1 [000] ..", "hello dash" }, { 3, "été", "utf8 comm" }, { 4, "e\x1b[31m", "esc comm" }, { 5, "123456789012345", "full" },
        { 6, "a b", "two" }, { 7, null, "lines" }, { 8, "c", "esc \x1b[31m red" }, { 9, "\\xff\\xfe", "bytes \\xff" },
        { 10, "n", "no newline: has: colons" }, { 11, "lead", "leading space" }, { 12, "p (   77) [001]", "parens" },
        { 13, "a-1 [000] 1.2: ", "fake" }, { 14, "<...>", "dots" },
    };

    [Theory]
    [MemberData(nameof(Marks))]
    public void A_name_ends_where_the_kernel_ends_it_whatever_it_holds(int line, string? task, string message)
    {
        foreach (string file in new[] { "marks.txt", "marks-tgid.txt" })
        {
            TraceLine read = Read(file)[line];
            Assert.Equal(task is null ? TraceLineKind.Text : TraceLineKind.Event, read.Kind);
            Assert.Equal(task, read.Task);
            Assert.Equal(message, task is null ? read.Text : read.Message);
            Assert.Equal(task is null ? null : "tracing_mark_write", read.Function);
            Assert.Equal(task is null || file == "marks.txt" ? null : read.ProcessId, read.ThreadGroupId);
        }
    }

    [Fact]
    public void A_name_with_a_line_feed_leaves_text_and_no_wrong_name()
    {
        List<TraceLine> lines = Read("marks.txt");
        Assert.Equal(15, lines.Count);
        Assert.Equal((TraceLineKind.Text, "             x"), (lines[1].Kind, lines[1].Text));
        Assert.Equal((TraceLineKind.Text, null), (lines[2].Kind, lines[2].Task));
    }

    [Theory]
    [InlineData("sched-6.1.txt", 47)]
    [InlineData("sched-tgid-6.18.txt", 78)]
    public void The_columns_agree_with_what_sched_switch_says_of_the_task(string file, int least)
    {
        List<TraceLine> lines = Read(file).FindAll(line => line.Function == "sched_switch");
        // The kernel prints the name a task has when the trace is read: of one that has become another program, the later.
        ILookup<string, string> names = lines.Select(line => SchedSwitch().Match(line.Message!).Groups).ToLookup(fields => fields[2].Value, fields => fields[1].Value);
        foreach (TraceLine line in lines)
        {
            Match fields = SchedSwitch().Match(line.Message!);
            Assert.Contains(line.Task!.Replace("<idle>", $"swapper/{line.Cpu}", StringComparison.Ordinal), names[fields.Groups[2].Value]);
            Assert.Equal(fields.Groups[2].Value, line.ProcessId!.Value.ToString(CultureInfo.InvariantCulture));
            // The scheduler switches with interrupts off.
            Assert.True(line.Flags!.State!.Value.HasFlag(TraceState.InterruptsOff), line.Text);
            Assert.Equal((2, 0), (line.Flags.PreemptDepth, line.Flags.MigrateDisableDepth));
        }

        Assert.True(lines.Count >= least, $"{lines.Count} lines");
        Assert.Equal(lines.OrderBy(line => line.Time), lines);
    }

    [GeneratedRegex("^prev_comm=(.*) prev_pid=([0-9]+) prev_prio=")]
    private static partial Regex SchedSwitch();

    [Fact]
    public void A_process_is_told_from_its_threads()
    {
        TraceLine line = Read("sched-tgid-6.18.txt")[1];
        Assert.Equal((".NET Tiered Com", 27628, 27622, 1), (line.Task, line.ProcessId, line.ThreadGroupId, line.Cpu));
        Assert.Equal(new TimeSpan(8, 7, 12).Add(TimeSpan.FromMicroseconds(337870)), line.Time);
    }

    [Fact]
    public void Traced_functions_have_their_callers()
    {
        List<TraceLine> lines = Read("function-6.1.txt");
        Assert.Equal(("mutex_unlock", "<-tracing_set_tracer"), (lines[0].Function, lines[0].Message));
        Assert.Equal(TraceState.NeedResched | TraceState.PreemptResched, lines[0].Flags!.State);
        Assert.All(lines, line => Assert.StartsWith("<-", line.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Lost_events_are_counted_where_the_kernel_says_so()
    {
        List<TraceLine> lost = Read("lost.txt").FindAll(line => line.Kind == TraceLineKind.LostEvents);
        Assert.Equal([(0, 45465UL), (1, 24494UL)], lost.Select(line => (line.Cpu!.Value, line.LostEvents!.Value)));
    }

    [Fact]
    public void A_buffer_that_was_written_over_says_by_how_much()
    {
        TraceLine lost = Assert.Single(Read("overwritten.txt"));
        Assert.Equal((TraceLineKind.LostEvents, 70875UL - 25, null), (lost.Kind, lost.LostEvents!.Value, lost.Cpu));
    }

    [Fact]
    public void Columns_that_are_off_are_null()
    {
        TraceLine line = Assert.Single(Read("noirq.txt"));
        Assert.Null(line.Flags);
        Assert.Equal(("bash", 29509, 29509, 0, "hi"), (line.Task, line.ProcessId, line.ThreadGroupId, line.Cpu, line.Message));
        Assert.Equal(292329954330, line.Time!.Value.Ticks);
    }

    [Fact]
    public void A_clock_that_counts_gives_a_count()
    {
        TraceLine line = Assert.Single(Read("counter.txt"));
        Assert.Equal((null, 2UL, "...1.", "hi"), (line.Time, line.Counter!.Value, line.Flags!.Text, line.Message));
    }

    [Theory]
    [InlineData("latency.txt")]
    [InlineData("graph-6.1.txt")]
    public void Tracers_with_lines_of_their_own_are_text(string file)
    {
        List<TraceLine> lines = Read(file);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Equal((TraceLineKind.Text, null), (line.Kind, line.Task)));
    }

    [Fact]
    public void A_stack_is_text_behind_its_event()
    {
        List<TraceLine> lines = Read("stack.txt");
        int at = lines.FindIndex(line => line.Message == "<stack trace>");
        Assert.True(at > 0);
        Assert.Null(lines[at].Function);
        Assert.Equal((TraceLineKind.Text, " => trace_event_raw_event_sched_switch"), (lines[at + 1].Kind, lines[at + 1].Text));
    }

    // The letters of trace_print_lat_fmt (kernel/trace/trace_output.c of Linux 6.18), and the columns of kernels before 5.12.
    [Theory]
    [InlineData("d..2.", TraceState.InterruptsOff, 2, 0)]
    [InlineData("dNh1.", TraceState.InterruptsOff | TraceState.NeedResched | TraceState.PreemptResched | TraceState.HardInterrupt, 1, 0)]
    [InlineData("b.s31", TraceState.SoftInterruptsOff | TraceState.SoftInterrupt, 3, 1)]
    [InlineData("DpHf.", TraceState.InterruptsOff | TraceState.SoftInterruptsOff | TraceState.PreemptResched | TraceState.HardInterrupt | TraceState.SoftInterrupt, 15, 0)]
    [InlineData("XlZ..", TraceState.InterruptsUnknown | TraceState.NeedReschedLazy | TraceState.NonMaskableInterrupt | TraceState.HardInterrupt, 0, 0)]
    [InlineData(".bz..", TraceState.NeedResched | TraceState.NeedReschedLazy | TraceState.NonMaskableInterrupt, 0, 0)]
    [InlineData(".n.1", TraceState.NeedResched, 1, null)]
    public void Letters_say_the_state_of_the_processor(string text, TraceState state, int preempt, int? migrate)
    {
        TraceFlags flags = TraceFlags.Parse(text);
        Assert.Equal((state, preempt, migrate), (flags.State, flags.PreemptDepth, flags.MigrateDisableDepth));
    }

    [Theory]
    [InlineData("d..2..1")]
    [InlineData("q..2.")]
    [InlineData("")]
    public void Letters_that_are_not_known_are_kept_and_not_read(string text) => Assert.Equal((null, text), (TraceFlags.Parse(text).State, TraceFlags.Parse(text).Text));

    [Theory]
    [InlineData("CPU:3 [LOST EVENTS]", 3, null)]
    [InlineData("CPU:12 [LOST 18446744073709551615 EVENTS]", 12, 18446744073709551615UL)]
    public void Lost_events_may_not_be_counted(string text, int cpu, ulong? count)
    {
        TraceLine line = TraceLineParser.Parse(text);
        Assert.Equal((TraceLineKind.LostEvents, cpu, count), (line.Kind, line.Cpu!.Value, line.LostEvents));
    }

    [Theory]
    [InlineData("            bash-1       [000] d..2.     1.000001: bpf_trace_printk: a: b", "bpf_trace_printk", "a: b")]
    [InlineData("            bash-1       [000] d..2.     1.000001: gtpsim_xmit [gtpsim]: len 5", "gtpsim_xmit [gtpsim]", "len 5")]
    [InlineData("            bash-1       [000] d..2.     1.000001: vfs_read+0x4/0x10 <-ksys_read", "vfs_read+0x4/0x10", "<-ksys_read")]
    [InlineData("            bash-1       [000] d..2.     1.000001: vfs_read(file=0xffff8881, count=0x1) <-ksys_read", "vfs_read", "(file=0xffff8881, count=0x1) <-ksys_read")]
    [InlineData("            bash-1       [000] d..2.     1.000001: no name: here", null, "no name: here")]
    [InlineData("            bash-1       [000] d..2.     1.000001: empty:", "empty", "")]
    [InlineData("            bash-1       [000] d..2.     1.000001:", null, "")]
    public void The_name_is_taken_off_what_follows_the_time(string text, string? function, string message)
    {
        TraceLine line = TraceLineParser.Parse(text);
        Assert.Equal((TraceLineKind.Event, function, message), (line.Kind, line.Function, line.Message));
    }

    [Theory]
    [InlineData("")]
    [InlineData("            bash-")]
    [InlineData("            bash-1")]
    [InlineData("            bash-99999999999 [000] d..2.     1.000001: a: b")]
    [InlineData("            bash-1       [000] d..2.     1.00001: a: b")]
    [InlineData("            bash-1       [000] d..2.     99999999999999999999.000001: a: b")]
    [InlineData("            bash-1       [000] d..2.     999999999999.000001: a: b")]
    [InlineData("            bash-1       [000] d..2.")]
    [InlineData("            bash-1       (x) [000] d..2.     1.000001: a: b")]
    [InlineData("CPU:x [LOST 5 EVENTS]")]
    [InlineData("CPU:1 [LOST 5 EVENTS] ")]
    [InlineData("bash-1 [000] d..2. 1.000001: a: b")]
    public void What_is_no_line_of_the_kernel_is_text(string text) => Assert.Equal((TraceLineKind.Text, text), (TraceLineParser.Parse(text).Kind, TraceLineParser.Parse(text).Text));

    [Fact]
    public void A_line_that_lost_its_blanks_is_read_where_that_is_asked_for_and_only_one_way_fits()
    {
        TraceLine line = TraceLineParser.Parse("kworker/0-1:2-1 [000] d..2. 1.000001: a: b", mayBeTrimmed: true);
        Assert.Equal(("kworker/0-1:2", 1, "b"), (line.Task, line.ProcessId, line.Message));
        Assert.Equal(TraceLineKind.Text, TraceLineParser.Parse("a-1 [0] 1: -1 [000] d..2. 1.000001: a: b", mayBeTrimmed: true).Kind);
    }

    [Fact]
    public void Every_beginning_of_a_line_is_read_without_harm()
    {
        foreach (byte[] line in File.ReadAllLines(FixtureFiles.Path("trace/marks-tgid.txt"), Encoding.Latin1).Append("CPU:1 [LOST 576 EVENTS]").Select(Encoding.Latin1.GetBytes))
        {
            for (int length = 0; length <= line.Length; length++)
            {
                Assert.NotNull(TraceLineParser.Parse(line.AsSpan(0, length), mayBeTrimmed: true).Text);
            }
        }
    }

    [Fact]
    public void The_head_and_where_buffers_start_are_left_out_and_text_like_them_is_not()
    {
        List<TraceLine> lines = ReadText("# tracer: nop\n#\n##### CPU 1 buffer started ####\n            bash-1       [000] d..2.     1.000001: a: b\n# no head\n\n##### CPU 0 buffer started ####\n");
        Assert.Equal(["            bash-1       [000] d..2.     1.000001: a: b", "# no head"], lines.Select(line => line.Text));
    }
}
