using KernelDebug.KernelLog;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>What reports say beside their trace: the numbers here are those of the raw logs.</summary>
public class ReportDetailTests
{
    private static PanicTrace One(string log) => Assert.Single(PanicTraceParser.ParseAll(log.ReplaceLineEndings("\n").Split('\n')));

    [Fact]
    public void Kasan_has_the_access_the_object_and_three_stacks()
    {
        var trace = LogFixtures.Traces("custom-6.1-kasan", "k1-proc-atomic", "oops.log")[5];
        Assert.Equal(PanicKind.Kasan, trace.Kind);
        Assert.Equal(new ReportedAccess(false, 8, 0xffff888001630c7f), trace.MemoryAccess);
        Assert.Equal(("filp", 224UL, 0xffff888001630b40UL), (trace.MemoryObject!.Cache, trace.MemoryObject.Size!.Value, trace.MemoryObject.Address!.Value));
        Assert.StartsWith("located 95 bytes to the right of", trace.MemoryObject.Position, StringComparison.Ordinal);
        Assert.Contains(trace.MemoryObject.MemoryState, row => row.StartsWith(">ffff888001630c00:", StringComparison.Ordinal));
        Assert.Equal([StackRole.Report, StackRole.Allocation, StackRole.Deferral], trace.Stacks.Select(s => s.Role));
        Assert.Equal(("Allocated by task 69:", 69), (trace.Stacks[1].Label, trace.Stacks[1].ProcessId));
        Assert.Equal("kmem_cache_alloc", trace.Stacks[1].Frames[3].Symbol);
        Assert.Equal("call_rcu", trace.Stacks[2].Frames[2].Symbol);
        Assert.Equal(trace.Stacks[0].Frames, trace.CallTrace);
    }

    [Fact]
    public void A_warning_has_its_message()
    {
        Assert.Equal("refcount_t: underflow; use-after-free.", LogFixtures.Traces("debian-6.1.0-56", "d4-xmit-refcount", "oops.log")[0].Message);
        Assert.Null(LogFixtures.Traces("debian-6.1.0-56", "d1-proc-warn", "oops.log")[0].Message);
    }

    [Fact]
    public void Smap_is_told_by_the_error_code_and_the_address()
    {
        var trace = LogFixtures.Traces("debian-6.1.0-56", "j2-smap", "oops.log")[0];
        Assert.Equal((PanicKind.UserAccess, 1UL), (trace.Kind, trace.ErrorCode!.Value));
        Assert.Equal(PanicKind.NullDereference, LogFixtures.Traces("debian-6.1.0-56", "b1-proc-null", "oops.log")[0].Kind);
    }

    [Fact]
    public void Lockdep_names_the_lock_wanted_and_the_locks_held()
    {
        var trace = One("""
            ======================================================
            WARNING: possible circular locking dependency detected
            6.1.0 #1 Not tainted
            ------------------------------------------------------
            worker/0:1/42 is trying to acquire lock:
            ffff888012345678 (&foo->lock){+.+.}-{3:3}, at: foo_first+0x10/0x20

            but task is already holding lock:
            ffff888012345700 (&bar->lock){+.+.}-{3:3}, at: bar_take+0x30/0x40

            which lock already depends on the new lock.

            the existing dependency chain (in reverse order) is:

            -> #1 (&bar->lock){+.+.}-{3:3}:
                   __mutex_lock+0x1/0x2
                   bar_take+0x30/0x40
                   foo_second+0x1/0x2

            -> #0 (&foo->lock){+.+.}-{3:3}:
                   __lock_acquire+0x1/0x2
                   foo_first+0x10/0x20

            other info that might help us debug this:

             Possible unsafe locking scenario:

                   CPU0                    CPU1
                   ----                    ----
              lock(&bar->lock);
                                           lock(&foo->lock);

             *** DEADLOCK ***

            1 lock held by worker/0:1/42:
             #0: ffff888012345700 (&bar->lock){+.+.}-{3:3}, at: bar_take+0x30/0x40

            stack backtrace:
            CPU: 1 PID: 42 Comm: worker/0:1 Not tainted 6.1.0 #1
            Call Trace:
             <TASK>
             dump_stack_lvl+0x1/0x2
             check_noncircular+0x1/0x2
             foo_first+0x10/0x20
             </TASK>
            """);
        Assert.Equal((PanicKind.CircularLock, "possible deadlock in foo_first"), (trace.Kind, trace.Title));
        Assert.Equal(["wanted: &foo->lock at foo_first", "held: &bar->lock at bar_take", "held: &bar->lock at bar_take"], trace.Locks.Select(l => l.ToString()));
        Assert.All(trace.Locks, l => Assert.Equal((42, "worker/0:1"), (l.ProcessId, l.Comm)));
        Assert.Equal([StackRole.LockAcquisition, StackRole.LockAcquisition, StackRole.Report], trace.Stacks.Select(s => s.Role));
        Assert.Equal(["dump_stack_lvl", "check_noncircular", "foo_first"], trace.CallTrace.Select(f => f.Symbol));
        Assert.False(trace.IsCorrupted, trace.CorruptedReason);
    }

