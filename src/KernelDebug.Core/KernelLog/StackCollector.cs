using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>The stacks of one report while its lines arrive.</summary>
internal sealed class StackCollector
{
    private sealed class Open(StackRole role, string label, int line)
    {
        public StackRole Role { get; set; } = role;
        public string Label { get; } = label;
        public int Line { get; } = line;
        public int? ProcessId { get; set; }
        public int? Cpu { get; set; }
        public string? Comm { get; set; }
        public TraceFrame? Pointer { get; set; }
        public List<TraceFrame> Frames { get; } = [];
    }

    private readonly List<Open> _stacks = [];
    private int _frames;

    /// <summary>True once a frame was taken.</summary>
    public bool HasFrames => _frames > 0;
    /// <summary>True where the last stack was begun and has no frame yet.</summary>
    public bool IsCurrentEmpty => _stacks.Count > 0 && _stacks[^1].Frames.Count == 0;
    /// <summary>The role of the stack that the next frame goes to.</summary>
    public StackRole CurrentRole => _stacks.Count > 0 ? _stacks[^1].Role : StackRole.Report;
    /// <summary>True where a stack of the report itself has frames.</summary>
    public bool HasReportFrames => _stacks.Exists(s => s.Role == StackRole.Report && s.Frames.Count > 0);
    /// <summary>True where some stack was begun.</summary>
    public bool HasAny => _stacks.Count > 0;

    /// <summary>Begins a stack; false where there are too many.</summary>
    public bool Begin(StackRole role, string label, int line, int? processId = null, int? cpu = null, string? comm = null)
    {
        if (_stacks.Count >= LogLimits.MaxStacks)
        {
            return false;
        }
        _stacks.Add(new Open(role, label, line) { ProcessId = processId, Cpu = cpu, Comm = comm });
        return true;
    }

    /// <summary>Says of the frames so far, which no header announced, that they are another stack's.</summary>
    public void Disown()
    {
        if (_stacks.Count > 0)
        {
            _stacks[^1].Role = StackRole.Other;
        }
    }

    /// <summary>Takes the task or CPU that a header inside the stack names.</summary>
    public void Name(int? processId, int? cpu, string? comm)
    {
        if (_stacks.Count > 0)
        {
            Open current = _stacks[^1];
            current.ProcessId ??= processId;
            current.Cpu ??= cpu;
            current.Comm ??= comm;
        }
    }

    /// <summary>Takes where the CPU of the current stack was; false where that is known already.</summary>
    public bool Point(TraceFrame pointer)
    {
        if (_stacks.Count == 0 || _stacks[^1].Pointer is not null)
        {
            return false;
        }
        _stacks[^1].Pointer = pointer;
        return true;
    }

    /// <summary>Adds a frame to the current stack; false where <see cref="LogLimits.MaxFrames"/> is reached.</summary>
    public bool Add(TraceFrame frame)
    {
        if (_frames >= LogLimits.MaxFrames)
        {
            return false;
        }
        if (_stacks.Count == 0)
        {
            Begin(StackRole.Report, "", frame.LineNumber);
        }
        _stacks[^1].Frames.Add(frame);
        _frames++;
        return true;
    }

    /// <summary>The stacks that have frames or a pointer, in the order of the log; the report's own first trace is what <paramref name="main"/> is.</summary>
    public IReadOnlyList<ReportStack> Build(Func<TraceFrame, TraceFrame> finish, out IReadOnlyList<TraceFrame> main)
    {
        var stacks = _stacks.Where(s => s.Frames.Count > 0 || s.Pointer is not null).Select(s => new ReportStack
        {
            Role = s.Role,
            Label = s.Label,
            ProcessId = s.ProcessId,
            Cpu = s.Cpu,
            Comm = s.Comm,
            FirstLine = s.Line,
            InstructionPointer = s.Pointer is null ? null : finish(s.Pointer),
            Frames = s.Frames.ConvertAll(f => finish(f)),
        }).ToArray();
        ReportStack? own = stacks.FirstOrDefault(s => s.Role == StackRole.Report && s.Frames.Count > 0)
            ?? stacks.FirstOrDefault(s => s.Role is not (StackRole.AtomicSection or StackRole.Other) && s.Frames.Count > 0)
            ?? stacks.FirstOrDefault(s => s.Frames.Count > 0);
        main = own?.Frames ?? [];
        return stacks;
    }
}
