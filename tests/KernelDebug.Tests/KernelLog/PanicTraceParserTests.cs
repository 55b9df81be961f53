using KernelDebug.KernelLog;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>The reports of real logs: kinds and titles known from what was provoked, places from truth.json.</summary>
public class PanicTraceParserTests
{
    public static TheoryData<string> Cases => [.. LogFixtures.Cases("debian-6.1.0-56")];

    [Theory]
    [InlineData("a1-proc-doublefree", PanicKind.Bug, "kernel BUG in __kmem_cache_free")]
    [InlineData("b1-proc-null", PanicKind.NullDereference, "BUG: unable to handle kernel NULL pointer dereference in gtpsim_do_null")]
    [InlineData("b8-proc-null-panic", PanicKind.NullDereference, "BUG: unable to handle kernel NULL pointer dereference in gtpsim_do_null")]
    [InlineData("c1-proc-gpf", PanicKind.GeneralProtectionFault, "general protection fault in gtpsim_do_gpf")]
    [InlineData("d1-proc-warn", PanicKind.Warning, "WARNING in gtpsim_do_warn")]
    [InlineData("d4-xmit-refcount", PanicKind.Refcount, "WARNING: refcount bug in gtpsim_do_refcount")]
    [InlineData("e1-proc-bug", PanicKind.Bug, "kernel BUG in gtpsim_do_bug")]
    [InlineData("f1-encap-dump", PanicKind.StackDump, "stack dump in gtpsim_do_dump")]
    [InlineData("g1-proc-div", PanicKind.DivideError, "divide error in gtpsim_do_div")]
    [InlineData("h1-sysrq-c", PanicKind.Panic, "kernel panic: sysrq triggered crash")]
    [InlineData("h2-proc-panic", PanicKind.Panic, "kernel panic: gtpsim: giving up on TEID 4e")]
    [InlineData("i1-softlockup", PanicKind.SoftLockup, "BUG: soft lockup in gtpsim_do_softlockup")]
    [InlineData("i2-hung", PanicKind.HungTask, "INFO: task hung in gtpsim_do_hung")]
    [InlineData("j1-stackprot", PanicKind.StackProtector, "kernel panic: stack is corrupted in gtpsim_do_stackprot")]
    [InlineData("j2-smap", PanicKind.UserAccess, "BUG: unable to handle kernel paging request in gtpsim_do_smap")]
    [InlineData("j4-recurse", PanicKind.StackOverflow, "BUG: stack guard page was hit in gtpsim_recurse")]
    [InlineData("j6-nullfn", PanicKind.NullDereference, "BUG: unable to handle kernel NULL pointer dereference in gtpsim_do_nullfn")]
    [InlineData("k1-proc-atomic", PanicKind.SchedulingWhileAtomic, "BUG: scheduling while atomic in gtpsim_do_atomic")]
    [InlineData("l1-proc-list", PanicKind.ListCorruption, "BUG: corrupted list in gtpsim_do_list")]
    public void The_first_report_of_a_log(string name, PanicKind kind, string title)
    {
        var trace = LogFixtures.Traces("debian-6.1.0-56", name, "oops.log")[0];
        Assert.Equal((kind, title), (trace.Kind, trace.Title));
    }

    [Theory]
    [InlineData("f4-many-dumps", 21)]
    [InlineData("i1-softlockup", 2)]
    [InlineData("i2-hung", 10)]
    [InlineData("k1-proc-atomic", 2)]
    [InlineData("n1-proc-cold", 2)]
    [InlineData("z1-live-dmesg", 2)]
    public void Reports_of_one_log(string name, int count) => Assert.Equal(count, LogFixtures.Traces("debian-6.1.0-56", name, "oops.log").Count);

    [Theory, MemberData(nameof(Cases))]
    public void Every_trace_place_of_the_truth_is_in_a_report(string name)
    {
        var lines = LogFixtures.ReadLines("debian-6.1.0-56", name, "oops.log");
        var traces = PanicTraceParser.ParseAll(lines);
        Assert.All(traces, t => Assert.False(t.IsCorrupted, t.CorruptedReason));
        Assert.All(traces, t => Assert.Equal("6.1.0-56-amd64", t.KernelRelease));
        var truth = LogFixtures.Truth(name);
        foreach (var trace in traces)
        {
            var inside = truth.Where(t => t.Line >= trace.FirstLine && t.Line <= trace.LastLine).ToArray();
            var frames = inside.Where(t => lines[t.Line - 1].Contains("]  ", StringComparison.Ordinal) || lines[t.Line - 1].StartsWith(' '));
            Assert.Equal(
                frames.Select(t => (t.Line, t.Symbol, t.Offset, t.Size, t.Module, t.IsReliable)),
                trace.CallTrace.Where(f => f.Symbol is not null && f.Location.Reference.Role != LocationRole.InstructionPointer)
                    .Select(f => (f.LineNumber, f.Symbol!, f.Offset!.Value, f.Size!.Value, f.Module, f.IsReliable)));
            if (inside.FirstOrDefault(t => t.IsPointer && lines[t.Line - 1].Contains("RIP: 0010:", StringComparison.Ordinal)) is { } pointer
                && trace.Kind is not PanicKind.StackDump)
            {
                Assert.Equal((pointer.Line, pointer.Symbol, pointer.Offset), (trace.InstructionPointer!.LineNumber, trace.InstructionPointer.Symbol, trace.InstructionPointer.Offset));
            }
            Assert.Equal(string.Join('\n', lines[(trace.FirstLine - 1)..trace.LastLine]), trace.RawText);
        }
    }