    [Fact]
    public void The_oom_killer_has_its_table()
    {
        var trace = One("""
            eater invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0
            CPU: 1 PID: 130 Comm: eater Not tainted 6.1.0 #1
            Call Trace:
             <TASK>
             dump_stack_lvl+0x1/0x2
             out_of_memory+0x1/0x2
             </TASK>
            Mem-Info:
            active_anon:1 inactive_anon:2
            Tasks state (memory values in pages):
            [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
            [     98]     0    98     1122      300    53248        0             0 sh
            [    130]  1000   130   450000   440000  3600000        0          -500 eater
            oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=eater,pid=130,uid=1000
            Out of memory: Killed process 130 (eater) total-vm:1800000kB, anon-rss:1760000kB
            """);
        Assert.Equal((PanicKind.OutOfMemory, "OOM killer invoked by eater"), (trace.Kind, trace.Title));
        Assert.Equal(("CONSTRAINT_NONE", 130, "eater"), (trace.OutOfMemory!.Constraint, trace.OutOfMemory.KilledProcessId!.Value, trace.OutOfMemory.KilledName));
        Assert.Equal([new OomTask(98, 0, 98, 1122, 300, 0, "sh"), new OomTask(130, 1000, 130, 450000, 440000, -500, "eater")], trace.OutOfMemory.Tasks);
        Assert.Equal(15, trace.LastLine);
    }

    [Fact]
    public void A_line_into_which_another_cpu_printed_is_two()
    {
        var trace = One("""
            [    1.000000] BUG: scheduling while atomic: sh/7/0x00000002
            [    1.000001] CPU: 0 PID: 7 Comm: sh Not tainted 4.9.0 #1
            [    1.000002] Call Trace:
            [    1.000003]  [<ffffffff81d90889>] foo+0x1/0x2[    1.000004] tcp: another message
            [    1.000005]  [<ffffffff81df7854>] bar+0x1/0x2
            """);
        Assert.Equal(["foo", "bar"], trace.CallTrace.Select(f => f.Symbol));
        Assert.Equal(5, trace.RawText.Split('\n').Length);
    }

