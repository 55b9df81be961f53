using KernelDebug.Records;
using KernelDebug.Triage;

namespace KernelDebug.KernelLog;

/// <summary>One report while its lines arrive: which lines are its own (this file), and what they say (<see cref="ReportContent"/>).</summary>
internal sealed class PanicReportBuilder
{
    private readonly ReportContent _content = new();
    private readonly ReportLines _lines = new();
    private ReportKind? _kind;
    private int _gap;
    private bool _isStamped;
    private bool _hasClosedTask;
    private string? _twin;
    private bool _mayContinueModules;
    private int _lastLength;
    private string? _corruption;

    private PanicReportBuilder(string caller) => Caller = caller;

    /// <summary>printk's caller, empty where the log has none.</summary>
    public string Caller { get; }
    /// <summary>The sequence number of its last line.</summary>
    public long LastSequence { get; private set; }
    /// <summary>First line of the report that this one broke into; null where it did not.</summary>
    public int? InterruptedLine { get; set; }
    /// <summary>True after <c>cut here</c>, while the headline is still to come.</summary>
    public bool IsAwaitingHeadline => _kind is null;
    /// <summary>True where its kind ends in a mark that has not come.</summary>
    public bool IsUnfinished => Stage != ReportStage.Ended && _kind?.End is not (ReportEnd.CallTrace or ReportEnd.AtOnce or ReportEnd.Halt) && _kind != ReportKinds.StackDump;
    /// <summary>True while another CPU's report is printed between its lines.</summary>
    public bool IsSetAside { get; private set; }
    /// <summary>First line of its own.</summary>
    public int FirstLine => _lines.First;
    /// <summary>True once its end marker was seen.</summary>
    public bool HasEnded => Stage == ReportStage.Ended;
    /// <summary>How far it has come.</summary>
    public ReportStage Stage { get; private set; }
    /// <summary>True where two consoles print each line.</summary>
    public bool IsDoubled { get; private set; }
    /// <summary>True where lines of another report may be among its own.</summary>
    public bool IsMixed { get; private set; }
    /// <summary>True where it led to a panic.</summary>
    public bool HasPanicked { get; private set; }
    /// <summary>What was found wrong while it was read; null for nothing.</summary>
    public string? Corruption => _corruption;
    /// <summary>
    /// The line of the first frame that no header announced: of another stack ("Preemption disabled at:", a page's owner) where the header
    /// still comes, of this report where it does not.
    /// </summary>
    public int? Unannounced { get; private set; }

    /// <summary>A report that this line begins; null for any other line.</summary>
    public static PanicReportBuilder? TryStart(PrintkLine line, ReadOnlySpan<char> text, ReportKind? kind, PrintkLine? separator, long sequence)
    {
        bool isCut = ReportMarks.IsCutHere(text);
        bool isNmi = kind is null && text.StartsWith(ReportKinds.NmiBacktrace.Prefix, StringComparison.Ordinal);
        bool isDump = kind is null && !isCut && !isNmi && (TraceMarker.IsHeader(text) || TaskHeader.TryParse(text) is not null
            || TaskHeader.TryParseTask(text) is not null);
        if (kind is null && !isCut && !isDump && !isNmi)
        {
            return null;
        }
        var builder = new PanicReportBuilder(line.Caller ?? "") { _kind = isNmi ? ReportKinds.NmiBacktrace : isDump ? ReportKinds.StackDump : null };
        if (separator is not null && kind is not null && (kind.End == ReportEnd.Separator || kind.HasManyTraces || kind.HasLeadingStacks))
        {
            builder._lines.Take(separator);
        }
        builder.Add(line, text, kind, sequence);
        return builder;
    }

