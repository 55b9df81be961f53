namespace KernelDebug.Records;

/// <summary>What kind of report it is. The names are the kernel's own terms where it has one.</summary>
public enum PanicKind
{
    /// <summary>A report whose kind is not known.</summary>
    Unknown,

    /// <summary><c>kernel BUG at file:line!</c> (lib/bug.c).</summary>
    Bug,
    /// <summary>A list whose links contradict each other (lib/list_debug.c), as BUG or WARNING.</summary>
    ListCorruption,
    /// <summary>A copy to or from user space past an object's bounds (mm/usercopy.c).</summary>
    UserCopy,
    /// <summary>A buffer overflow that <c>FORTIFY_SOURCE</c> caught (lib/string_helpers.c).</summary>
    Fortify,
    /// <summary>An indirect call to a function of another type (<c>CFI failure</c>, kernel/cfi.c).</summary>
    ControlFlowIntegrity,

    /// <summary>NULL pointer dereference.</summary>
    NullDereference,
    /// <summary>Another page fault: <c>unable to handle page fault</c>, <c>paging request</c>, <c>Unable to handle kernel ...</c>.</summary>
    PageFault,
    /// <summary>The kernel touched user memory where it may not (SMAP, PAN, <c>user address</c>).</summary>
    UserAccess,
    /// <summary>The kernel jumped to a page that is not executable (NX) or that is user space's (SMEP).</summary>
    ExecuteFault,
    /// <summary>General protection fault.</summary>
    GeneralProtectionFault,
    /// <summary>Stack segment fault.</summary>
    StackSegment,
    /// <summary>Double fault.</summary>
    DoubleFault,
    /// <summary>The stack's guard page was hit, or the kernel stack overflowed.</summary>
    StackOverflow,
    /// <summary>Divide error.</summary>
    DivideError,
    /// <summary>Invalid opcode without a BUG line.</summary>
    InvalidOpcode,
    /// <summary>A breakpoint instruction nobody placed (<c>int3</c>).</summary>
    Breakpoint,
    /// <summary>Alignment check or trap.</summary>
    Alignment,
    /// <summary>A return or jump that control-flow enforcement refused (<c>Control protection</c>, <c>Missing ENDBR</c>).</summary>
    ControlProtection,
    /// <summary>Machine check: the hardware reported an error of its own.</summary>
    MachineCheck,
    /// <summary>Another oops (<c>Oops: ...</c>, <c>Internal error: ...</c>, <c>Unhandled fault</c>).</summary>
    Oops,

    /// <summary><c>Kernel panic - not syncing: ...</c> without a report of its own before it.</summary>
    Panic,
    /// <summary>Panic: a function's stack canary was overwritten.</summary>
    StackProtector,
    /// <summary>Panic: the first process ended.</summary>
    InitKilled,
    /// <summary>Panic: the root file system cannot be mounted, or no init found.</summary>
    NoRootFileSystem,
    /// <summary>A panic of Rust code.</summary>
    RustPanic,

    /// <summary><c>WARNING: ... at file:line</c>.</summary>
    Warning,
    /// <summary>A reference count that under- or overflowed (lib/refcount.c).</summary>
    Refcount,
    /// <summary>An object used against its life cycle (<c>ODEBUG</c>, lib/debugobjects.c).</summary>
    DebugObjects,

    /// <summary>Soft lockup: a CPU that does not schedule.</summary>
    SoftLockup,
    /// <summary>Hard lockup: a CPU that takes no interrupts.</summary>
    HardLockup,
    /// <summary>RCU stall.</summary>
    RcuStall,
    /// <summary>A task blocked for long.</summary>
    HungTask,
    /// <summary>A worker pool that makes no progress.</summary>
    WorkqueueLockup,

    /// <summary>Scheduling while atomic.</summary>
    SchedulingWhileAtomic,
    /// <summary>A function that may sleep, called where that is not allowed.</summary>
    SleepInAtomic,
    /// <summary>A per-CPU access in preemptible code.</summary>
    PreemptibleAccess,

    /// <summary>A page in a state it cannot be in (<c>Bad page state</c>, <c>Bad page map</c>, <c>Bad rss-counter</c>).</summary>
    BadPage,
    /// <summary><c>page allocation failure</c>.</summary>
    PageAllocationFailure,
    /// <summary>The OOM killer ran.</summary>
    OutOfMemory,
    /// <summary>SLUB's own checks (<c>BUG kmalloc-64 (...): Poison overwritten</c>).</summary>
    Slub,
    /// <summary>kmemleak: an unreferenced object.</summary>
    MemoryLeak,

    /// <summary>lockdep: possible circular locking dependency.</summary>
    CircularLock,
    /// <summary>lockdep: possible recursive locking.</summary>
    RecursiveLock,
    /// <summary>lockdep: irq lock inversion, or an irq-safe to irq-unsafe order.</summary>
    LockInversion,
    /// <summary>lockdep: inconsistent lock state.</summary>
    LockState,
    /// <summary>lockdep: suspicious RCU usage.</summary>
    SuspiciousRcu,
    /// <summary>lockdep: a held lock was freed.</summary>
    HeldLockFreed,
    /// <summary>lockdep: bad unlock balance.</summary>
    UnlockBalance,
    /// <summary>lockdep: locks held where none may be (at exit, at return to user space).</summary>
    LockHeld,
    /// <summary>lockdep: another complaint (invalid wait context, non-static key, a lock misused).</summary>
    LockUsage,
    /// <summary>A spinlock or rwlock misused or damaged (kernel/locking/spinlock_debug.c).</summary>
    SpinlockBug,

    /// <summary>KASAN, in any of its modes.</summary>
    Kasan,
    /// <summary>KFENCE.</summary>
    Kfence,
    /// <summary>KMSAN.</summary>
    Kmsan,
    /// <summary>KCSAN.</summary>
    Kcsan,
    /// <summary>UBSAN.</summary>
    Ubsan,

    /// <summary><c>NETDEV WATCHDOG</c>: a transmit queue timed out.</summary>
    NetdevWatchdog,
    /// <summary><c>irq N: nobody cared</c>.</summary>
    UnhandledInterrupt,
    /// <summary><c>unregister_netdevice: waiting for X to become free</c>.</summary>
    NetdeviceBusy,
    /// <summary>A file system that cannot be unmounted cleanly (<c>Busy inodes after unmount</c>, <c>Dentry still in use</c>).</summary>
    BusyFileSystem,

    /// <summary>Backtraces of CPUs by NMI.</summary>
    NmiBacktrace,
    /// <summary>What a sysrq key printed (<c>Show State</c>, <c>Show Blocked State</c>, registers).</summary>
    SysrqDump,
    /// <summary>A plain stack dump (<c>dump_stack</c>).</summary>
    StackDump,
}
