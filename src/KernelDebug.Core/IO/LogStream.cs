using System.IO.Compression;
using System.Text;

namespace KernelDebug.IO;

/// <summary>
/// The text of a log file, unpacked as it is read: <c>.gz</c>, <c>.zst</c> and <c>.xz</c> told by their first bytes, UTF-16 (as Windows
/// PowerShell redirects) by its byte order mark and turned into UTF-8.
/// </summary>
public sealed class LogStream : IDisposable
{
    private readonly FileStream? _file;

    private LogStream(Stream text, FileStream? file)
    {
        Text = text;
        _file = file;
        PackedLength = file is { CanSeek: true } ? file.Length : 0;
    }

    /// <summary>The text.</summary>
    public Stream Text { get; }

    /// <summary>Bytes in the file as it lies on disk; 0 for a pipe.</summary>
    public long PackedLength { get; }

    /// <summary>Bytes of it read so far.</summary>
    public long PackedPosition => _file is { CanSeek: true } file ? Math.Min(file.Position, PackedLength) : 0;

    /// <summary>Opens a file, a pipe or a device.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    /// <exception cref="DllNotFoundException">The library for its compression is not installed.</exception>
    /// <exception cref="NotSupportedException">It is packed by bzip2, zip or lz4: read as text it would seem to have no report.</exception>
    public static LogStream Open(string path)
    {
        // Who reads brings a buffer of his own.
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.SequentialScan);
        try
        {
            return new LogStream(Unpack(file), file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Takes a stream as it is.</summary>
    public static LogStream FromStream(Stream text) => new(text, null);

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Text.Dispose();
        _file?.Dispose();
    }

    private static Stream Unpack(FileStream file)
    {
        if (!file.CanSeek)
        {
            return file;
        }

        Span<byte> start = stackalloc byte[6];
        int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        file.Position = 0;
        if (start is [0xff, 0xfe, ..] or [0xfe, 0xff, ..])
        {
            Encoding encoding = start[0] == 0xff ? Encoding.Unicode : Encoding.BigEndianUnicode;
            return Encoding.CreateTranscodingStream(file, encoding, Encoding.UTF8);
        }

        if (start is [(byte)'B', (byte)'Z', (byte)'h', ..] or [(byte)'P', (byte)'K', 3, 4, ..] or [4, 0x22, 0x4d, 0x18, ..])
        {
            throw new NotSupportedException(start[0] switch
            {
                (byte)'B' => "it is packed by bzip2, which is not read here",
                (byte)'P' => "it is a zip archive, which is not read here",
                _ => "it is packed by lz4, which is not read here",
            });
        }

        CompressionKind kind = Decompression.Detect(start[..read]);
        return kind switch
        {
            CompressionKind.Gzip => new GZipStream(file, CompressionMode.Decompress),
            CompressionKind.Zstd or CompressionKind.Xz => new UnpackingStream(file, kind, file.Name),
            _ => file,
        };
    }
}
