using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Finds the reports of a log as its lines arrive. Lines of different printk callers (<c>[T123]</c>, <c>[C0]</c>) are
/// followed apart, so that reports of two CPUs printed at one time come out whole.
/// </summary>
public sealed class PanicTraceParser
{
    // Other callers' lines after which a report counts as over: one that had its end marker, and one that had none.
    private const int PatienceAfterEnd = 64;
    private const int PatienceWithoutEnd = 2000;

    private readonly List<PanicReportBuilder> _open = [];
    private readonly HashSet<string> _outOfTree = new(StringComparer.Ordinal);
    private PrintkLine? _separator;
    private long _sequence;

    /// <summary>Takes the next line; the reports that it shows to be over, mostly none.</summary>
    public IReadOnlyList<PanicTrace> Add(PrintkLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        _sequence++;
        List<PanicTrace>? finished = null;
        string caller = line.Caller ?? "";
        var text = line.CleanMessage.AsSpan().Trim(" \t");
        NoteOutOfTreeModule(text);
        if (PanicReportBuilder.IsLossNotice(text))
        {
            foreach (var open in _open)
            {
                open.AddLoss(line);
            }
            return [];
        }
        PanicReportBuilder? builder = null;
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            if (_open[i].Caller == caller)
            {
                builder = _open[i];
            }
            else if (_sequence - _open[i].LastSequence > (_open[i].HasEnded ? PatienceAfterEnd : PatienceWithoutEnd))
            {
                Finish(_open[i], ref finished);
            }
        }
        if (builder is not null)
        {
            var verdict = builder.Add(line, text, _sequence);
            if (verdict is LineVerdict.Last or LineVerdict.Foreign)
            {
                Finish(builder, ref finished);
            }
            if (verdict != LineVerdict.Foreign)
            {
                return finished ?? (IReadOnlyList<PanicTrace>)[];
            }
        }
        else if (_open is [var only] && only.MayAdopt(line, text))
        {
            // A report whose later lines print under another caller, while no other report is open.
            var verdict = only.Add(line, text, _sequence);
            if (verdict == LineVerdict.Last)
            {
                Finish(only, ref finished);
            }
            if (verdict != LineVerdict.Foreign)
            {
                return finished ?? (IReadOnlyList<PanicTrace>)[];
            }
        }
        var separator = _separator?.Caller == line.Caller ? _separator : null;
        _separator = PanicReportBuilder.IsSeparator(text) ? line : null;
        if (PanicReportBuilder.TryStart(line, text, separator, _sequence) is { } started)
        {
            if (_open.Count >= LogLimits.MaxOpenReports)
            {
                Finish(_open[0], ref finished);
            }
            _open.Add(started);
        }
        return finished ?? (IReadOnlyList<PanicTrace>)[];
    }

    /// <summary>The log is at its end: the reports still open, in the order of their first lines.</summary>
    public IReadOnlyList<PanicTrace> Complete()
    {
        List<PanicTrace>? finished = null;
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

    private void Finish(PanicReportBuilder builder, ref List<PanicTrace>? finished)
    {
        _open.Remove(builder);
        if (builder.Build(_outOfTree) is { } trace)
        {
            (finished ??= []).Add(trace);
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
