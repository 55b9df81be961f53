using System.Globalization;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>The lines of tracefs' <c>trace</c>, or of a file either was saved to.</summary>
public static class TraceText
{
    private const string Counts = "# entries-in-buffer/entries-written: ";

    /// <summary>
    /// Reads lines. The head is left out but for what it says of lost events: the buffer keeps the newest, and the head has how many there were.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="mayBeTrimmed">True for text that may have lost the blanks at the start of its lines.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IEnumerable<TraceLine> Read(Stream text, bool mayBeTrimmed)
    {
        var lines = new LineReader(text);
        bool isHead = true;
        while (lines.TryReadLine(out ReadOnlySpan<byte> line))
        {
            line = mayBeTrimmed && line.EndsWith("\r"u8) ? line[..^1] : line;
            isHead &= line.StartsWith("#"u8);
            if ((isHead ? Head(line) : Line(line, mayBeTrimmed)) is { } read)
            {
                yield return read;
            }
        }
    }

    private static TraceLine? Line(ReadOnlySpan<byte> line, bool mayBeTrimmed) =>
        line.IsEmpty || IsBufferStart(line) ? null : TraceLineParser.Parse(line, mayBeTrimmed);

    private static TraceLine? Head(ReadOnlySpan<byte> line)
    {
        string text = LineText.Decode(line);
        return Overwritten(text) is { } lost ? new TraceLine { Kind = TraceLineKind.LostEvents, LostEvents = lost, Text = text } : null;
    }

    private static ulong? Overwritten(string line) =>
        line.StartsWith(Counts, StringComparison.Ordinal) && line[Counts.Length..].Split(' ', 2)[0].Split('/') is [var kept, var written]
        && ulong.TryParse(kept, NumberStyles.None, CultureInfo.InvariantCulture, out ulong held)
        && ulong.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out ulong all) && all > held
            ? all - held
            : null;

    /// <summary><c>##### CPU 1 buffer started ####</c>: where the first event of a processor is, which the event says itself.</summary>
    private static bool IsBufferStart(ReadOnlySpan<byte> line) => line.StartsWith("##### CPU "u8) && line.EndsWith(" buffer started ####"u8);
}
