namespace KernelDebug.IO;

/// <summary>Reads a log in blocks of whole lines: as much as one read gives, so that what is piped in comes out when it is in.</summary>
public sealed class LineBlockReader(LogStream log)
{
    // Fits the processor's second cache with the tables beside it; a line that does not fit makes its block grow.
    private const int UsualSize = 1 << 18;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    private byte[] _rest = [];
    private int _restLength;
    private long _offset;
    private int _line = 1;
    private bool _hasBegun;

    /// <summary>Fills a block with the next lines; false at the end.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="BinaryFormatException">The compressed data is damaged.</exception>
    /// <exception cref="InvalidDataException">The gzip data is damaged.</exception>
    public bool Read(LineBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        if (block.Buffer.Length < UsualSize)
        {
            block.Buffer = new byte[UsualSize];
        }

        while (block.Buffer.Length < _restLength)
        {
            block.Buffer = new byte[block.Buffer.Length * 2];
        }

        _rest.AsSpan(0, _restLength).CopyTo(block.Buffer);
        int length = _restLength;
        int whole = Fill(block, ref length);
        SkipByteOrderMark(block, ref length, ref whole);
        KeepRest(block.Buffer.AsSpan(whole, length - whole));
        block.Length = whole;
        block.Offset = _offset;
        block.FirstLine = _line;
        block.PackedPosition = log.PackedPosition;
        block.FindLines();
        _offset += whole;
        _line += block.EndsInsideLine ? block.Count - 1 : block.Count;
        return whole > 0;
    }

    // Reads until there is a whole line, or a part as long as one may be; how many bytes of the block that is.
    private int Fill(LineBlock block, ref int length)
    {
        while (true)
        {
            if (length == block.Buffer.Length)
            {
                if (length >= LineReader.MaxLineBytes)
                {
                    return LineText.EndOfWhole(block.Buffer.AsSpan(0, LineReader.MaxLineBytes));
                }

                byte[] larger = new byte[Math.Min(length * 2, LineReader.MaxLineBytes)];
                block.Buffer.CopyTo(larger, 0);
                block.Buffer = larger;
            }

            int read = log.Text.Read(block.Buffer, length, block.Buffer.Length - length);
            int feed = block.Buffer.AsSpan(length, read).LastIndexOf((byte)'\n');
            length += read;
            if (feed >= 0)
            {
                return length - read + feed + 1;
            }

            if (read == 0)
            {
                return length;
            }
        }
    }

    private void SkipByteOrderMark(LineBlock block, ref int length, ref int whole)
    {
        if (!_hasBegun && block.Buffer.AsSpan(0, whole).StartsWith(ByteOrderMark))
        {
            block.Buffer.AsSpan(ByteOrderMark.Length, length - ByteOrderMark.Length).CopyTo(block.Buffer);
            length -= ByteOrderMark.Length;
            whole -= ByteOrderMark.Length;
            _offset = ByteOrderMark.Length;
        }

        _hasBegun = true;
    }

    private void KeepRest(ReadOnlySpan<byte> rest)
    {
        if (_rest.Length < rest.Length)
        {
            _rest = new byte[Math.Max(rest.Length, UsualSize)];
        }

        rest.CopyTo(_rest);
        _restLength = rest.Length;
    }
}
