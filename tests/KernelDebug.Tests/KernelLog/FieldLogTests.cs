using KernelDebug.KernelLog;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>Shapes of public logs that no kernel of the fixtures prints, with made-up names and numbers.</summary>
public class FieldLogTests
{
    private const string Oops = """
        Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010
        Internal error: Oops: 0000000096000004 [#1] SMP
        CPU: 2 PID: 321 Comm: task Not tainted 5.10.1 #1
        pc : foo_write+0x24/0x60 [foo]
        Call trace:
         foo_write+0x24/0x60 [foo]
         vfs_write+0xd0/0x3c0
        ---[ end trace 0000000000000000 ]---
        """;

    private static PanicTrace One(string log) => Assert.Single(PanicTraceParser.ParseAll(Lines(log)));

    private static string[] Lines(string log) => log.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    [Theory]
    [InlineData("vas. 19 10:20:12 host kernel: ", "vas. 19 10:20:12")]
    [InlineData("Mär 19 10:20:12 host-1 kernel: ", "Mär 19 10:20:12")]
    [InlineData("11月 22 10:20:12 host kernel: ", "11月 22 10:20:12")]
    [InlineData("May  4 14:08:51  ", "May  4 14:08:51")]
    [InlineData("2023-01-28T13:02:16.334241+01:00   [    6.059134] ", "6.059134")]
    [InlineData("[    0.693542] c0 1 (swapper/0) ", "0.693542")]
    [InlineData("<4>[169739.712691] c12 ", "169739.712691")]
    [InlineData("<6>[    4.193519]  [2:    kworker/2:1:  105] ", "4.193519")]
    [InlineData("<4>[    1.234567] -(0)[1:swapper/0]", "1.234567")]
    [InlineData("<4>[    1.234567]  (0)[1:swapper/0]", "1.234567")]
    [InlineData("[22:22:59:896] [    0.632863] ", "0.632863")]
    public void Prefix(string prefix, string time)
    {
        var expected = One(Oops);
        string[] lines = [.. Lines(Oops).Select(line => prefix + line)];
        var actual = Assert.Single(PanicTraceParser.ParseAll(lines));
        Assert.Equal((expected.Title, expected.Cpu, expected.KernelRelease, expected.CallTrace.Count), (actual.Title, actual.Cpu, actual.KernelRelease, actual.CallTrace.Count));
        Assert.Null(actual.CorruptedReason);
        Assert.Equal(time, PrintkLineParser.Parse(lines[0], 1).TimeText);
        Assert.Equal(Lines(Oops)[5], PrintkLineParser.Parse(lines[5], 1).CleanMessage);
    }

    [Theory]
    [InlineData("[    1.234567] c0de is not a CPU", "c0de is not a CPU")]
    [InlineData("[    1.234567] [2: a list] of things", "[2: a list] of things")]
    [InlineData("[    1.234567] (0) nothing", "(0) nothing")]
    [InlineData("see 19 10:20:12 host said kernel", "see 19 10:20:12 host said kernel")]
    [InlineData("May  4 14:08:51 was when it broke", "May  4 14:08:51 was when it broke")]
    public void No_prefix_is_taken_off_a_message(string line, string message) => Assert.Equal(message, PrintkLineParser.Parse(line, 1).CleanMessage);

    [Fact]
    public void Visible_line_ends_of_a_serial_logger_are_no_part_of_the_message()
    {
        var trace = One(string.Join('\n', Lines(Oops).Select(line => line + "␍␊")));
        Assert.Equal("Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010", trace.Headline);
        Assert.Null(trace.CorruptedReason);
    }

