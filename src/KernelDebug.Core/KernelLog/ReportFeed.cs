using System.Text;
using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Gives a parser the lines of a log that are strings already. While no report is open, it passes over those that can begin none: the
/// reports are the same, and most lines of a log cost no more than a search.
/// </summary>
public sealed class ReportFeed
{
    private readonly PanicTraceParser _parser = new();
    // The line passed over last: a line of "=" belongs to the report that follows it.
    private (ReadOnlyMemory<char> Text, int Number, long Start, long End)? _before;
    private int _number;
    private long _offset;

    /// <summary>Takes the next line, without its line feed; the reports that it shows to be over, mostly none.</summary>
    public IReadOnlyList<PanicTrace> Add(ReadOnlyMemory<char> line)
    {
        long start = _offset;
        long end = start + Encoding.UTF8.GetByteCount(line.Span);
        _offset = end + 1;
        _number++;
        if (_parser.IsIdle && !ReportAnchors.IsIn(line.Span))
        {
            _before = (line, _number, start, end);
            return [];
        }
        if (_before is { } before)
        {
            // Begins nothing, and so ends nothing.
            _parser.Add(PrintkLineParser.Parse(before.Text.ToString(), before.Number, before.Start, before.End));
            _before = null;
        }
        return _parser.Add(PrintkLineParser.Parse(line.ToString(), _number, start, end));
    }

    /// <summary>The log is at its end: the reports still open.</summary>
    public IReadOnlyList<PanicTrace> Complete() => _parser.Complete();

    /// <summary>The lines of a text, without their line feeds.</summary>
    public static IEnumerable<ReadOnlyMemory<char>> Lines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int start = 0;
        for (int feed; start < text.Length && (feed = text.IndexOf('\n', start)) >= 0; start = feed + 1)
        {
            yield return text.AsMemory(start..feed);
        }
        if (start < text.Length || text.Length == 0)
        {
            yield return text.AsMemory(start);
        }
    }
}
