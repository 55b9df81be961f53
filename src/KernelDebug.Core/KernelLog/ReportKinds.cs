using KernelDebug.Records;
using static KernelDebug.KernelLog.ReportEnd;
using static KernelDebug.Records.PanicSeverity;
using static KernelDebug.Triage.GuiltyRule;
using Kind = KernelDebug.Records.PanicKind;

namespace KernelDebug.KernelLog;

/// <summary>The kinds of reports, in the order they are tried: the first row that matches wins, so the narrow stand before the wide.</summary>
public static class ReportKinds
{
    private const string NullTitle = "BUG: unable to handle kernel NULL pointer dereference in {f}";
    private const string PagingTitle = "BUG: unable to handle kernel paging request in {f}";
    private const string UserTitle = "BUG: unable to handle kernel access to user memory in {f}";
    private const string DeadlockTitle = "possible deadlock in {f}";
    private const string StallTitle = "INFO: rcu detected stall in {f}";
    private const string ProtectionTitle = "general protection fault in {f}";
    private const string GuardTitle = "BUG: stack guard page was hit in {f}";
    private const string SoftTitle = "BUG: soft lockup in {f}";
    private const string HardTitle = "BUG: hard lockup in {f}";
    private const string HungTitle = "INFO: task hung in {f}";
    private const string RcuTitle = "WARNING: suspicious RCU usage in {f}";
    private const string LockStateTitle = "inconsistent lock state in {f}";

    private const string UsbPlumbing = "*usb_submit_urb usb_start_wait_urb usb_bulk_msg usb_interrupt_msg *usb_control_msg*";
    private const string KmsanPlumbing = "*alloc_skb* netlink_ack netlink_rcv_skb *_encrypt crypto_* cipher_* drbg_* rng_* " + UsbPlumbing;
    private const string LeakPlumbing = "*kmemleak* *mmap* *kmem* *slab* *alloc* create_object *idr_get* list_lru_init* *pcpu_create*";
    private const string PagePlumbing = "*free_page* *put_page* *get_page* *update_page* *release_page* *free_unref* folio* _folio* __folio* truncate_inode_pages* page_frag_free *alloc* *vmap* *page_owner*";
    private const string WorkqueuePlumbing = "*process_one_work* *flush_workqueue* *drain_workqueue* *destroy_workqueue*";
    private const string PreemptPlumbing = "*preemption* *preempt* debug_* *processor_id* *this_cpu*";
    private const string ObjectPlumbing = "*debug_* *rcu* *hrtimer_* *timer_* *work_* *percpu_* *vunmap* *vfree* *__free_* *kobject_*";
    private const string SocketLockPlumbing = "lock_sock* release_sock*";

    /// <summary>How <c>panic()</c> begins.</summary>
    public const string PanicPrefix = "Kernel panic - not syncing: ";

    /// <summary>A stack dump without a headline.</summary>
    public static ReportKind StackDump { get; } = new("", Kind.StackDump, Notice, "stack dump in {f}") { Rule = CallTraceOnly };

    /// <summary>Backtraces by NMI without a report that asked for them.</summary>
    public static ReportKind NmiBacktrace { get; } = new("NMI backtrace for cpu", Kind.NmiBacktrace, Notice, "NMI backtrace in {f}") { HasManyTraces = true };

    /// <summary>A report between <c>cut here</c> and <c>end trace</c> whose headline is missing or not known.</summary>
    public static ReportKind Unknown { get; } = new("", Kind.Unknown, PanicSeverity.Warning, "unknown report in {f}") { End = EndMarker };

    private const Triage.GuiltyRule CallTraceOnly = Triage.GuiltyRule.CallTrace;
    private const PanicSeverity Warn = PanicSeverity.Warning;