    [Fact]
    public void Red_Hat_prints_dashes_among_the_taint_letters()
    {
        var trace = One("""
            ------------[ cut here ]------------
            WARNING: at drivers/foo.c:11
            Modules linked in: foo(OF+)
            CPU: 0 PID: 7 Comm: insmod Tainted: GF          O--------------   3.10.0-54.el7.s390x #1
            Krnl PSW : 0704f00180000000 000003ff8086d03a (foo_init+0x3a/0x1000 [foo])
                       R:0 T:1 IO:1 EX:1 Key:0 M:1 W:0 P:0 AS:3 CC:3 PM:0 EA:3
            Krnl GPRS: 0000000000000010 0000000000000011 0000000000000012 0000000000000013
                       0000000000000014 0000000000000015 0000000000000016 0000000000000017
                       0000000000000018 0000000000000019 000000000000001a 000000000000001b
                       000000000000001c 000000000000001d 000000000000001e 000000000000001f
            Call Trace:
            ([<000003ff8086d036>] bar_init+0x36/0x1000 [foo])
             [<000000000010014e>] do_one_initcall+0xce/0x160
            ---[ end trace 4e37b1eb61ae9844 ]---
            """);
        Assert.Equal(("GFO", "3.10.0-54.el7.s390x"), (trace.Taint!.Flags, trace.KernelRelease));
        Assert.Equal("WARNING in foo_init", trace.Title);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => (ulong)(0x10 + i)), Enumerable.Range(0, 16).Select(i => trace.Registers[$"R{i}"]));
        Assert.Equal(2, trace.CallTrace.Count);
    }

    [Fact]
    public void Registers_of_loongarch_have_no_colons()
    {
        var trace = One("""
            CPU 6 Unable to handle kernel paging request at virtual address ffff80000000802e, era == 900000000410645c, ra == 90000000041310b8
            Oops[#1]:
            CPU: 6 PID: 1 Comm: swapper/0 Not tainted 6.6.40 #2
            pc 900000000410645c ra 90000000041310b8 tp 9000000100608000 sp 900000010060b4f0
            a0 000000000000002e a1 0000000000000087 a2 0000000000000008 a3 0000000000000000
               ra: 90000000041310b8 foo_setup+0x48/0x90
              ERA: 900000000410645c foo_write+0x1c/0x60
            Call Trace:
            [<900000000410645c>] foo_write+0x1c/0x60
            [<90000000041310b8>] foo_setup+0x48/0x90
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal((0x900000000410645cUL, 0x900000010060b4f0UL, 0x87UL), (trace.Registers["pc"], trace.Registers["sp"], trace.Registers["a1"]));
        Assert.Equal("foo_write", trace.InstructionPointer!.Symbol);
        Assert.Null(trace.CorruptedReason);
    }

    [Fact]
    public void An_oops_of_riscv_has_no_trace_header_and_its_pc_twice()
    {
        var trace = One("""
            Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010
            Oops [#1]
            CPU: 3 PID: 77 Comm: sh Not tainted 6.12.1-riscv64 #1
            epc : foo_write+0xc/0x14 [foo]
             ra : vfs_write+0x3a/0x42
            epc : ffffffff8007dbb0 ra : ffffffff80ed8120 sp : ff2000000013bed0
             gp : ffffffff8202d8a0 tp : ff60000080289900 t0 : ff200000006d35c0
            status: 0000000200000120 badaddr: 0000000000000010 cause: 000000000000000d
            [<ffffffff8007dbb0>] foo_write+0xc/0x14 [foo]
            [<ffffffff80ed8120>] vfs_write+0x3a/0x42
            Code: 0513 0101 (0123) 4545
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal((0xffffffff8007dbb0UL, 0xffffffff80ed8120UL, 0xff2000000013bed0UL), (trace.Registers["epc"], trace.Registers["ra"], trace.Registers["sp"]));
        Assert.Equal(2, trace.CallTrace.Count);
        Assert.Null(trace.CorruptedReason);
    }

    [Fact]
    public void Modules_of_a_kernel_without_kallsyms_stand_behind_bare_addresses()
    {
        var trace = One("""
            Unable to handle kernel paging request at virtual address ffffffc000c81e2c
            Internal error: Oops: 0000000096000004 [#1] SMP
            CPU: 1 PID: 0 Comm: swapper/1 Tainted: G           O      5.15.167 #0
            pc : 0xffffffc00818ff8c
            lr : 0xffffffc000c81e2c [my_mod@000000006b7888f1+0x12000]
            Call trace:
             0xffffffc00818ff8c
             0xffffffc000c81e2c [my_mod@000000006b7888f1+0x12000]
             0xffffffc000c82214 [my_mod@3e6ee6ae+0x96e0]
             0xffffffc0086f4048
            ---[ end trace 5e8eb2b2f2a4dfb1 ]---
            """);
        Assert.Equal(
            [(0xffffffc00818ff8cUL, null), (0xffffffc000c81e2cUL, "my_mod"), (0xffffffc000c82214UL, "my_mod"), (0xffffffc0086f4048UL, null)],
            trace.CallTrace.Select(f => (f.Location.Reference.Address!.Value, f.Module)));
        var link = Assert.Single(SymbolReferenceScanner.Scan(PrintkLineParser.Parse("lr : 0xffffffc000c81e2c [my_mod@000000006b7888f1+0x12000]", 1)));
        Assert.Equal((0xffffffc000c81e2cUL, "my_mod"), (link.Address!.Value, link.Module));
        Assert.Empty(SymbolReferenceScanner.Scan(PrintkLineParser.Parse(" 0xffffffc000c81e2c [someone@example.org]", 1)));
    }

    [Fact]
    public void A_stack_before_the_trace_is_not_the_trace()
    {
        var trace = One("""
            BUG: scheduling while atomic: task/12771/0x00000002
            Preemption disabled at:
            [<ffffffff812b2934>] kernel_fpu_begin_mask+0x64/0x260
            CPU: 0 PID: 12771 Comm: task Not tainted 5.14.0 #0
            Call Trace:
             dump_stack_lvl+0xcd/0x134
             __schedule_bug.cold+0x10c/0x143
             foo_wait+0x10/0x20
            """);
        Assert.Equal("BUG: scheduling while atomic in foo_wait", trace.Title);
        Assert.Equal(["dump_stack_lvl", "__schedule_bug.cold", "foo_wait"], trace.CallTrace.Select(f => f.Symbol));
        Assert.Equal("5.14.0", trace.KernelRelease);
        Assert.Null(trace.CorruptedReason);
    }

    [Fact]
    public void The_owner_of_a_bad_page_is_not_the_trace()
    {
        var trace = One("""
            BUG: Bad page state in process task  pfn:7deea
            page dumped because: PAGE_FLAGS_CHECK_AT_FREE flag(s) set
            page last allocated via order 0, migratetype Unmovable, pid 5096
             post_alloc_hook+0x1f3/0x230
             foo_alloc+0x2e4c/0x2f10
            page last free pid 5081 tgid 5081 stack trace:
             foo_free+0x1/0x2
            Modules linked in:
            CPU: 1 UID: 0 PID: 5098 Comm: task Not tainted 6.11.0 #0
            Call Trace:
             <TASK>
             dump_stack_lvl+0x241/0x360
             bad_page+0x1/0x2
             bar_put+0x3/0x4
             </TASK>
            """);
        Assert.Equal(["dump_stack_lvl", "bad_page", "bar_put"], trace.CallTrace.Select(f => f.Symbol));
        Assert.Equal(5098, trace.ProcessId);
        Assert.Null(trace.CorruptedReason);
    }

    [Fact]
    public void The_CPU_line_of_a_sanitizer_may_stand_behind_its_trace()
    {
        var trace = One("""
            ==================================================================
            BUG: KMSAN: uninit-value in foo_read+0x6df/0x760
             foo_read+0x6df/0x760
             vfs_read+0x7d/0x410

            Uninit was created at:
             foo_alloc+0x7d/0x410

            CPU: 0 UID: 0 PID: 4926 Comm: task Not tainted 6.12.0-rc5 #0
            ==================================================================
            """);
        Assert.Equal(("KMSAN: uninit-value in foo_read", 4926, "6.12.0-rc5"), (trace.Title, trace.ProcessId, trace.KernelRelease));
        Assert.Equal(2, trace.CallTrace.Count);
    }

    [Fact]
    public void Lockdep_before_4_11_put_its_headline_in_brackets()
    {
        var trace = One("""
            =============================================
            [ INFO: possible recursive locking detected ]
            3.4.0 #37 Tainted: G        W
            ---------------------------------------------
            task/122 is trying to acquire lock:
             (s_active#13){++++.+}, at: [<c01a3d28>] foo_remove+0x9c/0xb4
            stack backtrace:
            [<c0014fcc>] (unwind_backtrace+0x0/0x120) from [<c00ca600>] (validate_chain+0x6f8/0x1054)
            [<c00ca600>] (validate_chain+0x6f8/0x1054) from [<c01a3d28>] (foo_remove+0x9c/0xb4)
            """);
        Assert.Equal("possible deadlock in foo_remove", trace.Title);
        Assert.Equal(["validate_chain", "foo_remove"], trace.CallTrace.Select(f => f.Symbol));
    }

    [Theory]
    [InlineData("WARNING: CPU: 0 PID: 37 at fs/foo.c:12", "__warn+0x1/0x2", "WARNING in foo_read")]
    [InlineData("WARNING: at fs/foo.c:12", "warn_slowpath_common+0x70/0xa0", "WARNING in foo_read")]
    public void The_title_is_not_of_the_reporting_machinery(string headline, string machinery, string title) => Assert.Equal(title, One($"""
        ------------[ cut here ]------------
        {headline}
        CPU: 0 PID: 37 Comm: task Not tainted 4.1.0 #1
        Call Trace:
         [<ffffffff8105cd86>] {machinery}
         [<ffffffff8105cdec>] foo_read+0x4c/0x50
        ---[ end trace 0000000000000000 ]---
        """).Title);

    [Theory]
    [InlineData("0000000000000009 ffff88013fa03d58 ffffffff81666d21 ffff88013fa03d90")]
    [InlineData(" dffffc0000000000")]
    public void Doubled_brackets_end_a_stack_of_old_kernels(string words)
    {
        var trace = One($"""
            CPU: 0 PID: 37 Comm: task Not tainted 4.1.0 #1
            {words}Call Trace:
             <NMI>  [<ffffffff810eb800>] foo_nmi+0x60/0xd0
             [<ffffffff81645c41>] end_repeat_nmi+0x1e/0x2e
             <<EOE>>  [<ffffffff810944f0>] foo_idle+0x90/0xa0
             [<ffffffff810b6ae5>] foo_exit+0x165/0x1a0
            """);
        Assert.Equal(
            [("foo_nmi", TraceContext.Nmi), ("end_repeat_nmi", TraceContext.Nmi), ("foo_idle", TraceContext.None), ("foo_exit", TraceContext.None)],
            trace.CallTrace.Select(f => (f.Symbol!, f.Context)));
    }
}
