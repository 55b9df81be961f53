namespace KernelDebug.KernelLog;

/// <summary>
/// Caps on what a log may make the parsers keep. A log is untrusted text: a report that runs into one of these is finished
/// as corrupted, with the cap named, instead of growing.
/// </summary>
public static class LogLimits
{
    /// <summary>UTF-16 units of one message that are looked at. printk's own limit is about 1,000; the rest stays in the raw text.</summary>
    public const int MaxLineLength = 64 * 1024;
    /// <summary>UTF-16 units in which a line's prefix must end.</summary>
    public const int MaxPrefixLength = 512;
    /// <summary>Characters of a symbol's name (<c>KSYM_NAME_LEN</c> is 512 since Linux v6.1).</summary>
    public const int MaxSymbolLength = 512;
    /// <summary>References taken from one line.</summary>
    public const int MaxReferencesPerLine = 256;
    /// <summary>Bytes taken from one <c>Code:</c> line (x86 prints 64).</summary>
    public const int MaxCodeBytes = 4096;
    /// <summary>Frames of one call trace.</summary>
    public const int MaxFrames = 4096;
    /// <summary>Locks that one report names.</summary>
    public const int MaxLocks = 1024;
    /// <summary>Rows of an OOM killer's task table.</summary>
    public const int MaxTasks = 65536;
    /// <summary>Stacks of one report.</summary>
    public const int MaxStacks = 1024;
    /// <summary>Entries of one <c>Modules linked in:</c> list.</summary>
    public const int MaxModules = 4096;
    /// <summary>Registers of one report.</summary>
    public const int MaxRegisters = 256;
    /// <summary>Lines of one report.</summary>
    public const int MaxReportLines = 16 * 1024;
    /// <summary>UTF-16 units of one report's raw text.</summary>
    public const int MaxReportLength = 4 * 1024 * 1024;
    /// <summary>Reports of different printk callers open at one time.</summary>
    public const int MaxOpenReports = 32;
    /// <summary>Different crashes of one log whose repeats are counted.</summary>
    public const int MaxSignatures = 65536;
    /// <summary>Module names remembered as out of tree over a whole log.</summary>
    public const int MaxOutOfTreeModules = 1024;
}