    private static readonly ReportKind[] s_all =
    [
        // Sanitizers: mm/kasan/report.c, mm/kmsan/report.c, kernel/kcsan/report.c, mm/kfence/report.c, lib/ubsan.c.
        new("BUG: KASAN: ", Kind.Kasan, Error, "KASAN: {m}{a} in {f}") { Rule = Headline, End = Separator, Plumbing = "*kernel_fault* *tag_check* *mem_abort* el1_* el1h_*" },
        new("KASAN: maybe wild-memory-access", Kind.GeneralProtectionFault, Error, ProtectionTitle) { IsSecondary = true },
        new("BUG: KMSAN: ", Kind.Kmsan, Error, "KMSAN: {m} in {f}") { Rule = Headline, End = Separator, HasHeaderlessTrace = true, Plumbing = KmsanPlumbing },
        new("BUG: KCSAN: ", Kind.Kcsan, Warn, "KCSAN: {m}") { Rule = Headline, End = Separator, HasHeaderlessTrace = true, MayLackTrace = true },
        new("BUG: KFENCE: ", Kind.Kfence, Error, "KFENCE: {m} in {f}") { Rule = Headline, End = Separator, HasHeaderlessTrace = true },
        new("UBSAN: Undefined behaviour in ", Kind.Ubsan, Warn, "UBSAN: undefined-behaviour in {f}") { Rule = CallTraceOnly, End = Separator, Plumbing = "*ubsan* *overflow*" },
        new("UBSAN: ", Kind.Ubsan, Warn, "UBSAN: {m} in {f}") { Contains = " in ", Rule = CallTraceOnly, End = Separator, Plumbing = "*ubsan* *overflow*" },
        new("Internal error: UBSAN: ", Kind.Ubsan, Error, "UBSAN: {m} in {f}") { End = EndMarker, IsSecondary = true },
        new("CFI failure at ", Kind.ControlFlowIntegrity, Error, "CFI failure in {f}") { Rule = Headline, End = EndMarker },
        new("CFI failure (target: ", Kind.ControlFlowIntegrity, Error, "CFI failure in {f}") { Rule = CallTraceOnly, End = EndMarker },

        // BUG(): lib/bug.c; the narrower by the file that calls it.
        new("kernel BUG at ", Kind.UserCopy, Error, "BUG: bad usercopy in {f}") { Contains = "mm/usercopy.c:", Rule = CallTraceOnly, End = EndMarker, Plumbing = "*usercopy* *__check*" },
        new("kernel BUG at ", Kind.ListCorruption, Error, "BUG: corrupted list in {f}") { Contains = "lib/list_debug.c:", End = EndMarker },
        new("kernel BUG at ", Kind.Fortify, Error, "BUG: buffer overflow in {f}") { Contains = "lib/string_helpers.c:", End = EndMarker, Plumbing = "*fortify_*" },
        new("kernel BUG at ", Kind.Bug, Error, "kernel BUG in {f}") { Contains = ":", End = EndMarker, Plumbing = "skb_*" },
        new("Kernel BUG at ", Kind.Bug, Error, "kernel BUG in {f}") { Rule = Headline, End = EndMarker, Plumbing = "skb_*" },

        // Page faults: arch/x86/mm/fault.c (both ages), arch/arm*/mm/fault.c, arch/riscv/mm/fault.c, arch/powerpc/mm/fault.c, arch/s390/mm/fault.c,
        // arch/mips/mm/fault.c, arch/loongarch/mm/fault.c.
        new("BUG: kernel NULL pointer dereference", Kind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("BUG: unable to handle kernel NULL pointer dereference", Kind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("BUG: Kernel NULL pointer dereference", Kind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("BUG: Unable to handle kernel NULL pointer dereference", Kind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("Unable to handle kernel NULL pointer dereference", Kind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("BUG: unable to handle page fault for address", Kind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("BUG: unable to handle kernel paging request", Kind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("BUG: Unable to handle kernel data access", Kind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("BUG: Unable to handle kernel instruction fetch (NULL pointer?)", Kind.NullDereference, Error, NullTitle) { End = EndMarker },
        new("BUG: Unable to handle kernel instruction fetch", Kind.ExecuteFault, Error, PagingTitle) { End = EndMarker },
        new("BUG: unable to handle kernel", Kind.PageFault, Error, "BUG: unable to handle kernel access in {f}") { End = EndMarker },
        new("Unable to handle kernel paging request", Kind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel access to user memory", Kind.UserAccess, Error, UserTitle) { End = EndMarker },
        new("Unable to handle kernel access", Kind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel read from unreadable memory", Kind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel write to read-only memory", Kind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel execut", Kind.ExecuteFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel pointer dereference", Kind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("Unable to handle kernel unaligned access", Kind.Alignment, Error, "unaligned access in {f}") { End = EndMarker },
        new("Unable to handle kernel ", Kind.PageFault, Error, PagingTitle) { End = EndMarker },
        new("CPU ", Kind.PageFault, Error, PagingTitle) { Contains = " Unable to handle kernel paging request", End = EndMarker },
        // Before the headline, x86 and powerpc.
        new("kernel tried to execute ", Kind.ExecuteFault, Error, PagingTitle) { Contains = " page ", End = EndMarker, IsSecondary = true },
        new("Kernel attempted to ", Kind.UserAccess, Error, UserTitle) { Contains = " user page (", End = EndMarker, IsSecondary = true },
        new("unable to execute userspace code (SMEP?)", Kind.ExecuteFault, Error, PagingTitle) { End = EndMarker, IsSecondary = true },
        new("Unhandled prefetch abort: ", Kind.ExecuteFault, Error, "Unhandled prefetch abort in {f}") { End = EndMarker },
        new("Unhandled fault: ", Kind.Oops, Error, "Unhandled fault in {f}") { End = EndMarker },

        // x86 traps: arch/x86/kernel/traps.c; newer kernels put "Oops: " before them.
        new("general protection fault", Kind.GeneralProtectionFault, Error, ProtectionTitle) { Contains = "[#", End = EndMarker },
        new("segment-related general protection fault", Kind.GeneralProtectionFault, Error, ProtectionTitle) { Contains = "[#", End = EndMarker },
        new("Oops: general protection fault", Kind.GeneralProtectionFault, Error, ProtectionTitle) { Contains = "[#", End = EndMarker },
        new("divide error", Kind.DivideError, Error, "divide error in {f}") { Contains = "[#", End = EndMarker },
        new("divide_error", Kind.DivideError, Error, "divide error in {f}") { Contains = "[#", End = EndMarker },
        new("Oops: divide error", Kind.DivideError, Error, "divide error in {f}") { Contains = "[#", End = EndMarker },
        new("stack segment", Kind.StackSegment, Error, "stack segment fault in {f}") { Contains = "[#", End = EndMarker },
        new("Oops: stack segment", Kind.StackSegment, Error, "stack segment fault in {f}") { Contains = "[#", End = EndMarker },
        new("int3", Kind.Breakpoint, Error, "int3 in {f}") { Contains = "[#", End = EndMarker },
        new("Oops: int3", Kind.Breakpoint, Error, "int3 in {f}") { Contains = "[#", End = EndMarker },
        new("alignment check", Kind.Alignment, Error, "alignment check in {f}") { Contains = "[#", End = EndMarker },
        new("Oops: alignment check", Kind.Alignment, Error, "alignment check in {f}") { Contains = "[#", End = EndMarker },
        new("Alignment trap: ", Kind.Alignment, Error, "Alignment trap in {f}") { End = EndMarker },
        new("Missing ENDBR: ", Kind.ControlProtection, Error, "Missing ENDBR in {f}") { Rule = Headline, End = EndMarker },
        new("control protection", Kind.ControlProtection, Error, "control protection fault in {f}") { Contains = "[#", End = EndMarker },
        new("Oops: control protection", Kind.ControlProtection, Error, "control protection fault in {f}") { Contains = "[#", End = EndMarker },
        new("BUG: TASK stack guard page was hit", Kind.StackOverflow, Error, GuardTitle) { End = EndMarker, Rule = Lockup },
        new("BUG: IRQ stack guard page was hit", Kind.StackOverflow, Error, GuardTitle) { End = EndMarker, Rule = Lockup },
        new("BUG: ", Kind.StackOverflow, Error, GuardTitle) { Contains = "stack guard page was hit", End = EndMarker, Rule = Lockup },
        new("Insufficient stack space to handle exception!", Kind.StackOverflow, Fatal, "kernel stack overflow in {f}") { End = Halt, Rule = Lockup },
        new("Kernel panic - not syncing: kernel stack overflow", Kind.StackOverflow, Fatal, "kernel stack overflow in {f}") { End = Halt, Rule = Lockup, Plumbing = "*bad_stack*" },
        new("Kernel panic - not syncing: corrupted stack end", Kind.StackOverflow, Fatal, "kernel panic: corrupted stack end in {f}") { End = Halt, Rule = Lockup, Plumbing = "*schedule* *retint_kernel*" },
        new("invalid opcode", Kind.InvalidOpcode, Error, "invalid opcode in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("Oops: invalid opcode", Kind.InvalidOpcode, Error, "invalid opcode in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("stack guard page", Kind.StackOverflow, Error, GuardTitle) { Contains = "[#", IsSecondary = true, End = EndMarker, Rule = Lockup },
        new("traps: PANIC: double fault", Kind.DoubleFault, Fatal, "PANIC: double fault in {f}") { End = EndMarker },
        new("PANIC: double fault", Kind.DoubleFault, Fatal, "PANIC: double fault in {f}") { End = EndMarker },
        new("double fault", Kind.DoubleFault, Error, "PANIC: double fault in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("Oops: double fault", Kind.DoubleFault, Error, "PANIC: double fault in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("Internal error: ", Kind.Oops, Error, "Internal error in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        // loongarch.
        new("Oops - BUG[#", Kind.Bug, Error, "kernel BUG in {f}") { End = EndMarker, IsSecondary = true },
        new("Oops", Kind.Oops, Error, "Oops in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("Kernel BUG", Kind.Bug, Error, "kernel BUG in {f}") { Contains = "[#", IsSecondary = true, End = EndMarker },
        new("Fatal machine check on current CPU", Kind.MachineCheck, Fatal, "Machine check: fatal") { End = Halt, MayLackTrace = true },
        new("mce: [Hardware Error]: ", Kind.MachineCheck, Error, "Machine check: {m}") { Contains = "Machine Check Exception", End = Halt, MayLackTrace = true, Rule = None },
        new("Machine check in kernel mode", Kind.MachineCheck, Error, "Machine check in {f}") { End = EndMarker },

        // s390's program checks: arch/s390/kernel/traps.c.
        new("illegal operation: ", Kind.InvalidOpcode, Error, "invalid opcode in {f}") { Contains = " ilc:", End = EndMarker },
        new("fixpoint divide exception: ", Kind.DivideError, Error, "divide error in {f}") { Contains = " ilc:", End = EndMarker },
        new("addressing exception: ", Kind.Oops, Error, "addressing exception in {f}") { Contains = " ilc:", End = EndMarker },
        new("specification exception: ", Kind.Oops, Error, "specification exception in {f}") { Contains = " ilc:", End = EndMarker },
        new("privileged operation: ", Kind.Oops, Error, "privileged operation in {f}") { Contains = " ilc:", End = EndMarker },
        new("monitor event: ", Kind.Bug, Error, "kernel BUG in {f}") { Contains = " ilc:", End = EndMarker, IsSecondary = true },

        // mips and loongarch: arch/mips/kernel/traps.c, arch/mips/kernel/unaligned.c, arch/loongarch/kernel/traps.c.
        new("Kernel bug detected[#", Kind.Bug, Error, "kernel BUG in {f}") { End = EndMarker },
        new("Unhandled kernel unaligned access[#", Kind.Alignment, Error, "unaligned access in {f}") { End = EndMarker },
        new("Kernel ale access[#", Kind.Alignment, Error, "unaligned access in {f}") { End = EndMarker },
        new("Kernel ade access[#", Kind.Oops, Error, "address error in {f}") { End = EndMarker },
        new("Reserved instruction in kernel code[#", Kind.InvalidOpcode, Error, "invalid opcode in {f}") { End = EndMarker },
        new("Break instruction in kernel code[#", Kind.Breakpoint, Error, "breakpoint in {f}") { End = EndMarker },
        new("Trap instruction in kernel code[#", Kind.Breakpoint, Error, "trap instruction in {f}") { End = EndMarker },

        // WARN(): kernel/panic.c; the second form since Linux kernel commit 28ea295f941e (in v6.19). The narrower by the file that calls it.
        Warned("lib/debugobjects.c:", Kind.DebugObjects, "WARNING: ODEBUG bug in {f}", ObjectPlumbing),
        Warned("mm/usercopy.c:", Kind.UserCopy, "WARNING: bad usercopy in {f}", "*usercopy* *__check*"),
        Warned("lib/kobject.c:", Kind.Warning, "WARNING: kobject bug in {f}", "*kobject_*"),
        Warned("fs/proc/generic.c:", Kind.Warning, "WARNING: proc registration bug in {f}", "*proc_*"),
        Warned("lib/refcount.c:", Kind.Refcount, "WARNING: refcount bug in {f}", "refcount_* __refcount_* *kobject_*"),
        Warned("lib/list_debug.c:", Kind.ListCorruption, "WARNING: corrupted list in {f}", ""),
        Warned("lib/string_helpers.c:", Kind.Fortify, "WARNING: buffer overflow in {f}", "*fortify_*"),
        Warned("kernel/locking/lockdep.c:", Kind.LockUsage, "WARNING: locking bug in {f}", SocketLockPlumbing),
        new("WARNING: Nested lock was not taken", Kind.LockUsage, Warn, "WARNING: nested lock was not taken in {f}") { Rule = CallTraceOnly, HasLeadingStacks = true },
        Warned("net/sched/sch_generic.c:", Kind.NetdevWatchdog, "NETDEV WATCHDOG: transmit queue timed out", ""),
        Warned(" free_large_kmalloc", Kind.Warning, "WARNING in {f}", "*kmalloc* *slab* *kmem*"),
        Warned("kmalloc", Kind.Warning, "WARNING: kmalloc bug in {f}", "*kmalloc* *krealloc* *slab* *kmem*"),
        Warned("kvmalloc", Kind.Warning, "WARNING: kmalloc bug in {f}", "*kmalloc* *krealloc* *slab* *kmem*"),
        Warned("__vmalloc_node", Kind.Warning, "WARNING: zero-size vmalloc in {f}", ""),
        new("WARNING: CPU: ", Kind.Warning, Warn, "WARNING in {f}") { Contains = " at ", Rule = Headline, End = EndMarker },
        new("WARNING: ", Kind.Warning, Warn, "WARNING in {f}") { Contains = ", CPU#", Rule = Headline, End = EndMarker },
        new("WARNING: at ", Kind.Warning, Warn, "WARNING in {f}") { Contains = ":", Rule = Headline, End = EndMarker },
        new("WARNING: kernel stack regs at ", Kind.Warning, Warn, "WARNING: kernel stack regs has bad value") { Contains = " has bad '", End = AtOnce, MayLackTrace = true, Rule = None },
        new("WARNING: kernel stack frame pointer at ", Kind.Warning, Warn, "WARNING: kernel stack frame pointer has bad value") { End = AtOnce, MayLackTrace = true, Rule = None },

        // lockdep: kernel/locking/lockdep.c.
        new("WARNING: possible circular locking dependency detected", Kind.CircularLock, Warn, DeadlockTitle) { Rule = WantedLock, HasLeadingStacks = true, Plumbing = WorkqueuePlumbing },
        new("WARNING: possible recursive locking detected", Kind.RecursiveLock, Warn, DeadlockTitle) { Rule = WantedLock, HasLeadingStacks = true, Plumbing = WorkqueuePlumbing },
        new("WARNING: possible irq lock inversion dependency detected", Kind.LockInversion, Warn, DeadlockTitle) { Rule = WantedLock, HasLeadingStacks = true },
        new("WARNING: ", Kind.LockInversion, Warn, DeadlockTitle) { Contains = "-unsafe lock order detected", Rule = LockAcquisition, HasLeadingStacks = true },
        new("WARNING: inconsistent lock state", Kind.LockState, Warn, LockStateTitle) { Rule = CallTraceOnly, HasLeadingStacks = true },
        new("WARNING: suspicious RCU usage", Kind.SuspiciousRcu, Warn, RcuTitle) { Rule = CallTraceOnly, HasLeadingStacks = true, Plumbing = "*rcu* *kmem* *slab*" },
        new("WARNING: bad unlock balance detected", Kind.UnlockBalance, Warn, "WARNING: bad unlock balance in {f}") { Rule = WantedLock, HasLeadingStacks = true },
        new("WARNING: held lock freed", Kind.HeldLockFreed, Warn, "WARNING: held lock freed in {f}") { Rule = WantedLock, HasLeadingStacks = true },
        new("WARNING: lock held when returning to user space", Kind.LockHeld, Warn, "WARNING: lock held when returning to user space in {f}") { Rule = WantedLock, HasLeadingStacks = true, MayLackTrace = true },
        new("WARNING: ", Kind.LockHeld, Warn, "WARNING: still has locks held in {f}") { Contains = "still has locks held!", Rule = WantedLock, HasLeadingStacks = true },
        new("[ BUG: Invalid wait context ]", Kind.LockUsage, Warn, "WARNING: locking bug in {f}") { Rule = CallTraceOnly, HasLeadingStacks = true, Plumbing = SocketLockPlumbing },
        new("BUG: Invalid wait context", Kind.LockUsage, Warn, "WARNING: locking bug in {f}") { Rule = CallTraceOnly, HasLeadingStacks = true, Plumbing = SocketLockPlumbing },

        // The same before Linux kernel commit a5dd63efda3d ("lockdep: Use "WARNING" tag on lockdep splats") (in v4.11).
        new("[ INFO: possible circular locking", Kind.CircularLock, Warn, DeadlockTitle) { Rule = WantedLock, HasLeadingStacks = true, Plumbing = WorkqueuePlumbing },
        new("[ INFO: possible recursive locking", Kind.RecursiveLock, Warn, DeadlockTitle) { Rule = WantedLock, HasLeadingStacks = true, Plumbing = WorkqueuePlumbing },
        new("[ INFO: possible irq lock inversion", Kind.LockInversion, Warn, DeadlockTitle) { Rule = WantedLock, HasLeadingStacks = true },
        new("[ INFO: ", Kind.LockInversion, Warn, DeadlockTitle) { Contains = "-unsafe lock order detected", Rule = WantedLock, HasLeadingStacks = true },
        new("[ INFO: inconsistent lock state", Kind.LockState, Warn, LockStateTitle) { Rule = WantedLock, HasLeadingStacks = true },
        new("[ INFO: suspicious RCU usage", Kind.SuspiciousRcu, Warn, "INFO: suspicious RCU usage in {f}") { Rule = CallTraceOnly, HasLeadingStacks = true, Plumbing = "*rcu* *kmem* *slab*" },
        new("[ BUG: bad unlock balance detected", Kind.UnlockBalance, Warn, "BUG: bad unlock balance in {f}") { Rule = WantedLock, HasLeadingStacks = true },
        new("[ BUG: held lock freed", Kind.HeldLockFreed, Warn, "BUG: held lock freed in {f}") { Rule = WantedLock, HasLeadingStacks = true },
        new("[ BUG: lock held when returning to user space", Kind.LockHeld, Warn, "BUG: lock held when returning to user space in {f}") { Rule = WantedLock, HasLeadingStacks = true, MayLackTrace = true },
        new("[ BUG: ", Kind.LockHeld, Warn, "BUG: still has locks held in {f}") { Contains = "still has locks held!", Rule = WantedLock, HasLeadingStacks = true },
        new("INFO: trying to register non-static key", Kind.LockUsage, Warn, "INFO: trying to register non-static key in {f}") { Rule = CallTraceOnly, Plumbing = "*stack* *lock* *IRQ*" },
        new("BUG: MAX_", Kind.LockUsage, Warn, "BUG: MAX_{m}") { Contains = " too low!", Rule = CallTraceOnly, MayLackTrace = true },
        new("BUG: workqueue leaked lock or atomic", Kind.LockHeld, Error, "BUG: workqueue leaked lock or atomic in {f}") { Rule = WantedLock, MayLackTrace = true, HasLeadingStacks = true },
        new("BUG: workqueue leaked atomic, lock or RCU", Kind.LockHeld, Error, "BUG: workqueue leaked lock or atomic in {f}") { Rule = WantedLock, MayLackTrace = true, HasLeadingStacks = true },

        // Watchdogs: kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, kernel/workqueue.c.
        new("watchdog: BUG: soft lockup", Kind.SoftLockup, Error, SoftTitle) { Rule = Lockup, HasManyTraces = true },
        new("NMI watchdog: BUG: soft lockup", Kind.SoftLockup, Error, SoftTitle) { Rule = Lockup, HasManyTraces = true },
        new("BUG: soft lockup", Kind.SoftLockup, Error, SoftTitle) { Rule = Lockup, HasManyTraces = true },
        new("watchdog: Watchdog detected hard LOCKUP", Kind.HardLockup, Error, HardTitle) { Rule = Lockup, HasManyTraces = true },
        new("NMI watchdog: Watchdog detected hard LOCKUP", Kind.HardLockup, Error, HardTitle) { Rule = Lockup, HasManyTraces = true },
        new("Watchdog detected hard LOCKUP", Kind.HardLockup, Error, HardTitle) { Rule = Lockup, HasManyTraces = true },
        new("watchdog: CPU", Kind.HardLockup, Error, HardTitle) { Contains = "hard LOCKUP", Rule = Lockup, HasManyTraces = true },
        new("INFO: task ", Kind.HungTask, Error, HungTitle) { Contains = " blocked ", Rule = Hang },
        new("INFO: task ", Kind.HungTask, Error, "INFO: task can't die in {f}") { Contains = " can't die for more than ", Rule = CallTraceOnly, Plumbing = "*schedule*" },
        new("rcu: INFO: ", Kind.RcuStall, Error, StallTitle) { Contains = "stall", Rule = Stall, HasManyTraces = true },
        new("INFO: rcu_", Kind.RcuStall, Error, StallTitle) { Contains = "stall", Rule = Stall, HasManyTraces = true },
        new("BUG: workqueue lockup", Kind.WorkqueueLockup, Error, "BUG: workqueue lockup") { HasManyTraces = true, MayLackTrace = true, Rule = None },

        // Checks of the scheduler and the memory management: kernel/sched/core.c, mm/.
        new("BUG: scheduling while atomic", Kind.SchedulingWhileAtomic, Error, "BUG: scheduling while atomic in {f}") { Rule = CallTraceOnly, Plumbing = "*schedule*" },
        new("BUG: sleeping function called from invalid context", Kind.SleepInAtomic, Error, "BUG: sleeping function called from invalid context in {f}") { Rule = CallTraceOnly },
        new("BUG: using ", Kind.PreemptibleAccess, Warn, "BUG: using {m}() in preemptible code in {f}") { Contains = " in preemptible", Rule = CallTraceOnly, Plumbing = PreemptPlumbing },
        new("BUG: Bad page state", Kind.BadPage, Error, "BUG: Bad page state in {f}") { Rule = Allocation, Plumbing = PagePlumbing, HasLeadingStacks = true },
        new("BUG: Bad page cache", Kind.BadPage, Error, "BUG: Bad page cache in {f}") { Rule = Allocation, Plumbing = PagePlumbing, HasLeadingStacks = true },
        new("BUG: Bad page map", Kind.BadPage, Error, "BUG: Bad page map") { Rule = CallTraceOnly },
        new("BUG: Bad rss-counter state", Kind.BadPage, Error, "BUG: Bad rss-counter state") { End = AtOnce, MayLackTrace = true, Rule = None },
        new("BUG: non-zero ", Kind.BadPage, Error, "BUG: non-zero {m}") { Contains = " on freeing mm", End = AtOnce, MayLackTrace = true, Rule = None },
        new("BUG: Dentry ", Kind.BusyFileSystem, Error, "BUG: Dentry still in use{m}") { Contains = " still in use", Rule = None, End = EndMarker, MayLackTrace = true },
        new("BUG: spinlock ", Kind.SpinlockBug, Error, "BUG: spinlock {m} in {f}") { Rule = CallTraceOnly, Plumbing = "*spin_* *_lock* *_unlock*", HasLeadingStacks = true },
        new("BUG: rwlock ", Kind.SpinlockBug, Error, "BUG: rwlock {m} in {f}") { Rule = CallTraceOnly, Plumbing = "*spin_* *_lock* *_unlock*", HasLeadingStacks = true },
        new("BUG: memory leak", Kind.MemoryLeak, Warn, "memory leak in {f}") { Rule = Allocation, Plumbing = LeakPlumbing },
        new("unreferenced object 0x", Kind.MemoryLeak, Warn, "memory leak in {f}") { Rule = Allocation, Plumbing = LeakPlumbing, IsSecondary = true },
        new("BUG kmalloc-", Kind.Slub, Error, "BUG: {m}") { Contains = "): ", Rule = CallTraceOnly, End = Separator, MayLackTrace = true },
        new("BUG ", Kind.Slub, Error, "BUG: {m}") { Contains = "): ", Rule = CallTraceOnly, End = Separator, MayLackTrace = true },
        new("INFO: Allocated in ", Kind.Slub, Error, "slab object allocated in {m}") { IsSecondary = true, Rule = None, MayLackTrace = true },
        new("INFO: Freed in ", Kind.Slub, Error, "slab object freed in {m}") { IsSecondary = true, Rule = None, MayLackTrace = true },

        // Things that wait for what does not come: net/core/dev.c, kernel/irq/spurious.c, net/sched/sch_generic.c, fs/super.c, fs/open.c.
        new("unregister_netdevice: waiting for ", Kind.NetdeviceBusy, Error, "unregister_netdevice: waiting for DEV to become free") { Contains = " to become free", End = AtOnce, MayLackTrace = true, Rule = None },
        new("NETDEV WATCHDOG: ", Kind.NetdevWatchdog, Warn, "NETDEV WATCHDOG: transmit queue timed out") { Contains = "timed out", MayLackTrace = true, Rule = None },
        new("irq ", Kind.UnhandledInterrupt, Error, "irq: nobody cared in {f}") { Contains = ": nobody cared", Rule = CallTraceOnly, Plumbing = "__report_bad_irq note_interrupt handle_irq_event* handle_irq* handle_fasteoi_irq* handle_edge_irq* handle_level_irq* handle_bad_irq*" },
        new("VFS: Busy inodes after unmount", Kind.BusyFileSystem, Error, "VFS: Busy inodes after unmount (use-after-free)") { End = AtOnce, MayLackTrace = true, Rule = None },
        new("VFS: Close: file count is 0", Kind.BusyFileSystem, Error, "VFS: Close: file count is zero (use-after-free)") { End = AtOnce, MayLackTrace = true, Rule = None },

        // Out of memory: mm/oom_kill.c, mm/page_alloc.c (warn_alloc).
        new("", Kind.OutOfMemory, Error, "OOM killer invoked by {m}") { Contains = " invoked oom-killer: ", Rule = None, HasManyTraces = true },
        new("", Kind.PageAllocationFailure, Warn, "page allocation failure in {f}") { Contains = ": page allocation failure: order:", Rule = CallTraceOnly },
        new("", Kind.PageAllocationFailure, Warn, "page allocation stall in {f}") { Contains = ": page allocation stalls for ", Rule = CallTraceOnly },

        // Rust: rust/kernel/lib.rs.
        new("rust_kernel: panicked at ", Kind.RustPanic, Error, "{m} in {f}") { Rule = CallTraceOnly, End = EndMarker },

        // The Trusty secure world, through its driver.
        new("trusty: panic", Kind.Panic, Error, "trusty: {m}") { End = AtOnce, MayLackTrace = true, Rule = None },

        // lib/fault-inject.c: a dump that somebody asked for.
        new("FAULT_INJECTION: forcing a failure", Kind.StackDump, Notice, "fault injection in {f}") { Rule = CallTraceOnly, Plumbing = "*should_fail*" },

        // What sysrq keys print: drivers/tty/sysrq.c.
        new("sysrq: Show ", Kind.SysrqDump, Notice, "sysrq: Show {m}") { Rule = None, HasManyTraces = true, MayLackTrace = true },
        new("SysRq : Show ", Kind.SysrqDump, Notice, "sysrq: Show {m}") { Rule = None, HasManyTraces = true, MayLackTrace = true },

        // panic(): kernel/panic.c.
        new("Kernel panic - not syncing: stack-protector:", Kind.StackProtector, Fatal, "kernel panic: stack is corrupted in {f}") { Rule = Headline, End = Halt, Plumbing = "*stack_chk*", MayLackTrace = true },
        new("Kernel panic - not syncing: Attempted to kill init!", Kind.InitKilled, Fatal, "kernel panic: Attempted to kill init!") { Rule = None, End = Halt, MayLackTrace = true },
        new("Kernel panic - not syncing: VFS: Unable to mount root fs", Kind.NoRootFileSystem, Fatal, "kernel panic: VFS: Unable to mount root fs") { Rule = None, End = Halt, MayLackTrace = true },
        new("Kernel panic - not syncing: No working init found", Kind.NoRootFileSystem, Fatal, "kernel panic: No working init found") { Rule = None, End = Halt, MayLackTrace = true },
        new("Kernel panic - not syncing: Fatal Machine check", Kind.MachineCheck, Fatal, "kernel panic: {m}") { Rule = None, End = Halt, MayLackTrace = true },
        new(PanicPrefix, Kind.Panic, Fatal, "kernel panic: {m}") { Rule = CallTraceOnly, End = Halt, MayLackTrace = true },
    ];

    // By first character: most lines of a log share none with any row. The rows without a prefix are tried for every line.
    private static readonly ReportKind[]?[] s_byFirst = MakeIndex();
    private static readonly ReportKind[] s_anywhere = s_all.Where(k => k.Prefix.Length == 0).ToArray();

    // Panics that a report before them brought about: part of that report, not one of their own.
    private static readonly string[] s_consequences =
    [
        "Fatal exception", "panic_on_warn set", "kernel: panic_on_warn set", "KASAN: panic_on_warn set", "UBSAN: panic_on_warn set", "KMSAN: panic_on_warn set",
        "kasan.fault=panic set", "kmsan.panic set", "softlockup: hung tasks", "hung_task: blocked tasks", "RCU Stall", "Hard LOCKUP", "UBSAN: ",
        "Aiee, killing interrupt handler", "Attempted to kill init", "Attempted to kill the idle task", "Oops", "scheduling while atomic",
        "Machine halted", "Out of memory: ", "System is deadlocked on memory", "stack overflow",
    ];

    /// <summary>The rows.</summary>
    public static IReadOnlyList<ReportKind> All => s_all;

    /// <summary>The kind whose report a message begins; null for any other message.</summary>
    /// <param name="message">The message without leading blanks.</param>
    public static ReportKind? Find(ReadOnlySpan<char> message)
    {
        if (message.IsEmpty)
        {
            return null;
        }
        char first = message[0];
        foreach (ReportKind kind in (first < s_byFirst.Length ? s_byFirst[first] : null) ?? s_anywhere)
        {
            if (kind.Matches(message))
            {
                return kind;
            }
        }
        return null;
    }

    /// <summary>True for a panic that follows from the report before it.</summary>
    public static bool IsConsequence(ReadOnlySpan<char> message)
    {
        if (!message.StartsWith(PanicPrefix, StringComparison.Ordinal))
        {
            return false;
        }
        foreach (string consequence in s_consequences)
        {
            if (message[PanicPrefix.Length..].StartsWith(consequence, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    // "WARNING: CPU: 1 PID: 2 at lib/refcount.c:28 ..." and "WARNING: lib/refcount.c:28 at ..., CPU#1: ...".
    private static ReportKind Warned(string contains, Kind kind, string title, string skip) =>
        new("WARNING: ", kind, Warn, title) { Contains = contains, Rule = Headline, End = EndMarker, Plumbing = skip };

    private static ReportKind[]?[] MakeIndex()
    {
        var index = new ReportKind[]?[128];
        foreach (char first in s_all.Where(k => k.Prefix.Length > 0).Select(k => k.Prefix[0]).Distinct())
        {
            index[first] = s_all.Where(k => k.Prefix.Length == 0 || k.Prefix[0] == first).ToArray();
        }
        return index;
    }
}
