using System.Text.RegularExpressions;
using KernelDebug.Records;
using KernelDebug.Triage;

namespace KernelDebug.Corpus;

/// <summary>What a title of syzkaller's says: which class of crash, in which function.</summary>
internal static partial class TitleShape
{
    // Their wording, and the kinds of ours that mean it.
    private static readonly (string Pattern, PanicKind[] Kinds)[] s_classes =
    [
        ("KASAN: ", [PanicKind.Kasan]),
        ("KMSAN: ", [PanicKind.Kmsan]),
        ("KCSAN: ", [PanicKind.Kcsan]),
        ("KFENCE: ", [PanicKind.Kfence]),
        ("UBSAN: ", [PanicKind.Ubsan]),
        ("BUG: unable to handle kernel NULL pointer dereference", [PanicKind.NullDereference]),
        ("BUG: unable to handle kernel paging request", [PanicKind.PageFault, PanicKind.ExecuteFault]),
        ("BUG: unable to handle kernel", [PanicKind.PageFault, PanicKind.UserAccess, PanicKind.ExecuteFault]),
        ("general protection fault", [PanicKind.GeneralProtectionFault]),
        ("stack segment", [PanicKind.StackSegment]),
        ("divide error", [PanicKind.DivideError]),
        ("invalid opcode", [PanicKind.InvalidOpcode]),
        ("int3", [PanicKind.Breakpoint]),
        ("PANIC: double fault", [PanicKind.DoubleFault]),
        ("Internal error", [PanicKind.Oops]),
        ("Unhandled fault", [PanicKind.Oops]),
        ("Alignment trap", [PanicKind.Alignment]),
        ("possible deadlock", [PanicKind.CircularLock, PanicKind.RecursiveLock, PanicKind.LockInversion]),
        ("WARNING: possible circular", [PanicKind.CircularLock]),
        ("inconsistent lock state", [PanicKind.LockState]),
        ("INFO: suspicious RCU", [PanicKind.SuspiciousRcu]),
        ("WARNING: suspicious RCU", [PanicKind.SuspiciousRcu]),
        ("BUG: bad unlock balance", [PanicKind.UnlockBalance]),
        ("WARNING: bad unlock balance", [PanicKind.UnlockBalance]),
        ("BUG: held lock freed", [PanicKind.HeldLockFreed]),
        ("WARNING: held lock freed", [PanicKind.HeldLockFreed]),
        ("BUG: still has locks", [PanicKind.LockHeld]),
        ("WARNING: still has locks", [PanicKind.LockHeld]),
        ("BUG: lock held", [PanicKind.LockHeld]),
        ("WARNING: lock held", [PanicKind.LockHeld]),
        ("BUG: workqueue leaked", [PanicKind.LockHeld]),
        ("WARNING: locking bug", [PanicKind.LockUsage]),
        ("WARNING: nested lock", [PanicKind.LockUsage]),
        ("INFO: trying to register non-static", [PanicKind.LockUsage]),
        ("BUG: MAX_", [PanicKind.LockUsage]),
        ("BUG: spinlock", [PanicKind.SpinlockBug]),
        ("BUG: rwlock", [PanicKind.SpinlockBug]),
        ("BUG: using", [PanicKind.PreemptibleAccess]),
        ("BUG: scheduling while atomic", [PanicKind.SchedulingWhileAtomic]),
        ("BUG: sleeping function", [PanicKind.SleepInAtomic]),
        ("BUG: corrupted list", [PanicKind.ListCorruption]),
        ("BUG: bad usercopy", [PanicKind.UserCopy]),
        ("WARNING: bad usercopy", [PanicKind.UserCopy]),
        ("BUG: soft lockup", [PanicKind.SoftLockup]),
        ("BUG: workqueue lockup", [PanicKind.WorkqueueLockup]),
        ("INFO: rcu detected stall", [PanicKind.RcuStall]),
        ("INFO: task hung", [PanicKind.HungTask]),
        ("INFO: task can't die", [PanicKind.HungTask]),
        ("BUG: stack guard page", [PanicKind.StackOverflow]),
        ("kernel stack overflow", [PanicKind.StackOverflow]),
        ("kernel panic: corrupted stack end", [PanicKind.StackOverflow]),
        ("kernel panic: stack is corrupted", [PanicKind.StackProtector]),
        ("kernel panic", [PanicKind.Panic, PanicKind.InitKilled, PanicKind.NoRootFileSystem]),
        ("kernel BUG", [PanicKind.Bug]),
        ("memory leak", [PanicKind.MemoryLeak]),
        ("BUG: Object already free", [PanicKind.Slub]),
        ("INFO: Allocated in", [PanicKind.Slub]),
        ("INFO: Freed in", [PanicKind.Slub]),
        ("BUG: Bad", [PanicKind.BadPage]),
        ("BUG: non-zero", [PanicKind.BadPage]),
        ("BUG: Dentry", [PanicKind.BusyFileSystem]),
        ("VFS: ", [PanicKind.BusyFileSystem]),
        ("unregister_netdevice", [PanicKind.NetdeviceBusy]),
        ("WARNING: refcount bug", [PanicKind.Refcount]),
        ("WARNING: ODEBUG bug", [PanicKind.DebugObjects]),
        ("WARNING", [PanicKind.Warning, PanicKind.ListCorruption, PanicKind.NetdevWatchdog, PanicKind.Fortify]),
        ("attempt to ", [PanicKind.RustPanic]),
        ("SYZ", []),
        ("trusty", [PanicKind.Panic]),
    ];

    /// <summary>The class of a title.</summary>
    public static string ClassOf(string? title) => title is null ? "" : s_classes.FirstOrDefault(c => title.StartsWith(c.Pattern, StringComparison.Ordinal)).Pattern ?? title;

    /// <summary>True where our report is of the class.</summary>
    public static bool FitsKind(string pattern, PanicTrace ours) => s_classes.FirstOrDefault(c => c.Pattern == pattern).Kinds?.Contains(ours.Kind) == true;

    /// <summary>The function of a title; null where it has none.</summary>
    public static string? FunctionOf(string title)
    {
        int at = title.LastIndexOf(" in ", StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        // "WARNING in submit_rx_urb/usb_submit_urb" names the caller first.
        string function = title[(at + 4)..];
        Match name = Name().Match(function);
        return name.Success ? Canonical(name.Value) : null;
    }

    /// <summary>Without the wrappers of system calls, as they strip them.</summary>
    public static string? Canonical(string? name)
    {
        if (name is null)
        {
            return null;
        }

        string canonical = FunctionName.Family(name);
        return canonical.StartsWith("sys_", StringComparison.Ordinal) ? canonical[4..] : canonical;
    }

    [GeneratedRegex(@"^[A-Za-z_<][\w.:<>]*")]
    private static partial Regex Name();
}
