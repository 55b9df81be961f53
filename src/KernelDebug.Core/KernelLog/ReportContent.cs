using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>What the lines of one report say. The first of anything is the report's own: an oops repeats its registers at its end.</summary>
internal sealed class ReportContent
{
    private readonly Dictionary<string, ulong> _registers = new(StringComparer.Ordinal);
    private readonly List<LoadedModule> _modules = [];
    private readonly StackCollector _stacks = new();
    private readonly MemoryDetails _memory = new();
    private readonly LockDetails _locks = new();
    private readonly OomDetails _oom = new();
    private TaskHeader _task = new();
    private TaskHeader? _listed;
    private HeadlineDetails _details;
    private SymbolReference? _headlinePlace;
    private int _headlineLine;
    private TraceFrame? _pointer;
    private TraceFrame? _link;
    private CodeBytes? _code;
    private string _headline = "";
    private string? _firstText;
    private string? _beforeHeadline;
    private string? _rustMessage;
    private string? _hardware;
    private string? _workqueue;
    private int? _oopsNumber;
    private ulong? _kaslrOffset;
    private ulong? _errorCode;
    private bool _hasPointerInTrace;
    private bool _wantsRustMessage;

    /// <summary>The stack the next frame is on.</summary>
    public TraceContext Context { get; set; }
    /// <summary>True between <c>&lt;TASK&gt;</c> and <c>&lt;/TASK&gt;</c>.</summary>
    public bool HasOpenTask { get; set; }
    /// <summary>True where the last instruction pointer was user space's: registers and code behind it are too.</summary>
    public bool IsUserMode { get; private set; }
    /// <summary>What the report says of the machine's byte order (powerpc prints it).</summary>
    public CodeByteOrder ByteOrder { get; private set; }
    public StackCollector Stacks => _stacks;
    public bool HasFrames => _stacks.HasFrames;
    /// <summary>True behind riscv's registers, which its oops ends with frames and no header (<c>show_regs</c>, arch/riscv/kernel/process.c).</summary>
    public bool IsRiscV => _registers.ContainsKey("cause") && _registers.ContainsKey("badaddr");
    public bool HasTaskHeader { get; private set; }
    /// <summary>True where the report says that it is the first oops since boot.</summary>
    public bool IsFirstOops => _oopsNumber == 1;
    public bool HasPointer => _pointer is not null;
    /// <summary>True once more than headlines was read (older x86 kernels print an <c>IP:</c> line between two of them).</summary>
    public bool HasBody => HasTaskHeader || HasFrames;

    /// <summary>Keeps the text of the first line that says something: the headline of a report that has no other.</summary>
    public void NoteText(ReadOnlySpan<char> text)
    {
        bool isText = !text.IsEmpty && text[0] is not ('-' or '=');
        _firstText ??= isText ? text.ToString() : null;
        if (isText && _headline.Length == 0 && _beforeHeadline is null)
        {
            _beforeHeadline = text.ToString();
        }
    }

    public void ReadHeadline(PrintkLine line, ReadOnlySpan<char> text)
    {
        // WARN() prints its message between "cut here" and the headline.
        _beforeHeadline = text.SequenceEqual(_beforeHeadline ?? "") ? null : _beforeHeadline;
        _headline = text.ToString();
        _headlineLine = line.LineNumber;
        _details = HeadlineDetails.Read(text);
        _memory.ReadHeadline(text);
        _memory.Read(text);
        _headlinePlace = SymbolReferenceScanner.Scan(line) is [var first, ..] ? first : null;
        _wantsRustMessage = text.StartsWith("rust_kernel: panicked", StringComparison.Ordinal);
        ReadOopsNumber(text);
    }

    /// <summary>Reads a line that belongs to the headline (<c>Oops: 0002 [#1] SMP</c>).</summary>
    public void ReadSecondary(ReadOnlySpan<char> text)
    {
        _memory.Read(text);
        ReadOopsNumber(text);
    }

    /// <summary>False where a <c>CPU:</c> line names another CPU or task than the headline does.</summary>
    public bool IsOwn(TaskHeader header) =>
        !(_details.Cpu is { } cpu && header.Cpu is { } other && cpu != other) && !(_details.ProcessId is { } id && header.ProcessId is { } otherId && id != otherId);

    public void Read(TaskHeader header)
    {
        HasTaskHeader = true;
        Merge(header);
    }

    public void ReadModules(ReadOnlySpan<char> text, ref string? corruption)
    {
        if (!ModuleList.Read(text, _modules))
        {
            corruption ??= $"the module list is longer than {LogLimits.MaxModules}";
        }
    }

    /// <summary><c>Kernel Offset: 0x23a00000 from 0xffffffff81000000 (...)</c> or <c>Kernel Offset: disabled</c> (arch/x86/kernel/setup.c).</summary>
    public void ReadKernelOffset(ReadOnlySpan<char> text)
    {
        _kaslrOffset ??= KernelFacts.ReadOffset(text["Kernel Offset: ".Length..]);
    }

