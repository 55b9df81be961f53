using System.IO.Compression;
using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Commands;

/// <summary>The lines of a log file, read as they are asked for; <c>.gz</c>, <c>.zst</c> and <c>.xz</c> told by their first bytes.</summary>
internal sealed class LogFile : IDisposable
{
    private const char ByteOrderMark = '\ufeff';

    private readonly FileStream _file;

    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    public LogFile(string path)
    {
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        Length = _file.CanSeek ? _file.Length : 0;
    }

    /// <summary>Bytes in the file as it lies on disk; 0 for a pipe.</summary>
    public long Length { get; }

    /// <summary>Bytes of it read so far.</summary>
    public long Position => _file.CanSeek ? Math.Min(_file.Position, Length) : 0;

    /// <summary>The lines without their line ends.</summary>
    /// <exception cref="IOException">Reading failed.</exception>
    /// <exception cref="InvalidDataException">The gzip data is damaged.</exception>
    /// <exception cref="BinaryFormatException">The zstd or xz data is damaged or too large.</exception>
    /// <exception cref="DllNotFoundException">The library for its compression is not installed.</exception>
    public IEnumerable<string> Lines()
    {
        using Stream stream = Unpack();
        var reader = new LineReader(stream);
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

    public void Dispose() => _file.Dispose();

    private static string WithoutReturn(string line) => line.EndsWith('\r') ? line[..^1] : line;

    private Stream Unpack()
    {
        if (!_file.CanSeek)
        {
            return _file;
        }

        Span<byte> start = stackalloc byte[6];
        int read = _file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        CompressionKind kind = Decompression.Detect(start[..read]);
        _file.Position = 0;
        if (start is [0xff, 0xfe, ..] or [0xfe, 0xff, ..])
        {
            // As Windows PowerShell redirects.
            Encoding encoding = start[0] == 0xff ? Encoding.Unicode : Encoding.BigEndianUnicode;
            return Encoding.CreateTranscodingStream(_file, encoding, Encoding.UTF8);
        }

        switch (kind)
        {
            case CompressionKind.None:
                return _file;
            case CompressionKind.Gzip:
                return new GZipStream(_file, CompressionMode.Decompress);
            default:
                using (ByteSource source = ByteSource.OpenFile(_file.Name))
                {
                    return new MemoryStream(Decompression.Decompress(new ByteSlice(source, "file", isBigEndian: false), kind, null), writable: false);
                }
        }
    }
}
