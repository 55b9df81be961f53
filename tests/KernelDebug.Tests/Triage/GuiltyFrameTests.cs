using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Triage;
using Xunit;

namespace KernelDebug.Tests.Triage;

/// <summary>Whose fault: by the reading of a person, kind by kind.</summary>
public class GuiltyFrameTests
{
    private static PanicTrace One(string log) => Assert.Single(PanicTraceParser.ParseAll(log.ReplaceLineEndings("\n").Split('\n')));

    [Fact]
    public void The_case_study_stopped_in_kfree_and_the_module_is_guilty()
    {
        var trace = Assert.Single(LogFixtures.Traces("gtp5g", "oops.log"));
        Assert.Equal("kernel BUG in kfree", trace.Title);
        Assert.Equal("kfree", trace.InstructionPointer!.Symbol);
        Assert.Equal(("gtp5g_dev_xmit", "gtp5g"), (trace.GuiltyFrame!.Symbol, trace.GuiltyModule));
        Assert.True(trace.GuiltyFrame.IsOutOfTree);
        Assert.Equal(["gtp5g"], trace.TaintingModules);
    }

    [Theory]
    [InlineData("a1-proc-doublefree", "gtpsim_do_doublefree")]
    [InlineData("a4-xmit-doubleskb", "gtpsim_do_doubleskb")]
    [InlineData("b1-proc-null", "gtpsim_do_null")]
    [InlineData("b4-work-null", "gtpsim_do_null")]
    [InlineData("d4-xmit-refcount", "gtpsim_do_refcount")]
    [InlineData("i1-softlockup", "gtpsim_do_softlockup")]
    [InlineData("i2-hung", "gtpsim_do_hung")]
    [InlineData("j4-recurse", "gtpsim_recurse")]
    [InlineData("j6-nullfn", "gtpsim_do_nullfn")]
    [InlineData("k1-proc-atomic", "gtpsim_do_atomic")]
    [InlineData("l1-proc-list", "gtpsim_do_list")]
    public void The_module_that_was_made_to_fail(string name, string function)
    {
        var trace = LogFixtures.Traces("debian-6.1.0-56", name, "oops.log")[0];
        Assert.Equal((function, "gtpsim"), (FunctionName.WithoutSuffix(trace.GuiltyFrame!.Symbol!), trace.GuiltyModule));
    }

    [Fact]
    public void A_trace_of_nothing_but_plumbing_has_no_guilty_frame()
    {
        var trace = One("kernel BUG at mm/slub.c:419!\nRIP: 0010:kfree+0x1/0x2\nCall Trace:\n <TASK>\n skb_release_data+0x1/0x2\n </TASK>\n---[ end trace 0 ]---");
        Assert.Null(trace.GuiltyFrame);
        Assert.Equal("kernel BUG in kfree", trace.Title);
    }

    [Fact]
    public void Frames_the_unwinder_does_not_vouch_for_are_never_guilty()
    {
        var trace = One("BUG: unable to handle page fault for address: ffffffff12345678\nRIP: 0010:0xffffffff12345678\nCall Trace:\n <TASK>\n ? foo+0x1/0x2\n </TASK>\n---[ end trace 0 ]---");
        Assert.Null(trace.GuiltyFrame);
        Assert.Equal("BUG: unable to handle kernel paging request", trace.Title);
    }

    [Fact]
    public void A_stall_names_the_function_that_generic_code_called()
    {
        var trace = One("""
            rcu: INFO: rcu_preempt self-detected stall on CPU
            rcu: 	0-....: (5250 ticks this GP) idle=9f9/1/0x4000000000000002 softirq=2116/2117 fqs=2625
            CPU: 0 PID: 77 Comm: spin Not tainted 6.1.0 #1
            Call Trace:
             <IRQ>
             dump_stack_lvl+0x1/0x2
             rcu_sched_clock_irq+0x1/0x2
             </IRQ>
             <TASK>
             asm_sysvec_apic_timer_interrupt+0x1/0x2
            RIP: 0010:inner_step+0x1/0x2
             inner_loop+0x1/0x2
             foo_ioctl+0x1/0x2
             __x64_sys_ioctl+0x1/0x2
             do_syscall_64+0x1/0x2
             </TASK>
            """);
        Assert.Equal((PanicKind.RcuStall, "INFO: rcu detected stall in foo_ioctl"), (trace.Kind, trace.Title));
    }

    [Theory]
    [InlineData("memcpy_orig", FrameRole.Library)]
    [InlineData("_raw_spin_lock_irqsave", FrameRole.Lock)]
    [InlineData("__kmem_cache_free", FrameRole.Allocator)]
    [InlineData("asm_exc_page_fault", FrameRole.Entry)]
    [InlineData("kasan_report", FrameRole.Reporter)]
    [InlineData("kobject_put", FrameRole.Service)]
    [InlineData("skb_release_data", FrameRole.Release)]
    [InlineData("schedule_timeout", FrameRole.Scheduler)]
    [InlineData("shrink_slab", FrameRole.None)]
    [InlineData("gtp5g_dev_xmit", FrameRole.None)]
    [InlineData("drm_atomic_commit", FrameRole.None)]
    [InlineData("ext4_writepages", FrameRole.None)]
    public void Roles(string function, FrameRole role) => Assert.Equal(role, FrameRoles.Of(function) & role | (role == 0 ? FrameRoles.Of(function) : 0));

    [Theory]
    [InlineData("__x64_sys_read", "sys_read")]
    [InlineData("__do_sys_io_uring_register", "sys_io_uring_register")]
    [InlineData("SyS_mount", "sys_mount")]
    [InlineData("foo.constprop.0.isra.3", "foo")]
    [InlineData("foo.cold", "foo")]
    [InlineData(".hidden", ".hidden")]
    public void Canonical_names(string symbol, string name) => Assert.Equal(name, FunctionName.Canonical(symbol));
}