    /// <param name="line">The line.</param>
    /// <param name="text">Its message.</param>
    /// <param name="isInTrace">True inside a trace.</param>
    /// <param name="isOther">True where another CPU's or task's state is printed.</param>
    /// <param name="corruption">Set where a limit is reached.</param>
    public void ReadPointer(PrintkLine line, ReadOnlySpan<char> text, bool isInTrace, bool isOther, ref string? corruption)
    {
        var references = SymbolReferenceScanner.Scan(line);
        IsUserMode = TraceMarker.IsUserMode(text, references);
        // Older x86 kernels repeat the pointer behind the trace, with its address: that one is no frame.
        bool isFrame = isInTrace && !_stacks.IsCurrentEmpty && text.StartsWith("RIP:", StringComparison.Ordinal) && !text.Contains("[<", StringComparison.Ordinal);
        _hasPointerInTrace |= isFrame;
        if (references.Count == 0 || IsUserMode)
        {
            return;
        }
        if (isFrame)
        {
            // Where an interrupt hit: the unwinder prints its registers in place of the frame.
            AddFrame(line, references[0], ref corruption);
        }
        else if (isOther)
        {
            _stacks.Point(Frame(line, references[0]) with { Context = TraceContext.None });
        }
        else if (!isInTrace && (_pointer is null || _pointer.Symbol is null && references[0].Symbol is not null))
        {
            _pointer = Frame(line, references[0]) with { Context = TraceContext.None };
        }
    }

    public void ReadCode(CodeBytes code, bool isInTrace)
    {
        if (!code.IsUserSpace && !(isInTrace && _hasPointerInTrace))
        {
            _code ??= code;
        }
    }

    /// <summary>Where registers of a line go: nowhere where they are not the kernel's at the fault.</summary>
    public Dictionary<string, ulong>? RegistersFor(bool isAtFault) => isAtFault && !IsUserMode ? _registers : null;

