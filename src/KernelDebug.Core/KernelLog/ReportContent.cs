using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>What the lines of one report say. The first of anything is the report's own: an oops repeats its registers at its end.</summary>
internal sealed class ReportContent
{
    private readonly Dictionary<string, ulong> _registers = new(StringComparer.Ordinal);
    private readonly List<LoadedModule> _modules = [];
    private readonly List<TraceFrame> _frames = [];
    private TaskHeader _task = new();
    private HeadlineDetails _details;
    private SymbolReference? _headlinePlace;
    private TraceFrame? _pointer;
    private CodeBytes? _code;
    private string _headline = "";
    private string? _firstText;
    private string? _hardware;
    private string? _access;
    private ulong? _kaslrOffset;
    private bool _hasPointerInTrace;

    /// <summary>The stack the next frame is on.</summary>
    public TraceContext Context { get; set; }
    /// <summary>True between <c>&lt;TASK&gt;</c> and <c>&lt;/TASK&gt;</c>.</summary>
    public bool HasOpenTask { get; set; }
    /// <summary>True where the last instruction pointer was user space's: registers and code behind it are too.</summary>
    public bool IsUserMode { get; private set; }
    /// <summary>What the report says of the machine's byte order (powerpc prints it).</summary>
    public CodeByteOrder ByteOrder { get; private set; }
    public bool HasFrames => _frames.Count > 0;
    /// <summary>True behind riscv's registers, which its oops ends with frames and no header (<c>show_regs</c>, arch/riscv/kernel/process.c).</summary>
    public bool IsRiscV => _registers.ContainsKey("cause") && _registers.ContainsKey("badaddr");
    public bool HasTaskHeader { get; private set; }
    /// <summary>True once more than headlines was read (older x86 kernels print an <c>IP:</c> line between two of them).</summary>
    public bool HasBody => HasTaskHeader || HasFrames;

    /// <summary>Keeps the text of the first line that says something: the headline of a report that has no other.</summary>
    public void NoteText(ReadOnlySpan<char> text) => _firstText ??= text.IsEmpty || text[0] is '-' or '=' ? null : text.ToString();

    public void ReadHeadline(PrintkLine line, ReadOnlySpan<char> text)
    {
        _headline = text.ToString();
        _details = HeadlineDetails.Read(text);
        _headlinePlace = SymbolReferenceScanner.Scan(line) is [var first, ..] ? first : null;
    }

    /// <summary>Forgets the frames so far: they were another stack's.</summary>
    public void DropFrames() => _frames.Clear();

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

    public void ReadPointer(PrintkLine line, ReadOnlySpan<char> text, bool isInTrace, ref string? corruption)
    {
        var references = SymbolReferenceScanner.Scan(line);
        IsUserMode = TraceMarker.IsUserMode(text, references);
        // Older x86 kernels repeat the pointer behind the trace, with its address: that one is no frame.
        bool isFrame = isInTrace && text.StartsWith("RIP:", StringComparison.Ordinal) && !text.Contains("[<", StringComparison.Ordinal);
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
    public bool ReadDetail(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("Hardware name: ", StringComparison.Ordinal))
        {
            _hardware ??= text["Hardware name: ".Length..].Trim(' ').ToString();
            return true;
        }
        if (text.StartsWith("Read of size ", StringComparison.Ordinal) || text.StartsWith("Write of size ", StringComparison.Ordinal))
        {
            _access ??= text[0] == 'R' ? "Read" : "Write";
            return true;
        }
        if (text.StartsWith("Tainted: [", StringComparison.Ordinal))
        {
            return true;
        }
        if ((TaskHeader.TryParseTaint(text) ?? TaskHeader.TryParseTask(text)) is { } header)
        {
            Merge(header);
            return true;
        }
        if (text.StartsWith("LE PAGE_SIZE", StringComparison.Ordinal) || text.StartsWith("BE PAGE_SIZE", StringComparison.Ordinal))
        {
            ByteOrder = text[0] == 'L' ? CodeByteOrder.LittleEndian : CodeByteOrder.BigEndian;
            return true;
        }
        return text.StartsWith("note: ", StringComparison.Ordinal) || text.StartsWith("Workqueue: ", StringComparison.Ordinal)
            || text.StartsWith("#PF: ", StringComparison.Ordinal) || text.StartsWith("PGD ", StringComparison.Ordinal)
            || text.StartsWith("irq event stamp: ", StringComparison.Ordinal) || text.StartsWith("hardirqs last ", StringComparison.Ordinal)
            || text.StartsWith("softirqs last ", StringComparison.Ordinal) || text.StartsWith("Rebooting in ", StringComparison.Ordinal)
            || text.StartsWith("lr : ", StringComparison.Ordinal) || text.StartsWith("LR is at ", StringComparison.Ordinal);
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

    public PanicTrace Build(ReportKind kind, IReadOnlySet<string> outOfTreeModules)
    {
        bool IsOutOfTree(string? module) =>
            module is not null && (_modules.Find(m => m.Name == module)?.IsOutOfTree ?? outOfTreeModules.Contains(module));
        var frames = _frames.ConvertAll(f => IsOutOfTree(f.Module) ? f with { IsOutOfTree = true } : f);
        var pointer = IsOutOfTree(_pointer?.Module) ? _pointer! with { IsOutOfTree = true } : _pointer;
        return new PanicTrace
        {
            Kind = kind.Kind,
            Title = ReportTitle.Build(kind, _headline, _headlinePlace, _access, pointer, frames),
            Headline = _headline.Length > 0 ? _headline : _firstText ?? "",
            Cpu = _task.Cpu ?? _details.Cpu,
            ProcessId = _task.ProcessId ?? _details.ProcessId,
            Comm = _task.Comm ?? _details.Comm,
            KernelRelease = _task.Release,
            KernelVersion = _task.Version,
            KernelBuildId = _task.BuildId,
            Taint = _task.Taint,
            Hardware = _hardware,
            ReportedFile = _details.File,
            ReportedLine = _details.Line,
            InstructionPointer = pointer,
            Registers = _registers,
            Code = _code,
            Modules = _modules,
            CallTrace = frames,
            KaslrOffset = _kaslrOffset,
            FirstLine = 0,
            LastLine = 0,
            RawText = "",
        };
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
        if (_frames.Count >= LogLimits.MaxFrames)
        {
            corruption ??= $"the call trace is longer than {LogLimits.MaxFrames} frames";
            return;
        }
        _frames.Add(Frame(line, place));
    }

    private TraceFrame Frame(PrintkLine line, SymbolReference place) => new()
    {
        LineNumber = line.LineNumber,
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
