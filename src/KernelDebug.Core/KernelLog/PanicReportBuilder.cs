using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>One report while its lines arrive: which lines are its own (this file), and what they say (<see cref="ReportContent"/>).</summary>
internal sealed class PanicReportBuilder
{
    private enum Stage
    {
        Header,
        Trace,
        AfterTrace,
        Ended,
    }

    // Lines of others that a report bears between two of its own, by where it stands.
    private const int GapInHeader = 40;
    private const int GapInTrace = 8;
    private const int GapBeforeEndMarker = 24;
    private const int GapBeforeSeparator = 64;
    private const int GapAfterEndMarker = 8;
    private const int GapAfterPanic = 12;

    private readonly ReportContent _content = new();
    private readonly ReportLines _lines = new();
    private ReportKind? _kind;
    private Stage _stage;
    private int _gap;
    private bool _hasPanicked;
    private bool _mayContinueModules;
    private int _lastLength;
    private string? _corruption;
    // The line of the first frame that no header announced: of another stack ("Preemption disabled at:", a page's owner) where
    // the header still comes, of this report where it does not.
    private int? _unannounced;

    private PanicReportBuilder(string caller) => Caller = caller;

    /// <summary>printk's caller, empty where the log has none.</summary>
    public string Caller { get; }
    /// <summary>The sequence number of its last line.</summary>
    public long LastSequence { get; private set; }
    /// <summary>True once its end marker was seen.</summary>
    public bool HasEnded => _stage == Stage.Ended;

    /// <summary>A line of <c>=</c>, which sanitizers and lockdep print around a report.</summary>
    public static bool IsSeparator(ReadOnlySpan<char> text) => text.Length >= 20 && text.IndexOfAnyExcept('=') < 0;

    /// <summary>printk or journald saying that lines are missing.</summary>
    public static bool IsLossNotice(ReadOnlySpan<char> text) =>
        text.StartsWith("** ", StringComparison.Ordinal) && text.Contains("messages dropped", StringComparison.Ordinal)
        || text.Contains("Missed ", StringComparison.Ordinal) && text.EndsWith(" kernel messages", StringComparison.Ordinal);

    /// <summary>A report that this line begins; null for any other line.</summary>
    public static PanicReportBuilder? TryStart(PrintkLine line, ReadOnlySpan<char> text, PrintkLine? separator, long sequence)
    {
        var kind = ReportKinds.Find(text);
        bool isCut = IsCutHere(text);
        bool isDump = kind is null && !isCut && (TraceMarker.IsHeader(text) || TaskHeader.TryParse(text) is not null
            || TaskHeader.TryParseTask(text) is not null || text.StartsWith("NMI backtrace for cpu", StringComparison.Ordinal));
        if (kind is null && !isCut && !isDump)
        {
            return null;
        }
        var builder = new PanicReportBuilder(line.Caller ?? "") { _kind = isDump ? ReportKinds.StackDump : null };
        if (separator is not null && kind is not null && (kind.End == ReportEnd.Separator || kind.HasManyTraces))
        {
            builder._lines.Take(separator);
        }
        builder.Add(line, text, sequence);
        return builder;
    }

    /// <summary>Takes a line of its caller, or says that it is another's.</summary>
    public LineVerdict Add(PrintkLine line, ReadOnlySpan<char> text, long sequence)
    {
        if (_lines.IsFull)
        {
            _corruption ??= $"the report is longer than {LogLimits.MaxReportLines} lines or {LogLimits.MaxReportLength} characters";
            return LineVerdict.Foreign;
        }
        var verdict = Judge(line, text);
        if (verdict is LineVerdict.Belongs or LineVerdict.Last)
        {
            _lines.Take(line);
            _gap = 0;
            LastSequence = sequence;
        }
        else if (verdict == LineVerdict.Unknown)
        {
            _gap += text.IsEmpty || IsKmsgProperty(line) ? 0 : 1;
            return _gap <= AllowedGap() && _lines.Hold(line) ? LineVerdict.Unknown : LineVerdict.Foreign;
        }
        return verdict;
    }

    /// <summary>True for a line of another caller that can only carry on a report: a frame, registers, code, an end marker.</summary>
    public bool MayAdopt(PrintkLine line, ReadOnlySpan<char> text)
    {
        if (line.Caller is null || text.IsEmpty)
        {
            return false;
        }
        if (ReportKinds.Find(text) is not null)
        {
            return ReportKinds.IsConsequence(text);
        }
        return text.StartsWith("---[ end ", StringComparison.Ordinal) || text.StartsWith("Kernel Offset: ", StringComparison.Ordinal)
            || ModuleList.IsHeader(text) || TraceMarker.TryRead(text, out _, out _) || TraceMarker.IsPointerLine(text)
            || text.StartsWith("Code:", StringComparison.Ordinal) || RegisterLine.Read(text, null)
            || _stage == Stage.Trace && TraceMarker.Frame(text, SymbolReferenceScanner.Scan(line)) is not null;
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
        return _content.Build(kind, outOfTreeModules) with
        {
            FirstLine = _lines.First,
            LastLine = _lines.Last,
            RawText = _lines.Text,
            CorruptedReason = Corruption(kind),
            IsCorrupted = Corruption(kind) is not null,
        };
    }