    [Fact]
    public void All_of_a_null_dereference()
    {
        var trace = Assert.Single(LogFixtures.Traces("debian-6.1.0-56", "b8-proc-null-panic", "oops.log"));
        Assert.Equal((0, 120, "sh"), (trace.Cpu, trace.ProcessId, trace.Comm));
        Assert.Equal("GOE", trace.Taint!.Flags);
        Assert.Equal(3, trace.Taint.Reasons.Count);
        Assert.Equal("QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-debian-1.16.2-1 04/01/2014", trace.Hardware);
        Assert.Equal("BUG: kernel NULL pointer dereference, address: 0000000000000030", trace.Headline);
        Assert.Equal("gtpsim_do_null", trace.InstructionPointer!.Symbol);
        Assert.True(trace.InstructionPointer.IsOutOfTree);
        Assert.Equal(0x30UL, trace.Registers["CR2"]);
        Assert.Equal(0x3a000000UL, trace.KaslrOffset);
        Assert.Equal(64, trace.Code!.Bytes.Count);
        Assert.Equal(0x48, trace.Code.Bytes[trace.Code.FaultIndex!.Value]);
        Assert.False(trace.Code.IsUserSpace);
        Assert.Equal("gtpsim(OE)", trace.Modules[0].ToString());
        Assert.Equal(12, trace.Modules.Count);
        Assert.All(trace.CallTrace, f => Assert.Equal(f.Module == "gtpsim", f.IsOutOfTree));
        // Printed after "RIP: 0033:" with other values.
        Assert.Equal(0x18UL, trace.Registers["RSP"] >> 60 == 0xf ? 0x18UL : 0UL);
        Assert.DoesNotContain("ORIG_RAX", trace.Registers.Keys);
    }

    [Fact]
    public void The_address_that_faulted_is_the_one_printed_last()
    {
        // Reading the code bytes around address 0 faulted again and overwrote CR2 before the registers were printed.
        var trace = LogFixtures.Traces("debian-6.1.0-56", "j6-nullfn", "oops.log")[0];
        Assert.Equal(0UL, trace.Registers["CR2"]);
        Assert.Equal(0UL, trace.InstructionPointer!.Location.Reference.Address);
        Assert.False(trace.InstructionPointer.Location.Reference.IsUserSpace);
        Assert.Equal("Unable to access opcode bytes at 0xffffffffffffffd6.", trace.Code!.UnavailableReason);
    }

    [Fact]
    public void A_hung_task_knows_its_task_and_the_module_out_of_tree()
    {
        var trace = LogFixtures.Traces("debian-6.1.0-56", "i2-hung", "oops.log")[0];
        Assert.Equal((null, 120, "sh"), (trace.Cpu, trace.ProcessId, trace.Comm));
        Assert.Equal("6.1.0-56-amd64", trace.KernelRelease);
        Assert.Empty(trace.Modules);
        Assert.Equal(2, trace.CallTrace.Count(f => f.IsOutOfTree));
    }

    [Fact]
    public void The_case_study()
    {
        var trace = Assert.Single(LogFixtures.Traces("gtp5g", "oops.log"));
        Assert.Equal((PanicKind.Bug, "kernel BUG in kfree", "mm/slub.c", 307), (trace.Kind, trace.Title, trace.ReportedFile, trace.ReportedLine));
        Assert.Equal((3, 191301, "nrf", "5.4.0-131-generic"), (trace.Cpu, trace.ProcessId, trace.Comm, trace.KernelRelease));
        Assert.Equal(33, trace.CallTrace.Count);
        Assert.All(trace.CallTrace, f => Assert.Equal(TraceContext.Irq, f.Context));
        Assert.Equal("gtp5g", Assert.Single(trace.CallTrace, f => f.IsOutOfTree).Module);
        Assert.Equal((1, 66), (trace.FirstLine, trace.LastLine));
        var lines = LogFixtures.ReadLines("gtp5g", "oops.log");
        string list = string.Join(' ', lines.SkipWhile(l => !l.Contains("Modules linked in:", StringComparison.Ordinal)).Take(2).Select(l => l[(l.IndexOf(']', StringComparison.Ordinal) + 2)..]));
        list = list["Modules linked in: ".Length..].Split(" [last unloaded")[0];
        Assert.Equal(list.Split(' ', StringSplitOptions.RemoveEmptyEntries), trace.Modules.Select(m => m.ToString()));
        Assert.Equal(0xffff93e58bc98000, trace.Registers["RAX"]);
        Assert.Equal(0x10246UL, trace.Registers["EFLAGS"]);
        Assert.Equal(0xffffa104c015c7f0, trace.Registers["RSP"]);
        Assert.Equal(0x55555554UL, trace.Registers["PKRU"]);
        Assert.Equal(0xfffe0ff0UL, trace.Registers["DR6"]);
    }

