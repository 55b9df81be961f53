namespace KernelDebug.Records;

/// <summary>What kind of report it is.</summary>
public enum PanicKind
{
    /// <summary>A report whose kind is not known.</summary>
    Unknown,
    /// <summary><c>kernel BUG at file:line!</c></summary>
    Bug,
    /// <summary>NULL pointer dereference.</summary>
    NullDereference,
    /// <summary>Unable to handle a page fault or kernel paging request.</summary>
    PageFault,
    /// <summary>General protection fault.</summary>
    GeneralProtectionFault,
    /// <summary>Divide error.</summary>
    DivideError,
    /// <summary>Invalid opcode without a BUG line.</summary>
    InvalidOpcode,
    /// <summary>Another oops (<c>Oops: ...</c>, <c>Internal error: ...</c>).</summary>
    Oops,
    /// <summary><c>WARNING: ... at file:line</c>.</summary>
    Warning,
    /// <summary><c>Kernel panic - not syncing: ...</c>.</summary>
    Panic,
    /// <summary>A sanitizer's report (KASAN and its like).</summary>
    Sanitizer,
    /// <summary>A watchdog's report: soft lockup, hard lockup, hung task, RCU stall.</summary>
    Lockup,
    /// <summary>A plain stack dump (<c>dump_stack</c>), or one of another <c>BUG:</c> line.</summary>
    StackDump,
}

/// <summary>Where a frame of a call trace was running.</summary>
public enum TraceContext
{
    /// <summary>The trace does not say.</summary>
    None,
    /// <summary><c>&lt;TASK&gt;</c>.</summary>
    Task,
    /// <summary><c>&lt;IRQ&gt;</c>.</summary>
    Irq,
    /// <summary><c>&lt;SOFTIRQ&gt;</c>.</summary>
    SoftIrq,
    /// <summary><c>&lt;NMI&gt;</c>.</summary>
    Nmi,
    /// <summary>Another exception stack (<c>&lt;#DF&gt;</c>, <c>&lt;#DB&gt;</c>, <c>&lt;ENTRY_TRAMPOLINE&gt;</c>, <c>&lt;EOI&gt;</c> closes IRQ).</summary>
    Exception,
}

/// <summary>One frame of a call trace.</summary>
public sealed record TraceFrame
{
    /// <summary>1-based line number in the log.</summary>
    public required int LineNumber { get; init; }
    /// <summary>The place, with <see cref="SymbolLocation.Frames"/> once decoded.</summary>
    public required SymbolLocation Location { get; init; }
    /// <summary>The stack it was found on.</summary>
    public TraceContext Context { get; init; }
    /// <summary>The symbol.</summary>
    public string? Symbol => Location.Symbol;
    /// <summary>Bytes from the symbol's start.</summary>
    public ulong? Offset => Location.Offset;
    /// <summary>The symbol's size in bytes.</summary>
    public ulong? Size => Location.Size;
    /// <summary>The module; null for the kernel proper.</summary>
    public string? Module => Location.Module;
    /// <summary>The build-id.</summary>
    public string? BuildId => Location.BuildId;
    /// <summary>False for a <c>?</c> frame.</summary>
    public bool IsReliable => Location.IsReliable;
    /// <summary>True when the frame's module is out of tree (<c>(O)</c> in the module list).</summary>
    public bool IsOutOfTree { get; init; }
    /// <summary>The source frames, innermost first, once decoded.</summary>
    public IReadOnlyList<SourceFrame> Frames => Location.Frames;
    /// <summary>Why there are none.</summary>
    public UnresolvedReason? Reason => Location.Reason;
    /// <summary><c>name+0x25/0x30 [module]</c>, with <c>? </c> before it where it is not reliable.</summary>
    public override string ToString() => IsReliable ? Location.ToString() : $"? {Location}";
}

/// <summary>A module of the <c>Modules linked in:</c> list.</summary>
/// <param name="Name">The name.</param>
/// <param name="Flags">The letters in its parentheses, <c>OE</c>; empty where none.</param>
public sealed record LoadedModule(string Name, string Flags)
{
    /// <summary><c>O</c>: built out of the kernel's tree.</summary>
    public bool IsOutOfTree => Flags.Contains('O', StringComparison.Ordinal);
    /// <summary><c>name(flags)</c> as the kernel prints it.</summary>
    public override string ToString() => Flags.Length == 0 ? Name : $"{Name}({Flags})";
}

/// <summary>The kernel's taint as a report prints it.</summary>
/// <param name="Flags">The letters, <c>G OE</c> as <c>GOE</c>; empty for "Not tainted".</param>
/// <param name="Reasons">A phrase a letter, in the order of the letters.</param>
public sealed record TaintState(string Flags, IReadOnlyList<string> Reasons)
{
    /// <summary>True when any flag but <c>G</c> (only GPL modules) is set.</summary>
    public bool IsTainted => Flags.Any(c => c != 'G');
    /// <summary>The letters and their phrases.</summary>
    public override string ToString() => Flags.Length == 0 ? "Not tainted" : $"{Flags} ({string.Join(", ", Reasons)})";
}

