using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Lines that a serial terminal broke at its right edge, put together again: one of exactly the terminal's width with a stamp, and
/// behind it one without any prefix.
/// </summary>
internal sealed class WrappedLines
{
    private const int TerminalWidth = 80;
    private const int MaxRows = 16;

    private PrintkLine? _held;
    private int _rows;

    public bool IsHolding => _held is not null;

    /// <summary>The lines that are whole by now.</summary>
    public IEnumerable<PrintkLine> Join(PrintkLine line)
    {
        PrintkLine? before = _held;
        _held = null;
        if (before is not null && line.MessageStart == 0 && line.TimeText is null && line.RawText.Length is > 0 and <= TerminalWidth && _rows < MaxRows)
        {
            line = before with
            {
                RawText = before.RawText + "\n" + line.RawText,
                MessageEnd = before.MessageEnd,
                CleanMessage = before.CleanMessage + line.CleanMessage,
                EndOffset = line.EndOffset,
                LineCount = before.LineCount + 1,
                LastRowLength = line.RawText.Length,
            };
            before = null;
        }
        if (before is not null)
        {
            yield return before;
        }
        if (line.LineCount > 1 && line.LastRowLength == TerminalWidth || line.LineCount == 1 && line.RawText.Length == TerminalWidth && line.TimeText is not null)
        {
            _held = line;
            _rows = line.LineCount;
            yield break;
        }
        yield return line;
    }

    /// <summary>The line held back, which the log's end completes; null where there is none.</summary>
    public PrintkLine? Release()
    {
        PrintkLine? held = _held;
        _held = null;
        return held;
    }
}