    /// <summary>Takes a line of its caller, or says that it is another's.</summary>
    public LineVerdict Add(PrintkLine line, ReadOnlySpan<char> text, ReportKind? kind, long sequence)
    {
        if (_lines.IsFull)
        {
            _corruption ??= $"the report is longer than {LogLimits.MaxReportLines} lines or {LogLimits.MaxReportLength} characters";
            return LineVerdict.Foreign;
        }
        if (IsTwin(line))
        {
            _lines.Take(line);
            return LineVerdict.Belongs;
        }
        var verdict = Judge(line, text, kind);
        if (verdict is LineVerdict.Belongs or LineVerdict.Last)
        {
            _lines.Take(line);
            _isStamped |= line.TimeText is not null;
            _twin = line.TimeText is null ? null : line.RawText;
            _gap = 0;
            LastSequence = sequence;
        }
        else if (verdict == LineVerdict.Unknown)
        {
            // Where the kernel's lines are stamped, those without a stamp are another program's on the same terminal.
            _gap += text.IsEmpty || IsKmsgProperty(line) || _isStamped && line.TimeText is null ? 0 : 1;
            return _gap <= LineGaps.Allowed(Stage, _kind, Unannounced is not null, HasPanicked, _content.Stacks.HasReportFrames) && _lines.Hold(line) ? LineVerdict.Unknown : LineVerdict.Foreign;
        }
        return verdict;
    }

    /// <summary>True for a line of another caller that can only carry on a report: a frame, registers, code, an end marker.</summary>
    public bool MayAdopt(PrintkLine line, ReadOnlySpan<char> text, ReportKind? kind)
    {
        if (line.Caller is null || text.IsEmpty)
        {
            return false;
        }
        if (kind is not null)
        {
            return ReportKinds.IsConsequence(text);
        }
        if (Stage == ReportStage.AfterTrace && _kind?.End == ReportEnd.CallTrace && !HasPanicked)
        {
            // Behind a report that its trace ends, another caller's "Code:" is a segfault's.
            return false;
        }
        return text.StartsWith("---[ end ", StringComparison.Ordinal) || text.StartsWith("Kernel Offset: ", StringComparison.Ordinal)
            || _kind is { HasManyTraces: true } && StackLabels.TryRead(text, out var label) && label.Role == StackRole.OtherCpu
            || ModuleList.IsHeader(text) || TraceMarker.TryRead(text, out _, out _) || TraceMarker.IsPointerLine(text)
            || text.StartsWith("Code:", StringComparison.Ordinal) || RegisterLine.Read(text, null)
            || Stage == ReportStage.Trace && TraceMarker.Frame(text, SymbolReferenceScanner.Scan(line)) is not null;
    }

    /// <summary>Takes note that lines are missing here.</summary>
    public void AddLoss(PrintkLine line) => _lines.HoldLoss(line);

    /// <summary>The finished report; null where its lines turn out to be none (a trace header without a frame).</summary>
    public PanicTrace? Build(IReadOnlySet<string> outOfTreeModules)
    {
        var kind = _kind ?? ReportKinds.Unknown;
        if (kind == ReportKinds.StackDump && !_content.HasFrames && !_content.HasTaskHeader)
        {
            return null;
        }
        string? flaw = ReportFlaws.Describe(this, kind, _content, _lines);
        return Diagnoses.Complete(_content.Build(kind, outOfTreeModules) with
        {
            FirstLine = _lines.First,
            LastLine = _lines.Last,
            StartOffset = _lines.Pieces[0].StartOffset,
            EndOffset = _lines.Pieces[^1].EndOffset,
            Pieces = _lines.Pieces,
            RawText = _lines.Text,
            InterruptedLine = InterruptedLine,
            CorruptedReason = flaw,
            IsCorrupted = flaw is not null,
        });
    }

    /// <summary>Takes note that another CPU's report begins between its lines.</summary>
    public void SetAside() => IsSetAside = true;

    /// <summary>Its lines go on.</summary>
    public void Resume() => (IsSetAside, IsMixed) = (false, true);

    /// <summary>Takes note that frames of another trace may be among its own.</summary>
    public void NoteMixed() => IsMixed = true;

    /// <summary>True for a line that only this report can want: its own CPU's header, or the panic it leads to.</summary>
    public bool Claims(ReadOnlySpan<char> text) => TaskHeader.TryParse(text) is { } header ? _content.IsOwn(header) && !_content.HasTaskHeader : ReportKinds.IsConsequence(text);

    /// <summary>True where a frame that the report printed behind it has no trace for can only be of this one's.</summary>
    public bool IsInTrace => Stage == ReportStage.Trace;

