namespace KernelDebug.Triage;

/// <summary>What a function does for others, which makes it a poor suspect where a crash is reported in it.</summary>
[Flags]
public enum FrameRole
{
    /// <summary>Code with a purpose of its own.</summary>
    None = 0,
    /// <summary>It reports: sanitizer hooks, lockdep, WARN and BUG, printk, stack dumps.</summary>
    Reporter = 1,
    /// <summary>Exception and interrupt entry.</summary>
    Entry = 2,
    /// <summary>Strings, memory copies, lists, trees, bit operations, formatting.</summary>
    Library = 4,
    /// <summary>Locks, atomics, reference counts, waiting.</summary>
    Lock = 8,
    /// <summary>Memory allocators.</summary>
    Allocator = 16,
    /// <summary>Services that crash on what their callers hand in: kobjects, the driver core, timers, work queues, page cache look-ups.</summary>
    Service = 32,
    /// <summary>What lets go of an object for its caller: <c>kfree_skb</c>, <c>skb_release_data</c>.</summary>
    Release = 64,
    /// <summary>The scheduler.</summary>
    Scheduler = 128,
}