    private static bool IsCutHere(ReadOnlySpan<char> text) => text.StartsWith("------------[ cut here ]", StringComparison.Ordinal);

    // " SUBSYSTEM=pci": the properties of a /dev/kmsg record stand on lines of their own.
    private static bool IsKmsgProperty(PrintkLine line) =>
        line.MessageStart == 0 && line.CleanMessage.Length > 2 && line.CleanMessage[0] == ' ' && char.IsAsciiLetterUpper(line.CleanMessage[1])
        && line.CleanMessage.Contains('=', StringComparison.Ordinal);

    private int AllowedGap() => _stage switch
    {
        Stage.Header => GapInHeader,
        Stage.Trace when _unannounced is not null => GapInHeader,
        Stage.Ended => GapAfterEndMarker,
        Stage.Trace when _content.Context != TraceContext.None => GapInTrace,
        _ when _hasPanicked || _kind?.End == ReportEnd.Halt => GapAfterPanic,
        _ => _kind?.End switch
        {
            ReportEnd.EndMarker or null => GapBeforeEndMarker,
            ReportEnd.Separator => GapBeforeSeparator,
            _ => _kind!.HasManyTraces ? GapAfterPanic : 0,
        },
    };

    private LineVerdict Judge(PrintkLine line, ReadOnlySpan<char> text)
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
        if (text[0] is '-' or '=')
        {
            if (Delimiter(text) is { } delimiter)
            {
                return delimiter;
            }
        }
        if (ReportKinds.Find(text) is { } kind)
        {
            return OnHeadline(line, text, kind);
        }
        if (text.StartsWith("Kernel Offset: ", StringComparison.Ordinal))
        {
            _content.ReadKernelOffset(text);
            // What panic() prints last on a box that stays down: who watches the log of one waits for no further line.
            return _hasPanicked || _kind?.Kind == PanicKind.Panic ? LineVerdict.Last : LineVerdict.Belongs;
        }
        if (TaskHeader.TryParse(text) is { } header)
        {
            return OnTaskHeader(header);
        }
        if (TraceMarker.IsHeader(text))
        {
            return OnTraceHeader();
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
        if (IsCutHere(text))
        {
            return _lines.Count == 0 ? LineVerdict.Belongs : LineVerdict.Foreign;
        }
        if (text.StartsWith("---[ end trace ", StringComparison.Ordinal))
        {
            if (_stage == Stage.Ended || _kind?.End == ReportEnd.Halt)
            {
                return LineVerdict.Foreign;
            }
            _stage = Stage.Ended;
            // A die() repeats its registers behind the marker and may go on to panic; a WARN() is over.
            return _kind is { End: ReportEnd.EndMarker, Kind: not PanicKind.Warning } ? LineVerdict.Belongs : LineVerdict.Last;
        }
        if (text.StartsWith("---[ end Kernel panic", StringComparison.Ordinal))
        {
            return LineVerdict.Last;
        }
        return IsSeparator(text) && _kind?.End == ReportEnd.Separator && _content.HasFrames ? LineVerdict.Last : null;
    }

    private LineVerdict OnHeadline(PrintkLine line, ReadOnlySpan<char> text, ReportKind kind)
    {
        if (_kind is null && _stage == Stage.Header)
        {
            _kind = kind;
            _content.ReadHeadline(line, text);
            return LineVerdict.Belongs;
        }
        if (kind.IsSecondary && _stage == Stage.Header && !_content.HasBody && _kind != ReportKinds.StackDump)
        {
            return LineVerdict.Belongs;
        }
        if (_kind != ReportKinds.StackDump && ReportKinds.IsConsequence(text))
        {
            LeaveTrace();
            _hasPanicked = true;
            return LineVerdict.Belongs;
        }
        return LineVerdict.Foreign;
    }

    private LineVerdict OnTaskHeader(TaskHeader header)
    {
        bool isOurs = _stage == Stage.Header ? !_content.HasTaskHeader || _hasPanicked || _kind is { HasManyTraces: true }
            : _hasPanicked || _kind is { HasManyTraces: true }
                || !_content.HasTaskHeader && (_unannounced is not null || _kind is { End: ReportEnd.Separator });
        if (!isOurs)
        {
            return LineVerdict.Foreign;
        }
        _content.Read(header);
        return LineVerdict.Belongs;
    }