    /// <summary>True while no trace of it has begun.</summary>
    public bool IsBeforeTrace => Stage == ReportStage.Header;

    // Two consoles: each line comes twice, and the first proves it. Of a recursion's equal frames each comes once.
    private bool IsTwin(PrintkLine line)
    {
        if (_twin is null || !string.Equals(_twin, line.RawText, StringComparison.Ordinal) || !IsDoubled && _lines.Count > 1)
        {
            return false;
        }
        IsDoubled = true;
        _twin = null;
        return true;
    }

    // " SUBSYSTEM=pci": the properties of a /dev/kmsg record stand on lines of their own.
    private static bool IsKmsgProperty(PrintkLine line) =>
        line.MessageStart == 0 && line.CleanMessage.Length > 2 && line.CleanMessage[0] == ' ' && char.IsAsciiLetterUpper(line.CleanMessage[1])
        && line.CleanMessage.Contains('=', StringComparison.Ordinal);

    private LineVerdict Judge(PrintkLine line, ReadOnlySpan<char> text, ReportKind? kind)
    {
        _content.NoteText(text);
        bool mayContinueModules = _mayContinueModules;
        _mayContinueModules = false;
        if (text.IsEmpty)
        {
            return LineVerdict.Unknown;
        }
        if (mayContinueModules && ModuleList.IsContinuation(text, _lastLength))
        {
            return Modules(text);
        }
        if (text[0] is '-' or '=' or '8')
        {
            if (Delimiter(text) is { } delimiter)
            {
                return delimiter;
            }
        }
        if (kind is not null)
        {
            return OnHeadline(line, text, kind);
        }
        if (text.StartsWith("Kernel Offset: ", StringComparison.Ordinal))
        {
            _content.ReadKernelOffset(text);
            // What panic() prints last on a box that stays down: who watches the log of one waits for no further line.
            return HasPanicked || _kind?.Kind == PanicKind.Panic ? LineVerdict.Last : LineVerdict.Belongs;
        }
        if (TaskHeader.TryParse(text) is { } header)
        {
            return OnTaskHeader(header);
        }
        if (StackLabels.TryRead(text, out var label) && _kind is not null && MayHold(label))
        {
            return OnLabel(line, text, label);
        }
        if (TraceMarker.IsHeader(text))
        {
            if (text.StartsWith("stack backtrace:", StringComparison.Ordinal) && _kind is not null && _kind != ReportKinds.StackDump)
            {
                // lockdep announces its own dump; the trace's header is still to come.
                Stage = _content.Stacks.HasReportFrames ? Stage : ReportStage.Header;
                return _content.Stacks.HasReportFrames ? LineVerdict.Foreign : LineVerdict.Belongs;
            }
            return OnTraceHeader(line);
        }
        if (ModuleList.IsHeader(text))
        {
            LeaveTrace();
            return Modules(text);
        }
        return OnBody(line, text);
    }

    private LineVerdict? Delimiter(ReadOnlySpan<char> text)
    {
        if (ReportMarks.IsCutHere(text))
        {
            return _lines.Count == 0 || _kind is { Kind: PanicKind.RustPanic } && !_content.HasBody ? LineVerdict.Belongs : LineVerdict.Foreign;
        }
        if (text.StartsWith("---[ end trace ", StringComparison.Ordinal))
        {
            if (Stage == ReportStage.Ended || _kind?.End == ReportEnd.Halt)
            {
                return LineVerdict.Foreign;
            }
            Stage = ReportStage.Ended;
            // A die() repeats its registers behind the marker and may go on to panic; a WARN() is over.
            return _kind is { End: ReportEnd.EndMarker, Kind: not PanicKind.Warning } ? LineVerdict.Belongs : LineVerdict.Last;
        }
        if (text.StartsWith("---[ end Kernel panic", StringComparison.Ordinal))
        {
            return LineVerdict.Last;
        }
        if (ReportMarks.IsSeparator(text) && _kind?.End == ReportEnd.Separator && _content.HasFrames)
        {
            // SLUB prints one before its report and none behind it (slab_bug, mm/slub.c): this one is the next report's.
            return _kind.Kind == PanicKind.Slub ? LineVerdict.Foreign : LineVerdict.Last;
        }
        return null;
    }

