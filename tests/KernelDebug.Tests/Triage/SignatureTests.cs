using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using Xunit;

namespace KernelDebug.Tests.Triage;

/// <summary>Equal for one bug over builds, boots and CPUs; different for two.</summary>
public class SignatureTests
{
    private const string Oops = """
        BUG: kernel NULL pointer dereference, address: 0000000000000030
        Oops: 0000 [#1] SMP
        CPU: 0 PID: 1 Comm: init Not tainted 6.1.0 #1
        RIP: 0010:foo_xmit.isra.0+0x24/0x60 [foo]
        Call Trace:
         <TASK>
         bar_send+0x11/0x20
         ? stale+0x1/0x2
         __x64_sys_write+0x19/0x30
         </TASK>
        ---[ end trace 0000000000000000 ]---
        """;

    private static PanicTrace One(string log) => Assert.Single(PanicTraceParser.ParseAll(log.ReplaceLineEndings("\n").Split('\n')));

    [Theory]
    [InlineData("+0x24/0x60", "+0x1f/0x58")]
    [InlineData("foo_xmit.isra.0", "foo_xmit")]
    [InlineData("foo_xmit.isra.0", "foo_xmit.constprop.0.isra.0")]
    [InlineData("CPU: 0 PID: 1 Comm: init", "CPU: 7 PID: 4242 Comm: ping")]
    [InlineData("6.1.0 #1", "6.12.9 #3")]
    [InlineData("0000000000000030", "0000000000000048")]
    [InlineData(" ? stale+0x1/0x2", " ? other+0x3/0x4")]
    [InlineData("__x64_sys_write", "__arm64_sys_write")]
    [InlineData("[#1] SMP", "[#3] PREEMPT SMP NOPTI")]
    public void What_differs_from_build_to_build_does_not_enter(string before, string after)
    {
        Assert.Contains(before, Oops, StringComparison.Ordinal);
        Assert.Equal(One(Oops).Signature, One(Oops.Replace(before, after, StringComparison.Ordinal)).Signature);
    }

    // The names are rustc's of one function in two builds; c++filt gives the same text of both.
    [Theory]
    [InlineData("_RNvMs3_NtCshgDM7dBCdno_11rust_binder7processNtB5_7Process10update_ref")]
    [InlineData("_RNvMs3_NtCs1234567890a_11rust_binder7processNtB5_7Process10update_ref")]
    public void A_rust_function_is_named_as_its_author_wrote_it_without_the_crates_hash(string mangled)
    {
        PanicTrace report = One($"""
            rust_kernel: panicked at drivers/android/binder/node.rs:364:30:
            attempt to subtract with overflow
            ------------[ cut here ]------------
            kernel BUG at rust/helpers/bug.c:7!
            Oops: invalid opcode: 0000 [#1] SMP
            CPU: 0 UID: 0 PID: 298 Comm: binder Not tainted 6.12.23 #0
            RIP: 0010:rust_helper_BUG+0x8/0x10
            Call Trace:
             <TASK>
             _RNvCscSpY9Juk0HT_7___rustc17rust_begin_unwind+0x15b/0x160
             _RNvNtCs9jEwPDbx20M_4core9panicking9panic_fmt+0x84/0x90
             _RNvNtNtCs9jEwPDbx20M_4core9panicking11panic_const24panic_const_sub_overflow+0xb1/0xc0
             {mangled}+0x1f0d/0x1f10
             __x64_sys_ioctl+0x132/0x1b0
             </TASK>
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal("attempt to subtract with overflow in <rust_binder::process::Process>::update_ref", report.Title);
        Assert.Equal(mangled, report.GuiltyFrame!.Symbol);
        Assert.Equal(One(Oops.Replace("foo_xmit.isra.0", "_RNvCs1234567890a_3foo4xmit", StringComparison.Ordinal)).Signature, One(Oops.Replace("foo_xmit.isra.0", "_RNvCshgDM7dBCdno_3foo4xmit.llvm.77", StringComparison.Ordinal)).Signature);
    }

    [Theory]
    [InlineData("foo_xmit.isra.0", "foo_open")]
    [InlineData("bar_send", "bar_recv")]
    [InlineData("BUG: kernel NULL pointer dereference, address: 0000000000000030", "BUG: unable to handle page fault for address: ffffc90000a7fd00")]
    public void Another_bug_has_another(string before, string after) =>
        Assert.NotEqual(One(Oops).Signature, One(Oops.Replace(before, after, StringComparison.Ordinal)).Signature);

    [Fact]
    public void It_begins_with_the_version_of_its_rules() => Assert.Matches("^1:[0-9a-f]{16}$", One(Oops).Signature);

    [Fact]
    public void A_panic_without_a_function_is_told_by_its_reason_without_its_numbers()
    {
        static string Of(string reason) => One($"Kernel panic - not syncing: {reason}\n").Signature;
        Assert.Equal(Of("VFS: Unable to mount root fs on unknown-block(0,0)"), Of("VFS: Unable to mount root fs on unknown-block(8,1)"));
        Assert.NotEqual(Of("out of things"), Of("out of luck"));
    }

    [Fact]
    public void Repeats_are_linked_and_counted()
    {
        string again = Oops.Replace("Oops: 0000 [#1]", "Oops: 0000 [#2]", StringComparison.Ordinal);
        var traces = PanicTraceParser.ParseAll($"{Oops}\nother: text\n{again}\n{Oops.Replace("foo_xmit", "foo_open", StringComparison.Ordinal)}".ReplaceLineEndings("\n").Split('\n'));
        Assert.Equal([1, 2, 1], traces.Select(t => t.Occurrence));
        Assert.Equal([null, 1, null], traces.Select(t => t.RepeatOfLine));
        Assert.Equal([1, 2, 1], traces.Select(t => t.OopsNumber!.Value));
    }

    [Fact]
    public void The_two_soft_lockups_of_one_loop_are_one()
    {
        var traces = LogFixtures.Traces("debian-6.1.0-56", "i1-softlockup", "oops.log");
        Assert.Single(traces.Select(t => t.Signature).Distinct());
    }
}
