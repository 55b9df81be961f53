using System.Text;
using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>The lines of one report: those that are its own, and those that are if one of its own follows.</summary>
internal sealed class ReportLines
{
    private const int MaxPending = 4096;

    private readonly List<PrintkLine> _pending = [];
    private readonly List<LogPiece> _pieces = [];
    private readonly StringBuilder _raw = new();
    private bool _isLossPending;

    /// <summary>Lines taken.</summary>
    public int Count { get; private set; }
    /// <summary>1-based line number of the first; 0 while there is none.</summary>
    public int First { get; private set; }
    /// <summary>1-based line number of the last; 0 while there is none.</summary>
    public int Last { get; private set; }
    /// <summary>True where a terminal wrapped some of its lines.</summary>
    public bool HasWrapped { get; private set; }
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

    /// <summary>The runs of lines taken.</summary>
    public IReadOnlyList<LogPiece> Pieces => _pieces;

    private void Append(PrintkLine line)
    {
        bool isRestOfLine = Count > 0 && line.LineNumber == Last && line.StartOffset == _pieces[^1].EndOffset;
        if (Count++ == 0)
        {
            First = line.LineNumber;
        }
        else if (!isRestOfLine)
        {
            _raw.Append('\n');
        }
        _raw.Append(line.RawText);
        HasWrapped |= line.LineCount > 1;
        Last = line.LineNumber + line.LineCount - 1;
        if (_pieces.Count > 0 && (isRestOfLine || _pieces[^1].LastLine + 1 == line.LineNumber && _pieces[^1].EndOffset + 1 == line.StartOffset))
        {
            _pieces[^1] = _pieces[^1] with { LastLine = Last, EndOffset = line.EndOffset };
        }
        else
        {
            _pieces.Add(new LogPiece(line.LineNumber, Last, line.StartOffset, line.EndOffset));
        }
    }
}