    private LineVerdict OnHeadline(PrintkLine line, ReadOnlySpan<char> text, ReportKind kind)
    {
        if (_kind is null && Stage == ReportStage.Header && kind.End is not ReportEnd.EndMarker and not ReportEnd.AtOnce && _lines.Count > 0 && kind.End != ReportEnd.Separator && !kind.HasLeadingStacks)
        {
            // WARN()'s own message may read like another kind's headline.
            return LineVerdict.Belongs;
        }
        if (_kind is { Kind: PanicKind.RustPanic } && !_content.HasBody && kind.Kind is PanicKind.Bug or PanicKind.InvalidOpcode)
        {
            // How Rust's panic handler stops: BUG().
            return LineVerdict.Belongs;
        }
        if (_kind is null && Stage == ReportStage.Header)
        {
            _kind = kind;
            _content.ReadHeadline(line, text);
            return kind.End == ReportEnd.AtOnce ? LineVerdict.Last : LineVerdict.Belongs;
        }
        if (_kind is { IsSecondary: true, Kind: PanicKind.ExecuteFault or PanicKind.UserAccess } && !_content.HasBody && kind is { IsSecondary: false, Kind: PanicKind.PageFault or PanicKind.NullDereference or PanicKind.ExecuteFault })
        {
            // The line before the headline says what the headline does not.
            _kind = kind.Kind == PanicKind.PageFault ? kind with { Kind = _kind.Kind } : kind;
            _content.ReadHeadline(line, text);
            return LineVerdict.Belongs;
        }
        if (kind.IsSecondary && Stage == ReportStage.Header && !_content.HasBody && _kind != ReportKinds.StackDump)
        {
            _content.ReadSecondary(text);
            if (Narrows(kind))
            {
                _kind = _kind! with { Kind = kind.Kind };
            }
            return LineVerdict.Belongs;
        }
        if (kind.IsSecondary && Stage != ReportStage.Ended && kind.Kind is PanicKind.Slub && _kind?.Kind is PanicKind.Slub or PanicKind.Kasan)
        {
            // SLUB's "INFO: Allocated in ..." inside its own report is a stack's label.
            return StackLabels.TryRead(text, out var label) ? OnLabel(line, text, label) : LineVerdict.Belongs;
        }
        // Of one and the same leak: "BUG: memory leak", then "unreferenced object".
        if (_kind?.Kind == PanicKind.MemoryLeak && kind.IsSecondary && !_content.HasFrames)
        {
            _content.ReadSecondary(text);
            return LineVerdict.Belongs;
        }
        if (_kind != ReportKinds.StackDump && ReportKinds.IsConsequence(text))
        {
            LeaveTrace();
            HasPanicked = true;
            return LineVerdict.Belongs;
        }
        if (kind.Kind == PanicKind.SysrqDump && _kind?.Kind == PanicKind.SysrqDump)
        {
            return LineVerdict.Foreign;
        }
        if (kind.Kind == PanicKind.HungTask && _kind?.Kind == PanicKind.HungTask)
        {
            // khungtaskd goes through its tasks one after another: the one before is over.
            return LineVerdict.Foreign;
        }
        // A headline in the middle of a trace, or of a dump that has not come yet: another CPU's, or a crash while this one was printed.
        return Stage == ReportStage.Trace && _content.HasFrames && IsTraceOpen || _kind is { Severity: PanicSeverity.Notice } && !_content.HasBody && _kind != ReportKinds.StackDump ? LineVerdict.Aside : LineVerdict.Foreign;
    }

    // Behind the end marker x86 prints the registers of the first oops since boot once more (exec_summary_regs,
    // arch/x86/kernel/dumpstack.c): of a later oops they are another's.
    private bool IsSummaryOfAnother => Stage == ReportStage.Ended && !_content.IsFirstOops;

    private bool IsAtFault => Stage == ReportStage.Header || Stage == ReportStage.Ended && _content.IsFirstOops;

    // Newer x86 kernels close a task's trace; of others no line says that a trace is at its end.
    private bool IsTraceOpen => _content.Context != TraceContext.None || !_hasClosedTask;

