using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Lines that a serial terminal broke at its right edge, put together again: one of exactly the terminal's width with a stamp, and
/// behind it one without any prefix.
/// </summary>
internal sealed class WrappedLines
{
    /// <summary>Columns of a serial terminal.</summary>
    public const int TerminalWidth = 80;

    private const int MaxRows = 16;

    private PrintkLine? _held;
    private int _rows;

    public bool IsHolding => _held is not null;

    /// <summary>True for a line as wide as the terminal, its carriage return aside.</summary>
    public static bool IsFull(ReadOnlySpan<char> raw) => Width(raw) == TerminalWidth;

    private static int Width(ReadOnlySpan<char> raw) => raw.EndsWith('\r') ? raw.Length - 1 : raw.Length;

    /// <summary>Takes a line; what is whole by now: the line held back, if this one does not go on with it, and this one, if nothing may.</summary>
    public (PrintkLine? Before, PrintkLine? Whole) Join(PrintkLine line)
    {
        PrintkLine? before = _held;
        _held = null;
        if (before is not null && line.MessageStart == 0 && line.TimeText is null && Width(line.RawText) is > 0 and <= TerminalWidth && _rows < MaxRows)
        {
            line = before with
            {
                RawText = before.RawText + "\n" + line.RawText,
                MessageEnd = before.MessageEnd,
                CleanMessage = before.CleanMessage + line.CleanMessage,
                EndOffset = line.EndOffset,
                LineCount = before.LineCount + 1,
                LastRowLength = Width(line.RawText),
            };
            before = null;
        }
        if (line.LineCount > 1 && line.LastRowLength == TerminalWidth || line.LineCount == 1 && IsFull(line.RawText) && line.TimeText is not null)
        {
            _held = line;
            _rows = line.LineCount;
            return (before, null);
        }
        return (before, line);
    }

    /// <summary>The line held back, which the log's end completes; null where there is none.</summary>
    public PrintkLine? Release()
    {
        PrintkLine? held = _held;
        _held = null;
        return held;
    }
}
