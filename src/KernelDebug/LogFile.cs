using KernelDebug.IO;

namespace KernelDebug.Commands;

/// <summary>The lines of a log file, read as they are asked for.</summary>
internal sealed class LogFile : IDisposable
{
    private const char ByteOrderMark = '\ufeff';

    private readonly LogStream _log;

    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    /// <exception cref="DllNotFoundException">The library for its compression is not installed.</exception>
    public LogFile(string path) => _log = LogStream.Open(path);

    /// <summary>Bytes in the file as it lies on disk; 0 for a pipe.</summary>
    public long Length => _log.PackedLength;

    /// <summary>Bytes of it read so far.</summary>
    public long Position => _log.PackedPosition;

    /// <summary>The lines without their line ends.</summary>
    /// <exception cref="IOException">Reading failed.</exception>
    /// <exception cref="InvalidDataException">The gzip data is damaged.</exception>
    /// <exception cref="BinaryFormatException">The zstd or xz data is damaged.</exception>
    public IEnumerable<string> Lines()
    {
        var reader = new LineReader(_log.Text);
        for (string? line = reader.ReadLine()?.TrimStart(ByteOrderMark); line is not null; line = reader.ReadLine())
        {
            yield return WithoutReturn(line);
        }
    }

    /// <summary>The lines of a string: of <c>Get-Content -Raw</c>, or one line alone.</summary>
    public static IEnumerable<string> LinesOf(string text)
    {
        if (!text.Contains('\n', StringComparison.Ordinal))
        {
            return [text];
        }

        IEnumerable<string> lines = text.Split('\n').Select(WithoutReturn);
        return text.EndsWith('\n') ? lines.SkipLast(1) : lines;
    }

    public void Dispose() => _log.Dispose();

    private static string WithoutReturn(string line) => line.EndsWith('\r') ? line[..^1] : line;
}