    // The page fault's own lines say what its headline does not.
    private bool Narrows(ReportKind secondary) =>
        secondary.Kind is PanicKind.ExecuteFault && _kind!.Kind is PanicKind.PageFault or PanicKind.NullDereference
        || secondary.Kind is PanicKind.StackOverflow or PanicKind.DoubleFault && _kind!.Kind is PanicKind.Oops;

    private bool MayHold(StackLabel label) => label.Role switch
    {
        StackRole.OtherCpu => _kind is { HasManyTraces: true } || _kind == ReportKinds.NmiBacktrace || _kind is { End: ReportEnd.Halt } || HasPanicked,
        _ => _kind!.End == ReportEnd.Separator || _kind.HasLeadingStacks || _kind.HasManyTraces || _kind.Rule == GuiltyRule.Allocation
            || label.Role == StackRole.AtomicSection && Stage == ReportStage.Header || label.Role is StackRole.Allocation or StackRole.Free && Stage != ReportStage.Ended,
    };

    private LineVerdict OnLabel(PrintkLine line, ReadOnlySpan<char> text, StackLabel label)
    {
        _content.ReadDetail(line, text);
        // KCSAN labels both accesses; the first is where the report was made. Of CPUs dumped on demand the first is as good as any.
        bool isOwn = label.Role is StackRole.OtherAccess && !_content.Stacks.HasAny || label.Role is StackRole.OtherCpu && _kind == ReportKinds.NmiBacktrace && !_content.Stacks.HasAny;
        if (!_content.Stacks.Begin(isOwn ? StackRole.Report : label.Role, text.ToString(), line.LineNumber, label.ProcessId, label.Cpu))
        {
            _corruption ??= $"the report has more than {LogLimits.MaxStacks} stacks";
        }
        Stage = ReportStage.Trace;
        Unannounced = null;
        _content.Context = TraceContext.None;
        return LineVerdict.Belongs;
    }

    private bool MoreTraces => HasPanicked || _kind is { HasManyTraces: true } || _kind is { HasLeadingStacks: true } or { End: ReportEnd.Separator } && !_content.Stacks.HasReportFrames;

    private LineVerdict OnTaskHeader(TaskHeader header)
    {
        if (Stage == ReportStage.Trace && _content.Stacks is { IsCurrentEmpty: true, CurrentRole: StackRole.OtherCpu })
        {
            _content.Stacks.Name(header.ProcessId, header.Cpu, header.Comm);
            return LineVerdict.Belongs;
        }
        if (!_content.IsOwn(header) && !_content.HasTaskHeader && !MoreTraces)
        {
            return LineVerdict.Aside;
        }
        bool isOurs = Stage == ReportStage.Header ? !_content.HasTaskHeader || MoreTraces
            : MoreTraces || !_content.HasTaskHeader && (Unannounced is not null || _kind is { End: ReportEnd.Separator } || !_content.Stacks.HasReportFrames);
        if (!isOurs)
        {
            return LineVerdict.Foreign;
        }
        if (_content.HasTaskHeader && _content.Stacks.HasAny)
        {
            _content.Stacks.Name(header.ProcessId, header.Cpu, header.Comm);
            return LineVerdict.Belongs;
        }
        _content.Read(header);
        return LineVerdict.Belongs;
    }

    private LineVerdict OnTraceHeader(PrintkLine line)
    {
        if (Stage == ReportStage.Trace && _content.Stacks.IsCurrentEmpty)
        {
            // The label before it said whose trace this is.
            return LineVerdict.Belongs;
        }
        if (Unannounced is not null)
        {
            _content.Stacks.Disown();
        }
        if (Stage != ReportStage.Header && Unannounced is null && !MoreTraces && _kind is not { End: ReportEnd.Separator } && _content.Stacks.HasReportFrames)
        {
            return LineVerdict.Foreign;
        }
        StackRole role = !_content.Stacks.HasReportFrames ? StackRole.Report : HasPanicked ? StackRole.Panic : _kind is { HasManyTraces: true } ? StackRole.OtherTask : StackRole.Other;
        _content.Stacks.Begin(role, "", line.LineNumber);
        _content.Context = TraceContext.None;
        Stage = ReportStage.Trace;
        Unannounced = null;
        return LineVerdict.Belongs;
    }