    /// <summary>
    /// x86 prints the faulting address once more, alone, behind the trace (<c>page_fault_oops</c>): it is the true one where
    /// reading the code bytes faulted again.
    /// </summary>
    public bool TryReadFaultAddress(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith("CR2: ", StringComparison.Ordinal) || !HexText.TryParse(text[5..].Trim(' '), out ulong address))
        {
            return false;
        }
        _registers["CR2"] = address;
        return true;
    }

    /// <summary>Lines that say one thing each; true where the line is one of them.</summary>
    public bool ReadDetail(PrintkLine line, ReadOnlySpan<char> text)
    {
        if (_wantsRustMessage)
        {
            (_wantsRustMessage, _rustMessage) = (false, text.ToString());
            return true;
        }
        if (text.StartsWith("Hardware name: ", StringComparison.Ordinal))
        {
            _hardware ??= text["Hardware name: ".Length..].Trim(' ').ToString();
            return true;
        }
        if (text.StartsWith("Workqueue: ", StringComparison.Ordinal))
        {
            _workqueue ??= text["Workqueue: ".Length..].ToString();
            return true;
        }
        if (text.StartsWith("Tainted: [", StringComparison.Ordinal) || _memory.Read(text) || _locks.Read(line, text) || _oom.Read(text))
        {
            return true;
        }
        if (TaskHeader.TryParseTaint(text) is { } header)
        {
            Merge(header);
            return true;
        }
        if (TaskHeader.TryParseTask(text) is { } listed)
        {
            _listed ??= listed;
            return true;
        }
        if (text.StartsWith("LE PAGE_SIZE", StringComparison.Ordinal) || text.StartsWith("BE PAGE_SIZE", StringComparison.Ordinal))
        {
            ByteOrder = text[0] == 'L' ? CodeByteOrder.LittleEndian : CodeByteOrder.BigEndian;
            return true;
        }
        return ReportDetails.IsOne(text);
    }

    /// <summary>Notes where the link register points, where the line names it.</summary>
    public void ReadLink(PrintkLine line, ReadOnlySpan<char> text)
    {
        if (_link is null && ReportDetails.IsLinkRegister(text) && SymbolReferenceScanner.Scan(line).FirstOrDefault(r => r.Symbol is not null) is { } place)
        {
            _link = Frame(line, place) with { Context = TraceContext.None };
        }
    }

    /// <summary>Adds a frame's line to the trace; false where the line is none.</summary>
    public bool TryFrame(PrintkLine line, ReadOnlySpan<char> text, ref string? corruption)
    {
        if (TraceMarker.Frame(text, SymbolReferenceScanner.Scan(line)) is not { } place)
        {
            return false;
        }
        AddFrame(line, place, ref corruption);
        return true;
    }

    /// <summary>The kind of a row, narrowed by what the registers say of a page fault.</summary>
    public PanicKind KindOf(ReportKind kind) => PageFaultKind.Narrow(kind.Kind, _errorCode, _registers);

    public PanicTrace Build(ReportKind kind, IReadOnlySet<string> outOfTreeModules)
    {
        bool IsOutOfTree(string? module) =>
            module is not null && (_modules.Find(m => m.Name == module)?.IsOutOfTree ?? outOfTreeModules.Contains(module));
        TraceFrame Finish(TraceFrame frame) => IsOutOfTree(frame.Module) ? frame with { IsOutOfTree = true } : frame;
        var stacks = _stacks.Build(Finish, out var frames);
        bool isHung = kind.Kind == PanicKind.HungTask && _details.ProcessId is not null;
        // sysrq lists many tasks: the first of them is not what the report is about.
        TaskHeader? listed = kind.Kind == PanicKind.SysrqDump ? null : _listed;
        var report = new PanicTrace
        {
            Kind = KindOf(kind),
            Severity = kind.Severity,
            Title = "",
            Headline = _headline.Length > 0 ? _headline : _firstText ?? "",
            Message = _rustMessage ?? (kind.End == ReportEnd.EndMarker ? _beforeHeadline : null),
            // A hung task's headline names it; what else is printed is khungtaskd's.
            Cpu = isHung ? null : _task.Cpu ?? _details.Cpu,
            ProcessId = isHung ? _details.ProcessId : _task.ProcessId ?? listed?.ProcessId ?? _details.ProcessId,
            Comm = isHung ? _details.Comm : _task.Comm ?? listed?.Comm ?? _details.Comm,
            KernelRelease = _task.Release,
            KernelVersion = _task.Version,
            KernelBuildId = _task.BuildId,
            Taint = _task.Taint,
            Hardware = _hardware,
            Workqueue = _workqueue,
            OopsNumber = _oopsNumber,
            ErrorCode = _errorCode,
            ReportedFile = _details.File,
            ReportedLine = _details.Line,
            InstructionPointer = _pointer is null ? null : Finish(_pointer),
            Registers = _registers,
            Code = _code,
            Modules = _modules,
            CallTrace = frames,
            Stacks = stacks,
            MemoryAccess = _memory.Access,
            MemoryObject = _memory.Object,
            Locks = _locks.Locks,
            OutOfMemory = _oom.Report,
            KaslrOffset = _kaslrOffset,
            FirstLine = 0,
            LastLine = 0,
            RawText = "",
        };
        return ReportSummary.Complete(report, kind, NamedFrames(kind, report.Kind).Select(Finish).ToArray(), _memory.AccessName);
    }

    // The places that are named without being frames.
    private IEnumerable<TraceFrame> NamedFrames(ReportKind kind, PanicKind narrowed)
    {
        if (kind.Rule is Triage.GuiltyRule.InstructionPointer && _link is not null && (_pointer?.Symbol is null || narrowed == PanicKind.ExecuteFault))
        {
            // A jump to nowhere left behind where it came from.
            return [_link];
        }
        IEnumerable<SymbolReference> places = kind.Rule == Triage.GuiltyRule.WantedLock ? _locks.Places : _headlinePlace is null ? [] : [_headlinePlace];
        return places.Select(place => Frame(_headlineLine, place) with { Context = TraceContext.None });
    }

    // "Oops: 0002 [#1] PREEMPT SMP", "general protection fault, ...: 0000 [#1]": the error code stands before the count.
    private void ReadOopsNumber(ReadOnlySpan<char> text)
    {
        int at = text.IndexOf("[#", StringComparison.Ordinal);
        var before = at < 0 ? default : text[..at].TrimEnd(' ');
        int word = before.LastIndexOf(' ') + 1;
        if (at > 0 && HexText.TryParse(before[word..], out ulong code))
        {
            _errorCode ??= code;
        }
        if (at >= 0 && HexText.TryParseInt(text[(at + 2)..], out int number))
        {
            _oopsNumber ??= number;
        }
    }

    private void Merge(TaskHeader header) => _task = new TaskHeader
    {
        Cpu = _task.Cpu ?? header.Cpu,
        ProcessId = _task.ProcessId ?? header.ProcessId,
        Comm = _task.Comm ?? header.Comm,
        Taint = _task.Taint ?? header.Taint,
        Release = _task.Release ?? header.Release,
        Version = _task.Version ?? header.Version,
        BuildId = _task.BuildId ?? header.BuildId,
    };

    private void AddFrame(PrintkLine line, SymbolReference place, ref string? corruption)
    {
        if (!_stacks.Add(Frame(line, place)))
        {
            corruption ??= $"the call traces are longer than {LogLimits.MaxFrames} frames";
        }
    }

    private TraceFrame Frame(PrintkLine line, SymbolReference place) => Frame(line.LineNumber, place);

    private TraceFrame Frame(int line, SymbolReference place) => new()
    {
        LineNumber = line,
        Context = Context,
        Location = new SymbolLocation
        {
            Reference = place,
            Symbol = place.Symbol,
            Offset = place.Offset,
            Size = place.Size,
            BuildId = place.BuildId,
        },
    };
}
