namespace KernelDebug.Records;

/// <summary>One crash report of a log.</summary>
public sealed record PanicTrace
{
    /// <summary>The kind.</summary>
    public required PanicKind Kind { get; init; }
    /// <summary>What it means for the machine.</summary>
    public PanicSeverity Severity { get; init; }
    /// <summary>One line in the shape people search for: <c>kernel BUG in kfree</c>, <c>WARNING in ...</c>.</summary>
    public required string Title { get; init; }
    /// <summary>The kernel's own headline as printed (<c>kernel BUG at mm/slub.c:307!</c>).</summary>
    public required string Headline { get; init; }
    /// <summary>What the code that reports says in words of its own: a WARNING's or a refcount's message, a panic's reason; null where none.</summary>
    public string? Message { get; init; }
    /// <summary>
    /// The first frame that is not plumbing (allocators, locks, printk, sanitizer hooks, entry code): whom to look at first. Null
    /// where the report names no such place. Where the kernel stopped is <see cref="InstructionPointer"/>.
    /// </summary>
    public TraceFrame? GuiltyFrame { get; init; }
    /// <summary>The module of <see cref="GuiltyFrame"/>; null for the kernel proper.</summary>
    public string? GuiltyModule => GuiltyFrame?.Module;
    /// <summary>The modules in the traces that are out of tree or taint the kernel, nearest to the crash first.</summary>
    public IReadOnlyList<string> TaintingModules { get; init; } = [];
    /// <summary>
    /// Equal for the same crash over builds, addresses, CPUs and compiler suffixes: <c>1:</c> (the rules' version) and 16 hex digits
    /// over the kind and the innermost functions that are not plumbing.
    /// </summary>
    public string Signature { get; init; } = "";
    /// <summary>Short facts with their evidence; empty where the report supports none.</summary>
    public IReadOnlyList<DiagnosisFact> Diagnosis { get; init; } = [];
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
    /// <summary>
    /// The runtime address whose access faulted, as the headline or its register (<c>CR2</c>, <c>FAR</c>, <c>badaddr</c>, <c>DAR</c>) has it; null
    /// where the report is about no such access or does not say.
    /// </summary>
    public ulong? FaultAddress { get; init; }
    /// <summary>The control registers and error codes of the report, their bits by name.</summary>
    public IReadOnlyList<DecodedRegister> DecodedRegisters { get; init; } = [];
    /// <summary>The registers that point into vmlinux, once decoded with the kernel's load offset known; empty before.</summary>
    public IReadOnlyList<RegisterNote> RegisterNotes { get; init; } = [];
    /// <summary>The <c>Code:</c> bytes at the fault; null where none.</summary>
    public CodeBytes? Code { get; init; }
    /// <summary>The disassembly of <see cref="Code"/> once decoded; null before, and where there are no bytes.</summary>
    public CodeDisassembly? Disassembly { get; init; }
    /// <summary>Which member of which structure the fault touched, once decoded with debug information; null before, and where the report is of no memory access.</summary>
    public MemberAccess? Member { get; init; }
    /// <summary>The <c>Modules linked in:</c> list, continuation lines joined.</summary>
    public required IReadOnlyList<LoadedModule> Modules { get; init; }
    /// <summary>The call trace, innermost first.</summary>
    public required IReadOnlyList<TraceFrame> CallTrace { get; init; }
    /// <summary>Every stack of the report in the order of the log, the call trace among them.</summary>
    public IReadOnlyList<ReportStack> Stacks { get; init; } = [];
    /// <summary>The access that a sanitizer reports; null where none.</summary>
    public ReportedAccess? MemoryAccess { get; init; }
    /// <summary>The object that a memory report is about; null where none.</summary>
    public ReportedObject? MemoryObject { get; init; }
    /// <summary>The locks it names: wanted, and held by the task.</summary>
    public IReadOnlyList<ReportedLock> Locks { get; init; } = [];
    /// <summary>What the OOM killer printed; null for other kinds.</summary>
    public OomReport? OutOfMemory { get; init; }
    /// <summary>The number in <c>[#1]</c>: oopses since boot, this one included; null where not printed.</summary>
    public int? OopsNumber { get; init; }
    /// <summary>The hardware's error code as the headline prints it before <c>[#1]</c>; null where not printed.</summary>
    public ulong? ErrorCode { get; init; }
    /// <summary>The work item (<c>Workqueue: events foo_work</c>); null where none.</summary>
    public string? Workqueue { get; init; }
    /// <summary>KASLR offset where the log prints <c>Kernel Offset: 0x...</c>; null otherwise.</summary>
    public ulong? KaslrOffset { get; init; }
    /// <summary>1-based first line in the log.</summary>
    public required int FirstLine { get; init; }
    /// <summary>1-based last line, inclusive.</summary>
    public required int LastLine { get; init; }
    /// <summary>Byte offset in the input of the first line's first byte. Lines from the pipeline count as UTF-8 with a line feed each.</summary>
    public long StartOffset { get; init; }
    /// <summary>Byte offset after the last line's line end.</summary>
    public long EndOffset { get; init; }
    /// <summary>
    /// The lines as they came, line ends included, bytes that are no UTF-8 as in the lines read. Lines of another report that lie
    /// between are not in it: <see cref="Pieces"/> says where each run of lines stands.
    /// </summary>
    public required string RawText { get; init; }
    /// <summary>The runs of lines that make up <see cref="RawText"/>; one unless another report's lines lie between.</summary>
    public IReadOnlyList<LogPiece> Pieces { get; init; } = [];
    /// <summary>First line of the report that this one interrupted: it happened while that one was printed; null otherwise.</summary>
    public int? InterruptedLine { get; init; }
    /// <summary>First line of the first report with this signature; null for that one itself.</summary>
    public int? RepeatOfLine { get; init; }
    /// <summary>The count of reports with this signature so far, this one included: 1 for the first.</summary>
    public int Occurrence { get; init; } = 1;
    /// <summary>True when lines are missing, cut or mixed.</summary>
    public bool IsCorrupted { get; init; }
    /// <summary>Why; null where not corrupted.</summary>
    public string? CorruptedReason { get; init; }
    /// <summary>The file it was read from; null for text from the pipeline.</summary>
    public string? Path { get; init; }
    /// <summary>The title.</summary>
    public override string ToString() => Title;
}