    private LineVerdict Modules(ReadOnlySpan<char> text)
    {
        _lastLength = text.Length;
        _mayContinueModules = true;
        _content.ReadModules(text, ref _corruption);
        return LineVerdict.Belongs;
    }

    private LineVerdict OnBody(PrintkLine line, ReadOnlySpan<char> text)
    {
        if (Stage == ReportStage.Trace && TraceMarker.TryRead(text, out var context, out bool closes))
        {
            _content.Context = closes ? TraceContext.None : context;
            _content.HasOpenTask = context == TraceContext.Task && !closes;
            if (_content.HasOpenTask || text[^1] != '>')
            {
                _content.TryFrame(line, text, ref _corruption);
            }
            if (context == TraceContext.Task && closes)
            {
                _hasClosedTask = true;
                LeaveTrace();
            }
            return LineVerdict.Belongs;
        }
        if (TraceMarker.IsPointerLine(text) && IsSummaryOfAnother)
        {
            return Nearby();
        }
        if (TraceMarker.IsPointerLine(text))
        {
            bool isOther = _content.Stacks.HasAny && _content.Stacks.CurrentRole is StackRole.OtherCpu or StackRole.OtherTask or StackRole.Panic;
            _content.ReadPointer(line, text, Stage == ReportStage.Trace, isOther, ref _corruption);
            // riscv: "epc : ffffffff80001234 ra : ffffffff80005678 sp : ..." behind the names.
            RegisterLine.Read(text, _content.RegistersFor(IsAtFault));
            return Nearby();
        }
        if (CodeLineParser.TryParse(line, _content.IsUserMode, out var code, _content.ByteOrder))
        {
            _content.ReadCode(code, Stage == ReportStage.Trace);
            return Nearby();
        }
        if (Stage is ReportStage.Trace or ReportStage.AfterTrace && _content.TryReadFaultAddress(text))
        {
            return LineVerdict.Belongs;
        }
        _content.ReadLink(line, text);
        if (RegisterLine.Read(text, _content.RegistersFor(IsAtFault)))
        {
            return Nearby();
        }
        if (_content.ReadDetail(line, text))
        {
            return Nearby();
        }
        if (Stage == ReportStage.Trace)
        {
            return _content.TryFrame(line, text, ref _corruption) ? LineVerdict.Belongs : Unknown();
        }
        return Stage == ReportStage.Header ? FrameInHeader(line, text) : Unknown();
    }

    // A trace without its header: arm's "X from Y", KMSAN's and KCSAN's stacks, or a header that was lost.
    private LineVerdict FrameInHeader(PrintkLine line, ReadOnlySpan<char> text)
    {
        var references = SymbolReferenceScanner.Scan(line);
        if (TraceMarker.Frame(text, references) is not { } frame)
        {
            return Unknown();
        }
        if (frame.Role != LocationRole.LinkRegister && _kind is not { HasHeaderlessTrace: true } && !_content.IsRiscV)
        {
            Unannounced = line.LineNumber;
        }
        Stage = ReportStage.Trace;
        if (_content.Stacks.HasAny)
        {
            _content.Stacks.Begin(StackRole.Report, "", line.LineNumber);
        }
        _content.TryFrame(line, text, ref _corruption);
        return LineVerdict.Belongs;
    }

    // Behind a report that its call trace ends, a body line is its own only where it follows at once: the next
    // "Code:" may be a segfault's.
    private LineVerdict Nearby()
    {
        bool isOver = Stage == ReportStage.AfterTrace && _kind is { End: ReportEnd.CallTrace, HasManyTraces: false } && !HasPanicked && _lines.HasPending;
        return isOver ? LineVerdict.Foreign : LineVerdict.Belongs;
    }

    private static LineVerdict Unknown() => LineVerdict.Unknown;

    private void LeaveTrace()
    {
        if (Stage == ReportStage.Trace)
        {
            Stage = ReportStage.AfterTrace;
        }
    }
}
