using System.Text;
using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Finds the reports of a log as its lines arrive. Lines of different printk callers (<c>[T123]</c>, <c>[C0]</c>) are
/// followed apart, so that reports of two CPUs printed at one time come out whole; where a log has no callers, a
/// <c>CPU: N PID: N</c> line that is not the open report's begins another, and both are kept.
/// </summary>
public sealed class PanicTraceParser
{
    // Other callers' lines after which a report counts as over: one that had its end marker, and one that had none.
    private const int PatienceAfterEnd = 64;
    private const int PatienceWithoutEnd = 2000;

    // In the order of their first lines; of one caller the last is the one that lines go to.
    private readonly List<PanicReportBuilder> _open = [];
    private readonly HashSet<string> _outOfTree = new(StringComparer.Ordinal);
    private readonly RepeatCounter _repeats = new();
    private readonly WrappedLines _wrapped = new();
    private PrintkLine? _separator;
    private long _sequence;
    private long _offset;

    /// <summary>
    /// True while no report is open and no line is held back: a line that has none of <see cref="ReportAnchors"/> in it, and is not
    /// followed by one that has, changes nothing.
    /// </summary>
    public bool IsIdle => _open.Count == 0 && !_wrapped.IsHolding;

    /// <summary>Takes the next line; the reports that it shows to be over, mostly none.</summary>
    public IReadOnlyList<PanicTrace> Add(PrintkLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        if (line.EndOffset == 0)
        {
            // From the pipeline: as it would stand in a file.
            long end = _offset + Encoding.UTF8.GetByteCount(line.RawText);
            line = line with { StartOffset = _offset, EndOffset = end };
        }
        _offset = line.EndOffset + 1;
        List<PanicTrace>? finished = null;
        var (before, whole) = _wrapped.Join(line);
        AddWhole(before, ref finished);
        AddWhole(whole, ref finished);
        return finished ?? (IReadOnlyList<PanicTrace>)[];
    }

    /// <summary>The log is at its end: the reports still open, in the order of their first lines.</summary>
    public IReadOnlyList<PanicTrace> Complete()
    {
        List<PanicTrace>? finished = null;
        if (_wrapped.Release() is { } held)
        {
            AddPart(held, ref finished);
        }
        while (_open.Count > 0)
        {
            Finish(_open[0], ref finished);
        }
        return finished is null ? [] : finished.OrderBy(t => t.FirstLine).ToArray();
    }

    /// <summary>The reports of a whole log, in the order of their first lines.</summary>
    public static IReadOnlyList<PanicTrace> ParseAll(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var parser = new PanicTraceParser();
        var all = new List<PanicTrace>();
        int number = 0;
        foreach (string line in lines)
        {
            all.AddRange(parser.Add(PrintkLineParser.Parse(line, ++number)));
        }
        all.AddRange(parser.Complete());
        return all.OrderBy(t => t.FirstLine).ToArray();
    }

    private void AddWhole(PrintkLine? line, ref List<PanicTrace>? finished)
    {
        if (line is null)
        {
            return;
        }
        if (!LineParts.HasSome(line))
        {
            AddPart(line, ref finished);
            return;
        }
        foreach (PrintkLine part in LineParts.Split(line))
        {
            AddPart(part, ref finished);
        }
    }

