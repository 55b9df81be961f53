using KernelDebug.KernelLog;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>Reports of other machines and ages, and reports that are broken.</summary>
public class ReportShapeTests
{
    private static PanicTrace One(string log) => Assert.Single(All(log));

    private static IReadOnlyList<PanicTrace> All(string log) => PanicTraceParser.ParseAll(log.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'));

    [Fact]
    public void Arm64()
    {
        var trace = One("""
            Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010
            Mem abort info:
              ESR = 0x0000000096000004
            Internal error: Oops: 0000000096000004 [#1] SMP
            Modules linked in: foo(O) bar
            CPU: 2 UID: 0 PID: 321 Comm: my task Not tainted 6.12.1-arm64 #1
            Hardware name: Raspberry Pi 4 Model B Rev 1.4 (DT)
            pstate: 60000005 (nZCv daif -PAN -UAO -TCO -DIT -SSBS BTYPE=--)
            pc : foo_write+0x24/0x60 [foo]
            lr : foo_write+0x18/0x60 [foo]
            sp : ffff80008123bd00
            x29: ffff80008123bd00 x28: ffff000004a60000 x27: 0000000000000000
            x2 : 0000000000000001 x1 : ffff000004a60000 x0 : 0000000000000010
            Call trace:
             foo_write+0x24/0x60 [foo] (P)
             vfs_write+0xd0/0x3c0
             el0t_64_sync+0x1a4/0x1a8
            Code: aa0003f3 f9400260 f9400c00 (b9401001)
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal((PanicKind.NullDereference, "BUG: unable to handle kernel NULL pointer dereference in foo_write"), (trace.Kind, trace.Title));
        Assert.Equal((2, 321, "my task", "6.12.1-arm64"), (trace.Cpu, trace.ProcessId, trace.Comm, trace.KernelRelease));
        Assert.False(trace.Taint!.IsTainted);
        Assert.Equal("foo_write", trace.InstructionPointer!.Symbol);
        Assert.Equal((0x10UL, 0x60000005UL, 0xffff80008123bd00), (trace.Registers["x0"], trace.Registers["pstate"], trace.Registers["sp"]));
        Assert.Equal(3, trace.CallTrace.Count);
        Assert.True(trace.CallTrace[0].IsOutOfTree);
        Assert.Equal((4, 12), (trace.Code!.UnitSize, trace.Code.FaultIndex));
        Assert.Equal([0x01, 0x10, 0x40, 0xb9], trace.Code.Bytes.Skip(12));
        Assert.False(trace.IsCorrupted, trace.CorruptedReason);
    }

    [Fact]
    public void Arm_with_X_from_Y_and_no_header()
    {
        var trace = One("""
            ------------[ cut here ]------------
            WARNING: CPU: 0 PID: 1 at drivers/foo.c:12 foo_probe+0x40/0x50
            Modules linked in:
            CPU: 0 PID: 1 Comm: swapper/0 Not tainted 5.10.0 #1
            Hardware name: Generic DT based system
            [<8010d4a4>] (unwind_backtrace) from [<8010a0b4>] (show_stack+0x10/0x14)
            [<8010a0b4>] (show_stack) from [<80780f80>] (dump_stack+0x90/0xa4)
            [<80780f80>] (dump_stack) from [<8011b6c8>] (foo_probe+0x40/0x50)
            ---[ end trace 1234567890abcdef ]---
            """);
        Assert.Equal(["show_stack", "dump_stack", "foo_probe"], trace.CallTrace.Select(f => f.Symbol));
        Assert.Equal([0x8010a0b4UL, 0x80780f80, 0x8011b6c8], trace.CallTrace.Select(f => f.Location.Reference.Address!.Value));
        Assert.Equal("WARNING in foo_probe", trace.Title);
        Assert.False(trace.IsCorrupted, trace.CorruptedReason);
    }

    [Fact]
    public void Arm_since_2021()
    {
        var trace = One("""
            CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0 #1
            Hardware name: Generic DT based system
             unwind_backtrace from show_stack+0x10/0x14
             show_stack from dump_stack_lvl+0x40/0x4c
             dump_stack_lvl from foo_probe+0x40/0x50
            """);
        Assert.Equal(["show_stack", "dump_stack_lvl", "foo_probe"], trace.CallTrace.Select(f => f.Symbol));
        Assert.Equal("stack dump in foo_probe", trace.Title);
        Assert.False(trace.IsCorrupted, trace.CorruptedReason);
    }

    [Fact]
    public void Powerpc()
    {
        var trace = One("""
            BUG: Kernel NULL pointer dereference on read at 0x00000010
            Faulting instruction address: 0xc000000000123456
            Oops: Kernel access of bad area, sig: 11 [#1]
            LE PAGE_SIZE=64K MMU=Radix SMP NR_CPUS=2048 NUMA pSeries
            Modules linked in: foo(OE)
            CPU: 3 PID: 77 Comm: cat Tainted: G           OE      6.6.0 #1
            NIP:  c008000000123456 LR: c000000000223344 CTR: c000000000333333
            REGS: c0000000fe4b3a00 TRAP: 0300   Tainted: G           OE       (6.6.0)
            MSR:  8000000000009033 <SF,EE,ME,IR,DR,RI,LE>  CR: 24000000  XER: 20040000
            CFAR: c00000000000c6ec DAR: 0000000000000010 DSISR: 40000000 IRQMASK: 0
            GPR00: c000000000223344 c0000000fe4b3ca0 c000000001400000 0000000000000001
            GPR04: 0000000000000002 0000000000000003 0000000000000004 0000000000000005
            NIP [c008000000123456] foo_read+0x36/0x90 [foo]
            LR [c000000000223344] vfs_read+0xd4/0x340
            Call Trace:
            [c0000000fe4b3ca0] [c0000000fe4b3ce0] 0xc0000000fe4b3ce0 (unreliable)
            [c0000000fe4b3cd0] [c000000000223344] vfs_read+0xd4/0x340
            [c0000000fe4b3e10] [c00000000000c6ec] system_call_vectored_common+0x15c/0x2ec
            Code: 60000000 7c0802a6 f8010010 e9230008 <e9290010> 4bffffa8
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal((PanicKind.NullDereference, "foo_read", 0xc008000000123456), (trace.Kind, trace.InstructionPointer!.Symbol, trace.InstructionPointer.Location.Reference.Address));
        Assert.Equal((5UL, 0x10UL, 0x20040000UL), (trace.Registers["GPR07"], trace.Registers["DAR"], trace.Registers["XER"]));
        Assert.Equal(["vfs_read", "system_call_vectored_common"], trace.CallTrace.Where(f => f.IsReliable).Select(f => f.Symbol));
        Assert.Equal([0x10, 0x00, 0x29, 0xe9], trace.Code!.Bytes.Skip(16).Take(4));
        Assert.False(trace.IsCorrupted, trace.CorruptedReason);
    }

    [Fact]
    public void Riscv()
    {
        var trace = One("""
            Unable to handle kernel paging request at virtual address dfffffff00000010
            Oops [#1]
            Modules linked in:
            CPU: 1 PID: 99 Comm: sh Tainted: G        W          6.8.0 #3
            epc : foo_show+0x1e/0x40
             ra : dev_attr_show+0x16/0x40
            epc : ffffffff80456789 ra : ffffffff80498765 sp : ff20000000123c00
             gp : ffffffff81a1b2c0 tp : ff60000002345678 t0 : 0000000000000000
            status: 0000000200000120 badaddr: dfffffff00000010 cause: 000000000000000d
            [<ffffffff80456789>] foo_show+0x1e/0x40
            [<ffffffff80498765>] dev_attr_show+0x16/0x40
            Code: 97b3 00f7 0713 0017 (9383) 0007
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal((PanicKind.PageFault, "foo_show"), (trace.Kind, trace.InstructionPointer!.Symbol));
        Assert.Equal((0xdfffffff00000010, 0xdUL), (trace.Registers["badaddr"], trace.Registers["cause"]));
        Assert.Equal(2, trace.CallTrace.Count);
        Assert.Equal((2, 8), (trace.Code!.UnitSize, trace.Code.FaultIndex));
    }

    [Fact]
    public void X86_before_2016()
    {
        var trace = One("""
            BUG: unable to handle kernel NULL pointer dereference at 0000000000000010
            IP: [<ffffffffa0012345>] foo_ioctl+0x25/0x60 [foo]
            PGD 79a067 PUD 79b067 PMD 0
            Oops: 0000 [#1] SMP
            Modules linked in: foo(O) bar [last unloaded: baz]
            CPU: 1 PID: 4242 Comm: test prog Tainted: P           O 3.10.0-1160.el7.x86_64 #1
            Hardware name: innotek GmbH VirtualBox/VirtualBox, BIOS VirtualBox 12/01/2006
            task: ffff880036c8a000 ti: ffff88003d0c4000 task.ti: ffff88003d0c4000
            RIP: 0010:[<ffffffffa0012345>]  [<ffffffffa0012345>] foo_ioctl+0x25/0x60 [foo]
            RSP: 0018:ffff88003d0c7e78  EFLAGS: 00010246
            RAX: 0000000000000000 RBX: 0000000000000000 RCX: 0000000000000006
            Stack:
             ffff88003d0c7ef0 ffffffff811f3d35 ffff88003d0c7ef8 ffffffff811f4000
            Call Trace:
             [<ffffffff811f3d35>] do_vfs_ioctl+0x2e5/0x4c0
             <IRQ>  [<ffffffff811f3fb1>] ? SyS_ioctl+0xa1/0xc0
             <EOI>  [<ffffffff81645909>] system_call_fastpath+0x16/0x1b
            Code: 89 e5 41 54 53 <8b> 40 10
            RIP  [<ffffffffa0012345>] foo_ioctl+0x25/0x60 [foo]
             RSP <ffff88003d0c7e78>
            CR2: 0000000000000010
            ---[ end trace 3c1f7b1f6a2f4c4e ]---
            Kernel panic - not syncing: Fatal exception
            """);
        Assert.Equal((PanicKind.NullDereference, "BUG: unable to handle kernel NULL pointer dereference in foo_ioctl"), (trace.Kind, trace.Title));
        Assert.Equal(0xffffffffa0012345, trace.InstructionPointer!.Location.Reference.Address);
        Assert.Equal(["PO", "test prog", "3.10.0-1160.el7.x86_64"], [trace.Taint!.Flags, trace.Comm!, trace.KernelRelease!]);
        Assert.Equal([TraceContext.None, TraceContext.Irq, TraceContext.None], trace.CallTrace.Select(f => f.Context));
        Assert.Equal(["foo(O)", "bar"], trace.Modules.Select(m => m.ToString()));
        Assert.Equal((5, 8), (trace.Code!.FaultIndex, trace.Code.Bytes.Count));
        Assert.Equal(0x10UL, trace.Registers["CR2"]);
        Assert.Equal(23, trace.LastLine);
        Assert.False(trace.IsCorrupted, trace.CorruptedReason);
    }

    [Fact]
    public void S390()
    {
        var trace = One("""
            Unable to handle kernel pointer dereference in virtual kernel address space
            Failing address: 0000000000000000 TEID: 0000000000000483
            Oops: 0004 ilc:2 [#1] SMP
            CPU: 1 PID: 5 Comm: sh Not tainted 6.1.0 #1
            Krnl PSW : 0704c00180000000 000003ff80123456 (foo_write+0x26/0x60 [foo])
                       R:0 T:1 IO:1 EX:1 Key:0 M:1 W:0 P:0 AS:3 CC:0 PM:0 RI:0 EA:3
            Krnl GPRS: 0000000000000001 0000000000000002 0000000000000003 0000000000000004
            Call Trace:
             [<000003ff80123456>] foo_write+0x26/0x60 [foo]
             [<0000000000345678>] vfs_write+0xb8/0x2a0
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal(("foo_write", 0x3ff80123456UL, 4UL), (trace.InstructionPointer!.Symbol, trace.InstructionPointer.Location.Reference.Address, trace.Registers["R3"]));
        Assert.Equal(2, trace.CallTrace.Count);
    }

    [Fact]
    public void Since_6_9_the_oops_names_the_trap_and_taint_is_spelled_out()
    {
        var trace = One("""
            Oops: general protection fault, probably for non-canonical address 0xdffffc0000000001: 0000 [#1] PREEMPT SMP KASAN NOPTI
            KASAN: null-ptr-deref in range [0x0000000000000008-0x000000000000000f]
            CPU: 0 UID: 1000 PID: 9 Comm: kworker/u8:0 Tainted: G        W  OE      6.12.0-rc1 #1 PREEMPT(voluntary)
            Tainted: [W]=WARN, [O]=OOT_MODULE, [E]=UNSIGNED_MODULE
            Workqueue: events_unbound foo_work [foo]
            RIP: 0010:foo_work+0x10/0x20 [foo]
            RSP: 0018:ffffc90000a7fd00 EFLAGS: 00010246
            Call Trace:
             <TASK>
             process_one_work+0x1/0x2
             </TASK>
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal((PanicKind.GeneralProtectionFault, "GWOE", "kworker/u8:0"), (trace.Kind, trace.Taint!.Flags, trace.Comm));
    }

    [Theory]
    [InlineData("WARNING: CPU: 3 PID: 77 at mm/page_alloc.c:1234 foo+0x1/0x2 [mod]", "mm/page_alloc.c", 1234, 3, 77, null)]
    [InlineData("WARNING: CPU: 3 PID: 77 at foo+0x1/0x2", null, null, 3, 77, null)]
    [InlineData("WARNING: mm/page_alloc.c:1234 at foo+0x1/0x2, CPU#3: my task/77", "mm/page_alloc.c", 1234, 3, 77, "my task")]
    [InlineData("WARNING: at foo+0x1/0x2, CPU#3: kworker/3:1/77", null, null, 3, 77, "kworker/3:1")]
    [InlineData("WARNING: at mm/page_alloc.c:1234 foo+0x1/0x2()", "mm/page_alloc.c", 1234, null, null, null)]
    [InlineData("kernel BUG at mm/slub.c:307!", "mm/slub.c", 307, null, null, null)]
    [InlineData("BUG: scheduling while atomic: kworker/3:1/77/0x00000002", null, null, null, 77, "kworker/3:1")]
    [InlineData("watchdog: BUG: soft lockup - CPU#3 stuck for 26s! [kworker/3:1:77]", null, null, 3, 77, "kworker/3:1")]
    [InlineData("INFO: task kworker/3:1:77 blocked for more than 143 seconds.", null, null, null, 77, "kworker/3:1")]
    [InlineData("UBSAN: shift-out-of-bounds in drivers/a.c:12:34", "drivers/a.c", 12, null, null, null)]
    public void What_a_headline_says(string headline, string? file, int? line, int? cpu, int? pid, string? comm)
    {
        var trace = One(headline + "\nCall Trace:\n foo+0x1/0x2\n");
        Assert.Equal(headline, trace.Headline);
        Assert.Equal((file, line), (trace.ReportedFile, trace.ReportedLine));
        Assert.Equal((cpu, pid, comm), (trace.Cpu, trace.ProcessId, trace.Comm));
    }

    [Fact]
    public void A_panic_after_an_oops_is_the_same_report_and_another_panic_is_not()
    {
        const string oops = """
            BUG: kernel NULL pointer dereference, address: 0000000000000030
            Oops: 0000 [#1] SMP
            CPU: 0 PID: 1 Comm: init Not tainted 6.1.0 #1
            RIP: 0010:foo+0x1/0x2
            Call Trace:
             bar+0x1/0x2
            ---[ end trace 0000000000000000 ]---

            """;
        var one = One(oops + "note: init[1] exited with irqs disabled\nKernel panic - not syncing: Attempted to kill init! exitcode=0x00000009\nCPU: 0 PID: 1 Comm: init Not tainted 6.1.0 #1\nCall Trace:\n panic+0x1/0x2\nKernel Offset: 0x1000000 from 0xffffffff81000000\n---[ end Kernel panic - not syncing: Attempted to kill init! ]---\n");
        // It is out with the Kernel Offset: a box that stays down may print nothing more.
        Assert.Equal((1, 13, 0x1000000UL), (one.FirstLine, one.LastLine, one.KaslrOffset));
        Assert.Equal("bar", Assert.Single(one.CallTrace).Symbol);
        var two = All(oops + "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\nCall Trace:\n panic+0x1/0x2\n");
        Assert.Equal([PanicKind.NullDereference, PanicKind.NoRootFileSystem], two.Select(t => t.Kind));
    }

    [Fact]
    public void Two_reports_printed_at_one_time_are_followed_by_their_callers()
    {
        string[] first = [.. LogFixtures.ReadLines("custom-6.1-kasan", "d3-proc-warnmsg", "oops.log").Skip(2)];
        string[] second = first.Select(l => l.Replace("[   T68]", "[    C1]", StringComparison.Ordinal).Replace("PID: 68", "PID: 99", StringComparison.Ordinal)).ToArray();
        var mixed = first.Zip(second).SelectMany(p => new[] { p.First, p.Second });
        var traces = PanicTraceParser.ParseAll(mixed);
        Assert.Equal([68, 99], traces.Select(t => t.ProcessId));
        var alone = Assert.Single(PanicTraceParser.ParseAll(first));
        Assert.All(traces, t => Assert.Equal(alone.CallTrace.Select(f => f.Symbol), t.CallTrace.Select(f => f.Symbol)));
        Assert.All(traces, t => Assert.False(t.IsCorrupted, t.CorruptedReason));
        Assert.All(traces, t => Assert.Equal(alone.Registers, t.Registers));
    }

    [Fact]
    public void A_log_cut_in_the_trace_says_so()
    {
        var lines = LogFixtures.ReadLines("debian-6.1.0-56", "a1-proc-doublefree", "oops.log");
        var trace = Assert.Single(PanicTraceParser.ParseAll(lines[..30]));
        Assert.Equal("the call trace is cut: <TASK> is not closed by line 30", trace.CorruptedReason);
        trace = Assert.Single(PanicTraceParser.ParseAll(lines[..12]));
        Assert.Equal("the report ends at line 12 without a call trace", trace.CorruptedReason);
        Assert.Equal("kernel BUG in __kmem_cache_free", trace.Title);
        trace = Assert.Single(PanicTraceParser.ParseAll(lines[..(Array.FindIndex(lines, l => l.EndsWith("</TASK>", StringComparison.Ordinal)) + 1)]));
        Assert.Contains("without its end marker", trace.CorruptedReason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_whose_start_is_missing_still_yields_the_trace()
    {
        var lines = LogFixtures.ReadLines("debian-6.1.0-56", "a1-proc-doublefree", "oops.log");
        var trace = PanicTraceParser.ParseAll(lines[6..])[0];
        Assert.Equal((PanicKind.StackDump, 14), (trace.Kind, trace.CallTrace.Count));
    }

    [Fact]
    public void Dropped_messages_inside_a_report_are_told()
    {
        var lines = LogFixtures.ReadLines("debian-6.1.0-56", "a1-proc-doublefree", "oops.log").ToList();
        lines.Insert(30, "** 12 printk messages dropped **");
        var trace = Assert.Single(PanicTraceParser.ParseAll(lines));
        Assert.True(trace.IsCorrupted);
        Assert.Contains("dropped", trace.CorruptedReason, StringComparison.Ordinal);
        lines.RemoveAt(30);
        lines.Insert(0, "** 12 printk messages dropped **");
        Assert.False(Assert.Single(PanicTraceParser.ParseAll(lines)).IsCorrupted);
    }

    [Fact]
    public void An_interrupted_function_in_the_trace_is_a_frame_and_not_the_instruction_pointer()
    {
        var trace = One("""
            CPU: 0 PID: 0 Comm: swapper/0 Not tainted 6.1.0 #1
            Call Trace:
             <IRQ>
             dump_stack_lvl+0x44/0x5c
             foo_timer+0x10/0x20 [foo]
             </IRQ>
             <TASK>
             asm_sysvec_apic_timer_interrupt+0x16/0x20
            RIP: 0010:default_idle+0xb/0x10
            Code: 0f 1f 44 00 00 fb f4 <c3> 0f 1f
            RSP: 0018:ffffffff9a603eb0 EFLAGS: 00000246
            RAX: 0000000000000000 RBX: ffffffff9a61a480 RCX: 0000000000000000
             default_idle_call+0x34/0xf0
             </TASK>
            """);
        Assert.Null(trace.InstructionPointer);
        Assert.Null(trace.Code);
        Assert.Empty(trace.Registers);
        Assert.Equal(["dump_stack_lvl", "foo_timer", "asm_sysvec_apic_timer_interrupt", "default_idle", "default_idle_call"], trace.CallTrace.Select(f => f.Symbol));
        Assert.Equal(LocationRole.InstructionPointer, trace.CallTrace[3].Location.Reference.Role);
        Assert.Equal([TraceContext.Irq, TraceContext.Irq, TraceContext.Task, TraceContext.Task, TraceContext.Task], trace.CallTrace.Select(f => f.Context));
    }

    [Theory]
    [InlineData("G        W  OE     ", "GWOE")]
    [InlineData("P      D    O      ", "PDO")]
    [InlineData("G", "G")]
    public void Taint_letters_have_phrases(string letters, string flags)
    {
        var trace = One($"CPU: 1 PID: 2 Comm: a b Tainted: {letters} 6.1.0 #1\nCall Trace:\n foo+0x1/0x2\n");
        Assert.Equal((flags, "6.1.0", "a b"), (trace.Taint!.Flags, trace.KernelRelease, trace.Comm));
        Assert.Equal(flags.Length, trace.Taint.Reasons.Count);
        Assert.All(trace.Taint.Reasons, r => Assert.DoesNotContain("not known", r, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_taint_letter_of_the_kernel_is_known() =>
        // taint_flags[] of kernel/panic.c, bits 0 to 19, and G.
        Assert.All("PFSRMBUDAWCIOELKXTNJG", c => Assert.DoesNotContain("not known", TaintFlags.Describe(c), StringComparison.Ordinal));

    [Fact]
    public void A_segfault_after_a_dump_is_not_its_code()
    {
        var trace = One("""
            CPU: 1 PID: 2 Comm: x Not tainted 6.1.0 #1
            Call Trace:
             <TASK>
             foo+0x1/0x2
             </TASK>
            sh[119]: segfault at 427700 ip 0000000000427700 sp 00007ffd2c9350a8 error 14 in busybox[401000+184000]
            Code: 48 8b 05 d1 51 77 01 <0f> 0b
            """);
        Assert.Null(trace.Code);
        Assert.Equal(5, trace.LastLine);
    }

    [Fact]
    public void Caps_end_a_report_with_the_reason()
    {
        var frames = Enumerable.Repeat(" foo+0x1/0x2", LogLimits.MaxFrames + 10);
        var trace = PanicTraceParser.ParseAll(["CPU: 1 PID: 2 Comm: x Not tainted 6.1.0 #1", "Call Trace:", .. frames])[0];
        Assert.Equal((LogLimits.MaxFrames, true), (trace.CallTrace.Count, trace.IsCorrupted));
        Assert.Contains("4096", trace.CorruptedReason, StringComparison.Ordinal);
        trace = PanicTraceParser.ParseAll(["------------[ cut here ]------------", "Modules linked in:" + string.Concat(Enumerable.Range(0, 5000).Select(i => $" m{i}"))])[0];
        Assert.Equal((LogLimits.MaxModules, true), (trace.Modules.Count, trace.IsCorrupted));
    }
}