    [Theory]
    [InlineData("a1-proc-doublefree", 0, "KASAN: double-free in gtpsim_do_doublefree")]
    [InlineData("c1-proc-gpf", 0, "KASAN: wild-memory-access Read in gtpsim_do_gpf")]
    [InlineData("c1-proc-gpf", 1, "general protection fault in gtpsim_do_gpf")]
    [InlineData("k1-proc-atomic", 1, "BUG: sleeping function called from invalid context in exit_signals")]
    [InlineData("k1-proc-atomic", 5, "KASAN: slab-out-of-bounds Read in rcu_cblist_dequeue")]
    [InlineData("k1-proc-atomic", 6, "BUG: unable to handle kernel paging request")]
    public void Reports_of_a_kernel_with_kasan(string name, int index, string title)
    {
        var trace = LogFixtures.Traces("custom-6.1-kasan", name, "oops.log")[index];
        Assert.Equal(title, trace.Title);
        Assert.Equal("d0ffa04898eaa3f8d75c1a0957890f0020800692", trace.KernelBuildId);
        Assert.False(trace.IsCorrupted, trace.CorruptedReason);
    }

    [Fact]
    public void A_kasan_report_runs_from_line_to_line_and_its_trace_is_the_first()
    {
        var lines = LogFixtures.ReadLines("custom-6.1-kasan", "a1-proc-doublefree", "oops.log");
        var trace = Assert.Single(PanicTraceParser.ParseAll(lines));
        Assert.EndsWith(" ==================================================================", lines[trace.FirstLine - 1], StringComparison.Ordinal);
        Assert.EndsWith(" ==================================================================", lines[trace.LastLine - 1], StringComparison.Ordinal);
        Assert.Equal("dump_stack_lvl", trace.CallTrace[0].Symbol);
        Assert.Equal("entry_SYSCALL_64_after_hwframe", trace.CallTrace[^1].Symbol);
        Assert.DoesNotContain(trace.CallTrace, f => f.Symbol == "kasan_save_stack");
        Assert.Null(trace.InstructionPointer);
        Assert.Null(trace.Code);
        Assert.Empty(trace.Registers);
    }

    [Fact]
    public void Text_of_user_space_glued_before_a_line_does_not_cost_the_frame()
    {
        var trace = LogFixtures.Traces("custom-6.1-kasan", "k1-proc-atomic", "oops.log")[2];
        Assert.Contains("Segmentation fau[", trace.RawText, StringComparison.Ordinal);
        Assert.Equal(["do_task_dead", "do_exit"], trace.CallTrace.Where(f => f.IsReliable).Skip(3).Take(2).Select(f => f.Symbol));
    }

    [Fact]
    public void Text_without_a_report_yields_none()
    {
        string[] lines =
        [
            "[    0.000000] Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP",
            "[    0.000000] Command line: panic=-1 oops=panic",
            "[    0.100000] BUG: this is not one",
            "[    0.100000] WARNING: no such thing either",
            "[    0.100000] Oops, sorry",
            "[    0.200000] initcall foo_init+0x0/0x10 returned 0 after 3 usecs",
            "[    0.200000] traps: app[123] general protection fault ip:47b7a0 sp:7ffc error:0 in busybox[401000+184000]",
            "[    0.200000] sh[69]: segfault at 427700 ip 0000000000427700 sp 00007ffcf2ae4808 error 14",
            "[    0.200000] Code: 48 8b 05 d1 51 77 01 <0f> 0b",
            "[    0.300000] panic: printed by a test",
            "[    0.300000] # Subtest: kasan",
            "==================================================================",
        ];
        Assert.Empty(PanicTraceParser.ParseAll(lines));
    }

    [Fact]
    public void Reports_come_out_as_soon_as_they_are_over()
    {
        var parser = new PanicTraceParser();
        var lines = LogFixtures.Parse(LogFixtures.ReadLines("debian-6.1.0-56", "d1-proc-warn", "oops.log"));
        int at = lines.First(l => parser.Add(l).Count > 0).LineNumber;
        Assert.Contains("end trace", lines[at - 1].RawText, StringComparison.Ordinal);
    }
}