    // The caller's report that lines go to.
    private PanicReportBuilder? LastOf(string caller)
    {
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            if (_open[i].Caller == caller)
            {
                return _open[i];
            }
        }
        return null;
    }

    private bool IsAwaitingHeadline(string caller)
    {
        foreach (var open in _open)
        {
            if (open.IsAwaitingHeadline && open.Caller == caller)
            {
                return true;
            }
        }
        return false;
    }

    private void AddPart(PrintkLine line, ref List<PanicTrace>? finished)
    {
        _sequence++;
        string caller = line.Caller ?? "";
        var text = line.CleanMessage.AsSpan().Trim(" \t");
        NoteOutOfTreeModule(text);
        if (ReportMarks.IsLossNotice(text))
        {
            foreach (var open in _open)
            {
                open.AddLoss(line);
            }
            return;
        }
        ReportKind? kind = ReportKinds.Find(text);
        if (kind is { End: ReportEnd.AtOnce } && !IsAwaitingHeadline(caller))
        {
            // A line that is a report by itself ends no other.
            if (PanicReportBuilder.TryStart(line, text, kind, null, _sequence) is { } alone)
            {
                Emit(alone, ref finished);
            }
            return;
        }
        PanicReportBuilder? interrupted = null;
        if (Offer(line, text, kind, caller, ref finished, ref interrupted))
        {
            return;
        }
        var separator = _separator?.Caller == line.Caller ? _separator : null;
        _separator = ReportMarks.IsSeparator(text) ? line : null;
        if (PanicReportBuilder.TryStart(line, text, kind, separator, _sequence) is { } started)
        {
            started.InterruptedLine = interrupted?.FirstLine;
            if (_open.Count >= LogLimits.MaxOpenReports)
            {
                Finish(_open[0], ref finished);
            }
            _open.Add(started);
        }
    }

    // Two traces are open at once: what follows may be either's.
    private void NoteMixedTraces(PanicReportBuilder active)
    {
        if (active.IsInTrace && _open.Exists(b => b.IsSetAside && b.IsInTrace && b.Caller == active.Caller))
        {
            active.NoteMixed();
        }
    }

    // Gives the line to the open report it belongs to; false where it is none's.
    private bool Offer(PrintkLine line, ReadOnlySpan<char> text, ReportKind? kind, string caller, ref List<PanicTrace>? finished, ref PanicReportBuilder? interrupted)
    {
        PanicReportBuilder? claimant = null;
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            PanicReportBuilder open = _open[i];
            if (open.Caller == caller)
            {
                claimant = open.IsSetAside && open.Claims(text) ? open : claimant;
                if (open is { IsSetAside: true, IsInTrace: true } && _open[^1].IsBeforeTrace && IsFrame(line, text))
                {
                    // The report printed behind it has no trace yet: the frame is this one's.
                    open.Add(line, text, kind, _sequence);
                    open.NoteMixed();
                    return true;
                }
            }
            else if (_sequence - open.LastSequence > (open.HasEnded ? PatienceAfterEnd : PatienceWithoutEnd))
            {
                Finish(open, ref finished);
            }
        }
        if (claimant is not null)
        {
            // A report that was set aside goes on: what was printed between is over or waits in its turn.
            _open.Remove(claimant);
            _open.Add(claimant);
            claimant.Resume();
        }
        while (LastOf(caller) is { } builder)
        {
            switch (builder.Add(line, text, kind, _sequence))
            {
                case LineVerdict.Belongs:
                    NoteMixedTraces(builder);
                    return true;
                case LineVerdict.Unknown:
                    return true;
                case LineVerdict.Last:
                    Finish(builder, ref finished);
                    return true;
                case LineVerdict.Aside:
                    SetAside(builder, ref finished);
                    interrupted = kind is null ? null : builder;
                    return false;
                default:
                    if (builder.IsSetAside)
                    {
                        // What was printed between is over, and this one does not go on.
                        Finish(builder, ref finished);
                        break;
                    }
                    interrupted = builder.IsUnfinished && kind is not null ? builder : interrupted;
                    Finish(builder, ref finished);
                    break;
            }
        }
        if (_open is [var only] && only.Caller != caller && only.MayAdopt(line, text, kind))
        {
            // A report whose later lines print under another caller, while no other report is open.
            var verdict = only.Add(line, text, kind, _sequence);
            if (verdict == LineVerdict.Last)
            {
                Finish(only, ref finished);
            }
            return verdict is LineVerdict.Belongs or LineVerdict.Unknown or LineVerdict.Last;
        }
        return false;
    }

    // One report of a caller waits at a time: an older one that waits still is over.
    private void SetAside(PanicReportBuilder builder, ref List<PanicTrace>? finished)
    {
        while (_open.Find(b => b.IsSetAside && b.Caller == builder.Caller) is { } older)
        {
            Finish(older, ref finished);
        }
        builder.SetAside();
    }

    private static bool IsFrame(PrintkLine line, ReadOnlySpan<char> text) =>
        text.Contains("+0x", StringComparison.Ordinal) && TraceMarker.Frame(text, SymbolReferenceScanner.Scan(line)) is not null;

    private void Finish(PanicReportBuilder builder, ref List<PanicTrace>? finished)
    {
        // In the order of their first lines, where the older one did not go on.
        if (_open.Find(b => b.IsSetAside && b.Caller == builder.Caller && b != builder && b.FirstLine < builder.FirstLine) is { } older)
        {
            Finish(older, ref finished);
        }
        _open.Remove(builder);
        Emit(builder, ref finished);
    }

    private void Emit(PanicReportBuilder builder, ref List<PanicTrace>? finished)
    {
        if (builder.Build(_outOfTree) is { } trace)
        {
            (finished ??= []).Add(_repeats.Count(trace));
            foreach (var module in trace.Modules)
            {
                if (module.IsOutOfTree)
                {
                    Remember(module.Name);
                }
            }
        }
    }

    // "gtpsim: loading out-of-tree module taints kernel.": reports without a module list (hung tasks) know no other way.
    private void NoteOutOfTreeModule(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(": loading out-of-tree module", StringComparison.Ordinal);
        if (colon is > 0 and <= 64)
        {
            Remember(text[..colon].ToString());
        }
    }

    private void Remember(string module)
    {
        if (_outOfTree.Count < LogLimits.MaxOutOfTreeModules)
        {
            _outOfTree.Add(module);
        }
    }
}
