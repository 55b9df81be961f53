using System.IO.Compression;
using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Commands;

/// <summary>The lines of a log file, read as they are asked for; <c>.gz</c>, <c>.zst</c> and <c>.xz</c> told by their first bytes.</summary>
internal sealed class LogFile : IDisposable
{
    /// <summary>UTF-16 units of one line; what is longer (a file that is no log) goes on as a line of its own.</summary>
    private const int MaxLineLength = 1 << 20;

    private readonly FileStream _file;
    private readonly StreamReader _text;

    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    /// <exception cref="BinaryFormatException">Its compressed data is damaged or too large.</exception>
    /// <exception cref="DllNotFoundException">The library for its compression is not installed.</exception>
    public LogFile(string path)
    {
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        try
        {
            Length = _file.CanSeek ? _file.Length : 0;
            // A byte order mark decides where there is one: PowerShell 5 redirects as UTF-16.
            _text = new StreamReader(Decompress(path), Encoding.UTF8, detectEncodingFromByteOrderMarks: true, 1 << 16);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Bytes in the file as it lies on disk; 0 for a pipe.</summary>
    public long Length { get; }

    /// <summary>Bytes of it read so far.</summary>
    public long Position => _file.CanSeek ? Math.Min(_file.Position, Length) : 0;

    /// <summary>The lines without their line ends.</summary>
    /// <exception cref="IOException">Reading failed.</exception>
    /// <exception cref="InvalidDataException">The gzip data is damaged.</exception>
    public IEnumerable<string> Lines()
    {
        var buffer = new char[1 << 15];
        var begun = new StringBuilder();
        int length;
        while ((length = _text.Read(buffer, 0, buffer.Length)) > 0)
        {
            int start = 0;
            while (start < length)
            {
                int end = Array.IndexOf(buffer, '\n', start, length - start);
                int stop = end < 0 ? length : end;
                begun.Append(buffer, start, stop - start);
                start = stop + 1;
                if (end >= 0 || begun.Length >= MaxLineLength)
                {
                    yield return Take(begun);
                }
            }
        }

        if (begun.Length > 0)
        {
            yield return Take(begun);
        }
    }

    /// <summary>The lines of a string: of <c>Get-Content -Raw</c>, or one line alone.</summary>
    public static IEnumerable<string> LinesOf(string text)
    {
        if (!text.Contains('\n', StringComparison.Ordinal))
        {
            return [text];
        }

        IEnumerable<string> lines = text.Split('\n').Select(line => line.EndsWith('\r') ? line[..^1] : line);
        return text.EndsWith('\n') ? lines.SkipLast(1) : lines;
    }

    public void Dispose()
    {
        _text.Dispose();
        _file.Dispose();
    }

    private static string Take(StringBuilder begun)
    {
        if (begun.Length > 0 && begun[^1] == '\r')
        {
            begun.Length--;
        }

        string line = begun.ToString();
        begun.Clear();
        return line;
    }

    private Stream Decompress(string path)
    {
        if (!_file.CanSeek)
        {
            return _file;
        }

        Span<byte> start = stackalloc byte[6];
        int read = _file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        CompressionKind kind = Decompression.Detect(start[..read]);
        _file.Position = 0;
        switch (kind)
        {
            case CompressionKind.None:
                return _file;
            case CompressionKind.Gzip:
                return new GZipStream(_file, CompressionMode.Decompress);
            default:
                using (ByteSource source = ByteSource.OpenFile(path))
                {
                    return new MemoryStream(Decompression.Decompress(new ByteSlice(source, "file", isBigEndian: false), kind, null), writable: false);
                }
        }
    }
}