/// <summary>The bytes of a <c>Code:</c> line.</summary>
public sealed record CodeBytes
{
    /// <summary>1-based line number in the log.</summary>
    public required int LineNumber { get; init; }
    /// <summary>The bytes in the order the CPU fetches them.</summary>
    public required IReadOnlyList<byte> Bytes { get; init; }
    /// <summary>Index into <see cref="Bytes"/> of the faulting instruction (<c>&lt;0f&gt;</c> or <c>(...)</c>); null where the line marks none.</summary>
    public int? FaultIndex { get; init; }
    /// <summary>Bytes per printed unit: 1 (x86), 2 or 4 (Thumb, arm64, riscv, powerpc), whose digits stand as a number.</summary>
    public int UnitSize { get; init; } = 1;
    /// <summary>True for code of user space (<c>RIP: 0033:</c> before it).</summary>
    public bool IsUserSpace { get; init; }
    /// <summary>The text after <c>Code:</c> as printed.</summary>
    public required string RawText { get; init; }
    /// <summary>Why there are no bytes (<c>Unable to access opcode bytes at ...</c>, <c>Bad RIP value.</c>); null where there are.</summary>
    public string? UnavailableReason { get; init; }
}

/// <summary>One crash report of a log.</summary>
public sealed record PanicTrace
{
    /// <summary>The kind.</summary>
    public required PanicKind Kind { get; init; }
    /// <summary>One line in the shape people search for: <c>kernel BUG in kfree</c>, <c>WARNING in ...</c>.</summary>
    public required string Title { get; init; }
    /// <summary>The kernel's own headline as printed (<c>kernel BUG at mm/slub.c:307!</c>).</summary>
    public required string Headline { get; init; }
    /// <summary>The CPU; null where not printed.</summary>
    public int? Cpu { get; init; }
    /// <summary>The process id (the kernel's PID: a thread's); null where not printed.</summary>
    public int? ProcessId { get; init; }
    /// <summary>The task's name; null where not printed.</summary>
    public string? Comm { get; init; }
    /// <summary>The kernel's release, <c>6.1.0-56-amd64</c>; null where not printed.</summary>
    public string? KernelRelease { get; init; }
    /// <summary>What follows the release, <c>#1  Debian 6.1.192-2</c>: it tells builds of one release apart; null where not printed.</summary>
    public string? KernelVersion { get; init; }
    /// <summary>The kernel's build-id where the <c>CPU:</c> line prints it; null otherwise.</summary>
    public string? KernelBuildId { get; init; }
    /// <summary>The taint; null where not printed.</summary>
    public TaintState? Taint { get; init; }
    /// <summary>The <c>Hardware name:</c>; null where not printed.</summary>
    public string? Hardware { get; init; }
    /// <summary>The file the kernel itself names (<c>kernel BUG at</c>, <c>WARNING: ... at</c>); null otherwise.</summary>
    public string? ReportedFile { get; init; }
    /// <summary>Its line.</summary>
    public int? ReportedLine { get; init; }
    /// <summary>Where it stopped (<c>RIP:</c>, <c>pc :</c>); null for a plain stack dump.</summary>
    public TraceFrame? InstructionPointer { get; init; }
    /// <summary>Registers of the kernel's state at the fault by their printed names (<c>RAX</c>, <c>CR2</c>, <c>x0</c>, <c>EFLAGS</c>).</summary>
    public required IReadOnlyDictionary<string, ulong> Registers { get; init; }
    /// <summary>The <c>Code:</c> bytes at the fault; null where none.</summary>
    public CodeBytes? Code { get; init; }
    /// <summary>The disassembly of <see cref="Code"/> once decoded; null before, and where there are no bytes.</summary>
    public CodeDisassembly? Disassembly { get; init; }
    /// <summary>The <c>Modules linked in:</c> list, continuation lines joined.</summary>
    public required IReadOnlyList<LoadedModule> Modules { get; init; }
    /// <summary>The call trace, innermost first.</summary>
    public required IReadOnlyList<TraceFrame> CallTrace { get; init; }
    /// <summary>KASLR offset where the log prints <c>Kernel Offset: 0x...</c>; null otherwise.</summary>
    public ulong? KaslrOffset { get; init; }
    /// <summary>1-based first line in the log.</summary>
    public required int FirstLine { get; init; }
    /// <summary>1-based last line, inclusive.</summary>
    public required int LastLine { get; init; }
    /// <summary>The lines as they came, joined with <c>\n</c>.</summary>
    public required string RawText { get; init; }
    /// <summary>True when lines are missing, cut or mixed.</summary>
    public bool IsCorrupted { get; init; }
    /// <summary>Why; null where not corrupted.</summary>
    public string? CorruptedReason { get; init; }
    /// <summary>The file it was read from; null for text from the pipeline.</summary>
    public string? Path { get; init; }
    /// <summary>The title.</summary>
    public override string ToString() => Title;
}
