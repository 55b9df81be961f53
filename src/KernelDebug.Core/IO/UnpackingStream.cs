namespace KernelDebug.IO;

/// <summary>zstd or xz data as it is unpacked: what was read is not kept.</summary>
internal sealed class UnpackingStream : Stream
{
    private readonly Stream _packed;
    private readonly string _name;
    private readonly bool _isZstd;
    private readonly byte[] _input = new byte[1 << 16];
    private nint _decoder;
    private int _start;
    private int _end;
    private long _taken;
    private bool _isEnded;
    // Of zstd, the end of a frame, which may be followed by another; of xz, the end of all.
    private bool _isWhole;

    /// <summary>Begins to unpack.</summary>
    /// <param name="packed">The compressed bytes; disposed of with this stream.</param>
    /// <param name="kind">zstd or xz.</param>
    /// <param name="name">The file's name for errors.</param>
    /// <exception cref="DllNotFoundException">The system's libzstd or liblzma is not installed.</exception>
    public UnpackingStream(Stream packed, CompressionKind kind, string name)
    {
        (_packed, _name, _isZstd) = (packed, name, kind == CompressionKind.Zstd);
        _decoder = _isZstd ? ZstdLibrary.Create() : LzmaLibrary.Create();
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="BinaryFormatException">The data is damaged or ends early.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_decoder == 0, this);
        while (!buffer.IsEmpty && !(_isWhole && _isEnded && _start == _end))
        {
            if (_start == _end && !_isEnded)
            {
                (_start, _end) = (0, _packed.Read(_input));
                _isEnded = _end == 0;
                continue;
            }

            ReadOnlySpan<byte> input = _input.AsSpan(_start, _end - _start);
            _isWhole = _isZstd
                ? ZstdLibrary.Step(_decoder, input, buffer, out int read, out int written, out string? error)
                : LzmaLibrary.Step(_decoder, input, buffer, out read, out written, out error);
            _start += read;
            _taken += read;
            if (error is not null)
            {
                throw Damaged($"expected {(_isZstd ? "zstd" : "xz")} data, have: {error}");
            }

            if (written > 0)
            {
                return written;
            }

            if (read == 0 && _isEnded && !_isWhole)
            {
                throw Damaged($"expected more {(_isZstd ? "zstd" : "xz")} data, have the end");
            }
        }

        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (_decoder != 0)
        {
            (_isZstd ? (Action<nint>)ZstdLibrary.Free : LzmaLibrary.Free)(_decoder);
            _decoder = 0;
        }

        if (disposing)
        {
            _packed.Dispose();
        }

        base.Dispose(disposing);
    }

    private BinaryFormatException Damaged(string problem) => new(_name, "file", _taken, problem);
}