    private LineVerdict OnTraceHeader()
    {
        if (_stage == Stage.Header || _unannounced is not null)
        {
            _stage = Stage.Trace;
            _unannounced = null;
            _content.DropFrames();
            return LineVerdict.Belongs;
        }
        // Further traces stay in the raw text: the first is the report's own.
        return _hasPanicked || _kind is { HasManyTraces: true } or { End: ReportEnd.Separator } || !_content.HasFrames
            ? LineVerdict.Belongs
            : LineVerdict.Foreign;
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
        if (_stage == Stage.Trace && TraceMarker.TryRead(text, out var context, out bool closes))
        {
            _content.Context = closes ? TraceContext.None : context;
            _content.HasOpenTask = context == TraceContext.Task && !closes;
            if (_content.HasOpenTask || text[^1] != '>')
            {
                _content.TryFrame(line, text, ref _corruption);
            }
            if (context == TraceContext.Task && closes)
            {
                LeaveTrace();
            }
            return LineVerdict.Belongs;
        }
        if (TraceMarker.IsPointerLine(text))
        {
            _content.ReadPointer(line, text, _stage == Stage.Trace, ref _corruption);
            // riscv: "epc : ffffffff80001234 ra : ffffffff80005678 sp : ..." behind the names.
            RegisterLine.Read(text, _content.RegistersFor(_stage is Stage.Header or Stage.Ended));
            return Nearby();
        }
        if (CodeLineParser.TryParse(line, _content.IsUserMode, out var code, _content.ByteOrder))
        {
            _content.ReadCode(code, _stage == Stage.Trace);
            return Nearby();
        }
        if (_stage is Stage.Trace or Stage.AfterTrace && _content.TryReadFaultAddress(text))
        {
            return LineVerdict.Belongs;
        }
        if (RegisterLine.Read(text, _content.RegistersFor(_stage is Stage.Header or Stage.Ended)))
        {
            return Nearby();
        }
        if (_content.ReadDetail(text))
        {
            return Nearby();
        }
        if (_stage == Stage.Trace)
        {
            return _content.TryFrame(line, text, ref _corruption) ? LineVerdict.Belongs : Unknown();
        }
        return _stage == Stage.Header ? FrameInHeader(line, text) : Unknown();
    }

    // A trace without its header: arm's "X from Y", KMSAN's and KCSAN's stacks, or a header that was lost.
    private LineVerdict FrameInHeader(PrintkLine line, ReadOnlySpan<char> text)
    {
        var references = SymbolReferenceScanner.Scan(line);
        if (TraceMarker.Frame(text, references) is not { } frame)
        {
            return Unknown();
        }
        if (_kind is { HasManyTraces: true })
        {
            return LineVerdict.Belongs;
        }
        if (frame.Role != LocationRole.LinkRegister && _kind is not { HasHeaderlessTrace: true } && !_content.IsRiscV)
        {
            _unannounced = line.LineNumber;
        }
        _stage = Stage.Trace;
        _content.TryFrame(line, text, ref _corruption);
        return LineVerdict.Belongs;
    }

    // Behind a report that its call trace ends, a body line is its own only where it follows at once: the next
    // "Code:" may be a segfault's.
    private LineVerdict Nearby()
    {
        bool isOver = _stage == Stage.AfterTrace && _kind?.End == ReportEnd.CallTrace && !_hasPanicked && _lines.HasPending;
        return isOver ? LineVerdict.Foreign : LineVerdict.Belongs;
    }

    private LineVerdict Unknown()
    {
        // What follows may be another stack of the same report ("Allocated by task 67:"); elsewhere it is noise in this one.
        if (_stage == Stage.Trace && _content.Context == TraceContext.None && _content.HasFrames
            && _kind is { End: ReportEnd.Separator } or { HasManyTraces: true })
        {
            LeaveTrace();
        }
        return LineVerdict.Unknown;
    }

    private void LeaveTrace()
    {
        if (_stage == Stage.Trace)
        {
            _stage = Stage.AfterTrace;
        }
    }

    private string? Corruption(ReportKind kind)
    {
        if (_corruption is not null)
        {
            return _corruption;
        }
        if (_unannounced is { } line)
        {
            return $"line {line} is a frame of a call trace whose header is missing";
        }
        if (_lines.HasLoss)
        {
            return "printk messages were dropped inside the report";
        }
        if (kind == ReportKinds.Unknown)
        {
            return "the headline is missing or of no known kind";
        }
        if (!_content.HasFrames)
        {
            return $"the report ends at line {_lines.Last} without a call trace";
        }
        if (_content.HasOpenTask)
        {
            return $"the call trace is cut: <TASK> is not closed by line {_lines.Last}";
        }
        return kind.End == ReportEnd.EndMarker && _stage != Stage.Ended && !_hasPanicked
            ? $"the report ends at line {_lines.Last} without its end marker"
            : null;
    }
}
