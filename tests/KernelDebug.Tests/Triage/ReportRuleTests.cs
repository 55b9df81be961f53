using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Triage;

/// <summary>Facts from what the kernel's checks print; the lines are as the named functions of the kernel print them.</summary>
public class ReportRuleTests
{
    [Theory]
    [InlineData("mm/slub.c:307", "kfree", "DoubleFree")]
    [InlineData("mm/slub.c:419", "__kmem_cache_free", "DoubleFree")]
    [InlineData("mm/slub.c:305", "set_freepointer.part.0", "DoubleFree")]
    [InlineData("/build/linux/mm/slub.c:294", "kmem_cache_free", "DoubleFree")]
    [InlineData("mm/slub.c:4032", "kfree", "FreeOfNoObject")]
    [InlineData("mm/slub.c:307", "deactivate_slab", null)]
    [InlineData("mm/slub.c:2180", "__slab_free", null)]
    [InlineData("mm/slab.c:307", "kfree", null)]
    [InlineData("fs/ext4/inode.c:307", "kfree", null)]
    public void A_bug_of_the_slab_allocator(string place, string function, string? id) => Assert.Equal(id is null ? [] : [id], Oops.Read($"""
        ------------[ cut here ]------------
        kernel BUG at {place}!
        invalid opcode: 0000 [#1] PREEMPT SMP PTI
        CPU: 1 PID: 120 Comm: sh Not tainted 6.1.0 #1
        RIP: 0010:{function}+0x284/0x2a0
        RSP: 0018:ffffc90000477e38 EFLAGS: 00010246
        RAX: ffff888004b0c000 RBX: ffff888004b0c040 RCX: 0000000000000027
        Call Trace:
         <TASK>
         foo_release+0x14/0x40
         </TASK>
        ---[ end trace 0000000000000000 ]---
        """).Ids());

    [Theory]
    [InlineData("kmem_cache_alloc_node", "1122334455667788", true)]
    [InlineData("__kmalloc_node_track_caller", "a1b2c3d4e5f60718", true)]
    [InlineData("foo_open", "1122334455667788", false)]
    public void A_free_list_that_leads_nowhere(string function, string address, bool isFact) =>
        Assert.Equal(isFact, Oops.Protection(address, "RAX: ffff888004b0c000", function + "+0x90/0x2e0").Fact("FreeListCorruption") is not null);

    [Theory]
    [InlineData("refcount_t: addition on 0; use-after-free.", "RefcountAdded")]
    [InlineData("refcount_t: increment on 0; use-after-free.", "RefcountAdded")]
    [InlineData("refcount_t: underflow; use-after-free.", "RefcountUnderflow")]
    [InlineData("refcount_t: saturated; leaking memory.", "RefcountSaturated")]
    [InlineData("refcount_t: decrement hit 0; leaking memory.", "RefcountLeak")]
    [InlineData("refcount_t: unknown saturation event!?.", null)]
    [InlineData("foo: refcount is 0", null)]
    public void Reference_counts(string message, string? id) => Assert.Equal(id is null ? [] : [id], Oops.Warning(message).Ids());

