using System.Text;
using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>The lines of one report: those that are its own, and those that are if one of its own follows.</summary>
internal sealed class ReportLines
{
    private const int MaxPending = 128;

    private readonly List<PrintkLine> _pending = [];
    private readonly StringBuilder _raw = new();
    private bool _isLossPending;

    /// <summary>Lines taken.</summary>
    public int Count { get; private set; }
    /// <summary>1-based line number of the first; 0 while there is none.</summary>
    public int First { get; private set; }
    /// <summary>1-based line number of the last; 0 while there is none.</summary>
    public int Last { get; private set; }
    /// <summary>True where messages were dropped between two of its lines.</summary>
    public bool HasLoss { get; private set; }
    public bool HasPending => _pending.Count > 0;
    public string Text => _raw.ToString();
    public bool IsFull => Count >= LogLimits.MaxReportLines || _raw.Length >= LogLimits.MaxReportLength;

    /// <summary>Takes a line, and what was held before it.</summary>
    public void Take(PrintkLine line)
    {
        foreach (var pending in _pending)
        {
            Append(pending);
        }
        _pending.Clear();
        HasLoss |= _isLossPending && Count > 0;
        _isLossPending = false;
        Append(line);
    }

    /// <summary>Keeps a line that may be its own; false where no more are kept.</summary>
    public bool Hold(PrintkLine line)
    {
        if (_pending.Count >= MaxPending)
        {
            return false;
        }
        _pending.Add(line);
        return true;
    }

    /// <summary>Keeps a notice that messages were dropped here.</summary>
    public void HoldLoss(PrintkLine line)
    {
        _isLossPending = true;
        Hold(line);
    }

    private void Append(PrintkLine line)
    {
        if (Count++ == 0)
        {
            First = line.LineNumber;
        }
        else
        {
            _raw.Append('\n');
        }
        _raw.Append(line.RawText);
        Last = line.LineNumber;
    }
}
