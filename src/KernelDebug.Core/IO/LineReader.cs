namespace KernelDebug.IO;

/// <summary>
/// Lines of a byte stream as they arrive: UTF-8, bytes that are not become <c>\xNN</c>; a line longer than
/// <see cref="MaxLineBytes"/> comes in parts, so that memory stays bounded whatever the input.
/// </summary>
public sealed class LineReader(Stream stream)
{
    /// <summary>1 MiB; printk's own limit is 1 KiB.</summary>
    public const int MaxLineBytes = 1 << 20;

    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _isEnded;

    /// <summary>True when another whole line is at hand without reading the stream: output may wait until it is not.</summary>
    public bool HasBufferedLine => _buffer.AsSpan(_start, _end - _start).Contains((byte)'\n');

    /// <summary>The next line without its line feed; null at the end.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public string? ReadLine() => TryReadLine(out ReadOnlySpan<byte> line) ? LineText.Decode(line) : null;

    /// <summary>The bytes of the next line without its line feed, valid until the next call; false at the end.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        while (true)
        {
            ReadOnlySpan<byte> held = _buffer.AsSpan(_start, _end - _start);
            int feed = held[searched..].IndexOf((byte)'\n');
            if (feed >= 0)
            {
                line = Take(searched + feed, 1);
                return true;
            }

            if (held.Length >= MaxLineBytes || (_isEnded && held.Length > 0))
            {
                line = Take(held.Length, 0);
                return true;
            }

            if (_isEnded)
            {
                line = default;
                return false;
            }

            searched = held.Length;
            Fill();
        }
    }

    private ReadOnlySpan<byte> Take(int length, int terminator)
    {
        ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
        _start += length + terminator;
        return line;
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _isEnded = read == 0;
    }
}