    [Theory]
    [InlineData("list_del corruption, ffff888004b0c000->next is LIST_POISON1 (dead000000000100)", "ListDeletedTwice", "next")]
    [InlineData("list_del corruption, ffff888004b0c000->prev is LIST_POISON2 (dead000000000122)", "ListDeletedTwice", "prev")]
    [InlineData("list_del corruption, ffff888004b0c000->next is NULL", "ListEntryUnset", "next pointer is NULL")]
    [InlineData("list_del corruption. prev->next should be ffff888004b0c000, but was ffff888004b0d000. (prev=ffff888004b0e000)", "ListNeighbour", "point back to it.")]
    [InlineData("list_del corruption. next->prev should be ffff888004b0c000, but was dead000000000122. (next=ffff888004b0e000)", "ListNeighbour", "holds LIST_POISON2")]
    [InlineData("list_del corruption. prev->next should be ffff888004b0c000, but was 6b6b6b6b6b6b6b6b. (prev=ffff888004b0e000)", "ListNeighbour", "holds POISON_FREE")]
    [InlineData("list_add double add: new=ffff888004b0c000, prev=ffff888004b0c000, next=ffff888004b0d000.", "ListAddedTwice", "already")]
    [InlineData("list_add corruption. next->prev should be prev (ffff888004b0c000), but was 0000000000000000. (next=ffff888004b0e000).", "ListNeighbour", "holds NULL")]
    [InlineData("list_add corruption. prev->next should be next (ffff888004b0c000), but was ffff888004b0d000. (prev=ffff888004b0e000).", "ListNeighbour", "point to each other.")]
    [InlineData("list_add corruption. prev is NULL.", "ListEntryUnset", "prev pointer is NULL")]
    public void Lists(string message, string id, string words)
    {
        PanicTrace trace = Oops.Warning(message, "lib/list_debug.c:56 __list_del_entry_valid+0x8a/0x90");
        Assert.Equal([id], trace.Ids());
        Assert.Contains(words, trace.Diagnosis[0].Statement, StringComparison.Ordinal);
        Assert.StartsWith(message, trace.Diagnosis[0].Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_words_of_the_list_checks_say_nothing() => Assert.Empty(Oops.Warning("list_del corruption, something new").Ids());

    [Theory]
    [InlineData("nonzero mapcount", true)]
    [InlineData("non-NULL mapping", true)]
    [InlineData("nonzero _refcount", true)]
    [InlineData("PAGE_FLAGS_CHECK_AT_FREE flag(s) set", true)]
    [InlineData("PAGE_FLAGS_CHECK_AT_PREP flag(s) set", true)]
    [InlineData("page still charged to cgroup", true)]
    [InlineData("page_pool leak", true)]
    [InlineData("kasan: bad access detected", false)]
    public void Bad_pages(string reason, bool isFact) => Assert.Equal(isFact ? ["BadPage"] : [],
        Oops.Report("BUG: Bad page state in process sh  pfn:12345", $"page:ffffea0000123400 refcount:0 mapcount:1 mapping:0000000000000000 index:0x0 pfn:0x12345\nraw: 0000000000000000 0000000000000000\npage dumped because: {reason}").Ids());

    [Fact]
    public void Kasan_dumps_pages_that_are_not_bad() =>
        Assert.Empty(Oops.Report("BUG: KASAN: slab-out-of-bounds in foo_open+0x14/0x40", "page dumped because: nonzero mapcount").Ids());

    [Theory]
    [InlineData("0x00000002", "preemption is off 1 deep")]
    [InlineData("0x00000101", "it runs in a soft interrupt")]
    [InlineData("0x00000201", "bottom halves are off 1 deep")]
    [InlineData("0x00010001", "it runs in a hard interrupt")]
    [InlineData("0x00110002", "preemption is off 1 deep (preempt_disable, a spinlock, rcu_read_lock), it runs in a hard interrupt, it runs in an NMI")]
    [InlineData("0x7fffffff", "it went below zero")]
    [InlineData("0x00000000", null)]
    [InlineData("0x00000001", null)]
    public void Scheduling_while_atomic(string count, string? words)
    {
        DiagnosisFact? fact = Oops.Report($"BUG: scheduling while atomic: sh/120/{count}").Fact("PreemptCount");
        Assert.Equal(words is not null, fact is not null);
        Assert.Contains(words ?? "", fact?.Statement ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 120, name: sh\npreempt_count: 101, expected: 0", "preemption is off 1 deep (preempt_disable, a spinlock, rcu_read_lock), it runs in a soft interrupt.")]
    [InlineData("in_atomic(): 0, irqs_disabled(): 1, non_block: 0, pid: 120, name: sh\npreempt_count: 0, expected: 0", "may not sleep: interrupts are off.")]
    [InlineData("in_atomic(): 0, irqs_disabled(): 1, pid: 120, name: sh", "may not sleep: interrupts are off.")]
    [InlineData("in_atomic(): 0, irqs_disabled(): 0, non_block: 1, pid: 120, name: sh\npreempt_count: 0, expected: 0", null)]
    public void Sleeping_in_atomic(string lines, string? words)
    {
        DiagnosisFact? fact = Oops.Report("BUG: sleeping function called from invalid context at mm/page_alloc.c:5120", lines).Fact("PreemptCount");
        Assert.Equal(words is not null, fact is not null);
        Assert.Contains(words ?? "", fact?.Statement ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_null_function_pointer()
    {
        PanicTrace trace = Oops.PageFault("0000000000000000", error: 0x10, rip: "RIP: 0010:0x0");
        Assert.Equal(["NullCall"], trace.Ids());
        Assert.Null(Oops.PageFault("0000000000000000").Fact("NullCall"));
        // No NULL with an offset: a jump there comes of a return address or pointer that is something else.
        Assert.Equal(["WildJump"], Oops.PageFault("0000000000000286", error: 0x10, rip: "RIP: 0010:0x286").Ids());
    }

    [Theory]
    [InlineData("kernel tried to execute NX-protected page - exploit attempt? (uid: 0)", "ExecuteNoExecute")]
    [InlineData("unable to execute userspace code (SMEP?) (uid: 0)", "ExecuteUser")]
    public void Jumps_to_where_no_code_is(string line, string id) => Assert.NotNull(Oops.Read($"""
        {line}
        BUG: unable to handle page fault for address: ffff888004b0c000
        Oops: 0011 [#1] PREEMPT SMP PTI
        CPU: 1 PID: 120 Comm: sh Not tainted 6.1.0 #1
        RIP: 0010:0xffff888004b0c000
        RSP: 0018:ffffc90000477e38 EFLAGS: 00010246
        RAX: ffff888004b0c000 RBX: ffff888004b0c040 RCX: 0000000000000027
        CR2: ffff888004b0c000 CR3: 0000000005a5c000 CR4: 00000000000006e0
        Call Trace:
         <TASK>
         vfs_open+0x28/0x30
         </TASK>
        ---[ end trace 0000000000000000 ]---
        """).Fact(id));

    [Theory]
    [InlineData(5, true)]
    [InlineData(4, false)]
    public void Recursion(int times, bool isFact)
    {
        string calls = string.Concat(Enumerable.Repeat(" walk_tree+0x14/0x40\n", times));
        Assert.Equal(isFact ? ["Recursion"] : [], Oops.Report("WARNING: CPU: 1 PID: 120 at fs/foo.c:12 walk_tree+0x14/0x40", "", calls + " foo_open+0x14/0x40").Ids());
        Assert.Empty(Oops.Report("WARNING: CPU: 1 PID: 120 at fs/foo.c:12 walk_tree+0x14/0x40", "", calls.Replace(" walk", " ? walk", StringComparison.Ordinal) + " foo_open+0x14/0x40").Ids());
    }

    [Fact]
    public void A_stack_that_was_overrun()
    {
        Assert.Equal(["StackCanary"], Oops.Report("Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: foo_open+0x14/0x40 [foo]").Ids());
        Assert.Contains("frame of foo_open changed", Oops.Report("Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: foo_open+0x14/0x40 [foo]").Diagnosis[0].Statement, StringComparison.Ordinal);
        Assert.Equal(["StackOverflow"], Oops.Report("BUG: TASK stack guard page was hit at 00000000f1a2b3c4 (stack is 0000000012345678..00000000abcdef01)").Ids());
        Assert.Equal(["StackEnd"], Oops.Report("Kernel panic - not syncing: corrupted stack end detected inside scheduler").Ids());
    }

    [Theory]
    [InlineData(" schedule+0x40/0xb0\n schedule_preempt_disabled+0x14/0x20\n __mutex_lock.constprop.0+0x2b0/0x6b0\n foo_open+0x14/0x40", "__mutex_lock for a mutex.")]
    [InlineData(" __schedule+0x2d0/0x8f0\n schedule+0x5a/0xd0\n rwsem_down_write_slowpath+0x2cc/0x660\n foo_open+0x14/0x40", "to write.")]
    [InlineData(" schedule+0x5a/0xd0\n schedule_timeout+0x118/0x150\n wait_for_completion+0x8a/0x160\n foo_open+0x14/0x40", "wait_for_completion for a completion.")]
    [InlineData(" schedule+0x5a/0xd0\n io_schedule+0x42/0x70\n folio_wait_bit_common+0x13d/0x350\n foo_open+0x14/0x40", "a page that is locked")]
    [InlineData(" schedule+0x5a/0xd0\n foo_wait+0x13d/0x350\n mutex_lock+0x10/0x20", null)]
    public void What_a_hung_task_waits_for(string trace, string? words)
    {
        DiagnosisFact? fact = Oops.Report("INFO: task sh:120 blocked for more than 120 seconds.", "      Not tainted 6.1.0 #1", trace).Diagnosis.SingleOrDefault();
        Assert.Equal(words is null ? null : "WaitsFor", fact?.Id);
        Assert.Contains(words ?? "", fact?.Statement ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sh/120", "rtnl_lock+0x17/0x20", " for a mutex, rtnl_mutex.")]
    [InlineData("sh/120", "foo_open+0x14/0x40", " for a mutex.")]
    [InlineData("other/121", "rtnl_lock+0x17/0x20", " for a mutex.")]
    public void The_lock_it_waits_for(string owner, string place, string words) => Assert.EndsWith(words, Oops.Read($"""
        INFO: task sh:120 blocked for more than 120 seconds.
              Not tainted 6.1.0 #1
        task:sh              state:D stack:12345 pid:  120 ppid:     1 flags:0x00004000
        Call Trace:
         <TASK>
         schedule+0x40/0xb0
         schedule_preempt_disabled+0x14/0x20
         __mutex_lock+0x2b0/0x6b0
         rtnl_lock+0x17/0x20
         foo_open+0x14/0x40
         </TASK>
        Showing all locks held in the system:
        1 lock held by {owner}:
         #0: ffffffff82d0a0e8 (rtnl_mutex){"{+.+.}-{3:3}"}, at: {place}
        """).Fact("WaitsFor")!.Statement, StringComparison.Ordinal);

    [Theory]
    [InlineData("rcu: rcu_preempt kthread starved for 2602 jiffies! g1234 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=1", "GracePeriodStarved")]
    [InlineData("rcu: rcu_preempt kthread timer wakeup didn't happen for 2601 jiffies! g1234 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x402", "GracePeriodTimer")]
    [InlineData("rcu: All QSes seen, last rcu_preempt kthread activity 2500 (4294940000-4294937500), jiffies_till_next_fqs=1, root ->qsmask 0x0", "GracePeriodAllSeen")]
    [InlineData("rcu: RCU GP kthread last ran on offline CPU 3.", "GracePeriodOffline")]
    [InlineData("rcu: \t1-....: (2100 ticks this GP) idle=1234/1/0x4000000000000000 softirq=100/100 fqs=10", null)]
    public void Stalls(string line, string? id) => Assert.Equal(id is null ? [] : [id], Oops.Report("rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", line).Ids());

    [Fact]
    public void Copies_past_an_object()
    {
        PanicTrace fortify = Oops.Warning("memcpy: detected buffer overflow: 24 byte write of buffer size 16", "lib/string_helpers.c:1032 __fortify_report+0x40/0x50");
        Assert.Equal(["BufferOverflow"], fortify.Ids());
        Assert.Equal("memcpy would have gone past the end of its destination: 24 bytes, and the buffer has 16.", fortify.Diagnosis[0].Statement);
        Assert.Empty(Oops.Warning("memcpy: detected buffer overflow: 24 byte read of buffer size 16", "lib/string_helpers.c:1032 __fortify_report+0x40/0x50").Ids());
        PanicTrace copy = Oops.Report("kernel BUG at mm/usercopy.c:101!", "usercopy: Kernel memory exposure attempt detected from SLUB object 'kmalloc-64' (offset 0, size 128)!");
        Assert.Equal("A copy to user space is not inside one object the check allows: offset 0, 128 bytes.", copy.Fact("UserCopy")?.Statement);
    }

    [Fact]
    public void Out_of_memory()
    {
        PanicTrace trace = Oops.Report("sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=2, oom_score_adj=0", "", """
             dump_stack_lvl+0x44/0x5c
             dump_header+0x4a/0x211
            Tasks state (memory values in pages):
            [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
            [     77]     0    77     1000      300    50000        0             0 sh
            [     99]     0    99     5000     2700    90000        0             0 eater
            oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/x,task_memcg=/x,task=eater,pid=99,uid=0
            Memory cgroup out of memory: Killed process 99 (eater) total-vm:20000kB, anon-rss:10800kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:88kB oom_score_adj:0
            """);
        Assert.Equal(["LargestTask", "MemoryLimit", "AllocationOrder"], trace.Ids());
        Assert.Equal("eater (PID 99) has the most memory of the tasks listed: 2700 pages resident, 90 % of what the 2 tasks have together.", trace.Diagnosis[0].Statement);
    }

    [Fact]
    public void The_life_of_a_freed_object()
    {
        const string Stacks = """
            Read of size 8 at addr ffff888004b0c010 by task sh/120
            CPU: 1 PID: 120 Comm: sh Not tainted 6.1.0 #1
            Call Trace:
             <TASK>
             dump_stack_lvl+0x44/0x5c
             print_report+0x17a/0x4a4
             kasan_report+0xb2/0xe0
             foo_read+0x14/0x40 [foo]
             </TASK>

            Allocated by task 100:
             kasan_save_stack+0x1e/0x40
             __kasan_kmalloc+0xaa/0xb0
             foo_open+0x14/0x40 [foo]

            Freed by task 101:
             kasan_save_stack+0x1e/0x40
             __kasan_slab_free+0x10a/0x190
             kfree+0x90/0x120
             foo_release+0x14/0x40 [foo]

            ==================================================================
            """;
        PanicTrace used = Oops.Read("==================================================================\nBUG: KASAN: use-after-free in foo_read+0x14/0x40 [foo]\n" + Stacks);
        Assert.Equal("The object was allocated in foo_open [foo], freed in foo_release [foo], and used in foo_read [foo].", used.Fact("ObjectLife")?.Statement);
        // Out of bounds of a living object: the free was of what lay there before.
        Assert.Null(Oops.Read("==================================================================\nBUG: KASAN: slab-out-of-bounds in foo_read+0x14/0x40 [foo]\n" + Stacks).Fact("ObjectLife"));
    }
}