    [Fact]
    public void A_crash_while_another_is_printed_is_linked_to_it()
    {
        var traces = PanicTraceParser.ParseAll("""
            [    1.000000] BUG: kernel NULL pointer dereference, address: 0000000000000030
            [    1.000001] Oops: 0000 [#1] SMP
            [    1.000002] CPU: 0 PID: 7 Comm: sh Not tainted 6.1.0 #1
            [    1.000003] RIP: 0010:foo+0x1/0x2
            [    1.000004] Call Trace:
            [    1.000005]  <TASK>
            [    1.000006]  first+0x1/0x2
            [    1.000007] BUG: unable to handle page fault for address: ffffc90000a7fd00
            [    1.000008] Oops: 0000 [#2] SMP
            [    1.000009] CPU: 0 PID: 7 Comm: sh Not tainted 6.1.0 #1
            [    1.000010] RIP: 0010:show_trace_log_lvl+0x1/0x2
            [    1.000011] Call Trace:
            [    1.000012]  <TASK>
            [    1.000013]  second+0x1/0x2
            [    1.000014]  </TASK>
            [    1.000015] ---[ end trace 0000000000000000 ]---
            """.ReplaceLineEndings("\n").Split('\n'));
        Assert.Equal([1, 8], traces.Select(t => t.FirstLine));
        Assert.Equal([null, 1], traces.Select(t => t.InterruptedLine));
        Assert.Equal(["first"], traces[0].CallTrace.Select(f => f.Symbol));
        Assert.Equal(["second"], traces[1].CallTrace.Select(f => f.Symbol));
        Assert.True(traces[0].IsCorrupted);
    }

    // kernel/hung_task.c: khungtaskd names each task it finds, dumps it, then shows all locks and every CPU, and may panic.
    [Fact]
    public void A_hung_task_is_not_the_one_that_reports_it()
    {
        static string Task(string name, int id) => $"""
            [  100.000000][   T64] INFO: task {name}:{id} blocked for more than 143 seconds.
            [  100.000001][   T64]       Not tainted 5.4.0 #0
            [  100.000002][   T64] "echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
            [  100.000003][   T64] {name}        D28000 {id}   9000 0x00000004
            [  100.000004][   T64] Call Trace:
            [  100.000005][   T64]  __schedule+0x94f/0x1e70
            [  100.000006][   T64]  schedule+0xd9/0x260
            [  100.000007][   T64]  rtnl_lock+0x17/0x20

            """;
        PanicTrace[] traces = [.. PanicTraceParser.ParseAll((Task("first", 1217) + Task("second", 1338) + """
            [  101.000000][   T64] Kernel panic - not syncing: hung_task: blocked tasks
            [  101.000001][   T64] CPU: 1 PID: 64 Comm: khungtaskd Not tainted 5.4.0 #0
            [  101.000002][   T64] Call Trace:
            [  101.000003][   T64]  dump_stack+0x172/0x1f0
            [  101.000004][   T64]  panic+0x2dc/0x755
            [  101.000005][   T64]  watchdog+0x9e0/0xef0
            """).ReplaceLineEndings("\n").Split('\n'))];
        Assert.Equal([("first", 1217, null), ("second", 1338, null)], traces.Select(t => (t.Comm, t.ProcessId, t.Cpu)));
        Assert.All(traces, t => Assert.Null(t.CorruptedReason));
    }

    // kernel/rcu/tree_stall.h: the kthread that waits is dumped too.
    [Fact]
    public void A_stalled_task_is_the_one_whose_stack_is_guilty()
    {
        PanicTrace trace = One("""
            rcu: INFO: rcu_sched detected stalls on CPUs/tasks:
            rcu: 	0-....: (10500 ticks this GP) idle=5aa/1/0x4000000000000002 softirq=9875/9875 fqs=5247
            	(detected by 1, t=10502 jiffies, g=8573, q=73)
            Sending NMI from CPU 1 to CPUs 0:
            NMI backtrace for cpu 0
            CPU: 0 PID: 5028 Comm: looper Not tainted 5.1.0 #0
            RIP: 0010:spin_here+0x4/0x10
            Call Trace:
             spin_here+0x4/0x10
             __x64_sys_recvmmsg+0x22c/0x280
             do_syscall_64+0x103/0x610
            rcu: rcu_sched kthread starved for 10502 jiffies! g8573 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=1
            rcu: RCU grace-period kthread stack dump:
            rcu_sched       R  running task    29056    11      2 0x80000000
            Call Trace:
             __schedule+0x813/0x1cc0
             rcu_gp_kthread+0xd39/0x1ad0
            """);
        Assert.Equal(("looper", 5028, 0), (trace.Comm, trace.ProcessId!.Value, trace.Cpu!.Value));
    }
}
