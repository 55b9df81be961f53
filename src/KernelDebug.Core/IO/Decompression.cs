using System.Buffers.Binary;
using System.IO.Compression;

namespace KernelDebug.IO;

/// <summary>How a file or section is compressed.</summary>
public enum CompressionKind
{
    /// <summary>Not at all.</summary>
    None,
    /// <summary>gzip (RFC 1952): <c>.ko.gz</c>.</summary>
    Gzip,
    /// <summary>zlib (RFC 1950): ELFCOMPRESS_ZLIB and <c>.zdebug_*</c>.</summary>
    Zlib,
    /// <summary>Zstandard (RFC 8878): ELFCOMPRESS_ZSTD and <c>.ko.zst</c>.</summary>
    Zstd,
    /// <summary>xz: <c>.ko.xz</c>.</summary>
    Xz,
}

/// <summary>Decompression into memory, bounded by <see cref="ParserLimits.MaxDecompressedBytes"/>.</summary>
public static class Decompression
{
    /// <summary>What the first bytes of a file say.</summary>
    public static CompressionKind Detect(ReadOnlySpan<byte> start) => start switch
    {
        [0x1f, 0x8b, ..] => CompressionKind.Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => CompressionKind.Zstd,
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => CompressionKind.Xz,
        _ => CompressionKind.None,
    };

    /// <summary>Decompresses a whole slice.</summary>
    /// <param name="input">The compressed bytes.</param>
    /// <param name="kind">How they are compressed.</param>
    /// <param name="expectedLength">The length the container states, which must come out exactly; null where it states none.</param>
    /// <exception cref="BinaryFormatException">The data is damaged, of another length than stated, or over the cap.</exception>
    /// <exception cref="DllNotFoundException">The system's libzstd or liblzma is not installed.</exception>
    public static byte[] Decompress(ByteSlice input, CompressionKind kind, long? expectedLength)
    {
        if (expectedLength is { } stated
            && (stated < 0 || stated > ParserLimits.MaxDecompressedBytes || stated / ParserLimits.MaxCompressionRatio > input.Length))
        {
            throw input.Error(0, $"expected at most {ParserLimits.MaxDecompressedBytes} bytes after decompression "
                + $"and a ratio under {ParserLimits.MaxCompressionRatio}, have {(ulong)stated} from {input.Length}");
        }

        var output = new OutputBuffer(input, expectedLength);
        switch (kind)
        {
            case CompressionKind.Gzip:
                // The framework's stream ends without a word where the data is cut off: the length in the trailer tells.
                Inflate(input, kind, output, expectedLength);
                uint trailer = BinaryPrimitives.ReadUInt32LittleEndian(input.Slice(Math.Max(0, input.Length - 4), 4).Span);
                if (trailer != (uint)output.Length)
                {
                    throw input.Error(input.Length - 4, $"expected gzip's trailer to state {output.Length} bytes, have {trailer}: cut off");
                }

                break;
            case CompressionKind.Zlib:
                Inflate(input, kind, output, expectedLength);
                break;
            case CompressionKind.Zstd:
                ZstdLibrary.Decompress(input, output);
                break;
            case CompressionKind.Xz:
                LzmaLibrary.Decompress(input, output);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }

        return output.ToArray();
    }

    private static unsafe void Inflate(ByteSlice input, CompressionKind kind, OutputBuffer output, long? expectedLength)
    {
        ReadOnlySpan<byte> bytes = input.Span;
        // SAFETY: the stream is used and disposed of inside the fixed block.
        fixed (byte* start = bytes)
        {
            using var compressed = new UnmanagedMemoryStream(start, bytes.Length);
            using Stream stream = kind == CompressionKind.Gzip
                ? new GZipStream(compressed, CompressionMode.Decompress)
                : new ZLibStream(compressed, CompressionMode.Decompress);
            try
            {
                int read;
                while ((read = stream.Read(output.Free())) > 0)
                {
                    output.Advance(read);
                }

                // A full buffer reads nothing: more bytes than stated show only when asked for.
                if (output.Free().IsEmpty && stream.ReadByte() >= 0)
                {
                    throw input.Error(0, $"expected {expectedLength} bytes after decompression, have more");
                }
            }
            // The framework says it of damaged data, or as a kind of IOException that is not public (a dictionary is asked for).
            catch (Exception damaged) when (damaged is InvalidDataException or IOException)
            {
                throw input.Error(compressed.Position, $"expected {kind} data, have: {damaged.Message}");
            }
        }
    }
}

/// <summary>The growing output of a decompressor: never larger than the cap, nor than the length stated.</summary>
internal sealed class OutputBuffer(ByteSlice input, long? expectedLength)
{
    private const int FirstSize = 1 << 16;
    private const int UsualRatio = 8;
    private readonly long _most = expectedLength ?? ParserLimits.MaxDecompressedBytes;

    // A stated length is believed only as the bytes come: a small section may claim a gigabyte.
    private byte[] _bytes = new byte[Math.Min(expectedLength ?? ParserLimits.MaxDecompressedBytes, Math.Max(FirstSize, input.Length * UsualRatio))];
    private int _length;

    /// <summary>Bytes so far.</summary>
    public int Length => _length;

    /// <summary>Where the next output goes; empty only when the stated length is reached.</summary>
    /// <exception cref="BinaryFormatException">The cap is reached.</exception>
    public Span<byte> Free()
    {
        if (_length == _bytes.Length && _bytes.Length < _most)
        {
            Array.Resize(ref _bytes, (int)Math.Min(_most, _bytes.Length * 2L));
        }
        else if (_length == _bytes.Length && expectedLength is null)
        {
            throw input.Error(0, $"expected at most {ParserLimits.MaxDecompressedBytes} bytes after decompression, have more");
        }

        return _bytes.AsSpan(_length);
    }

    public void Advance(int count) => _length += count;

    public byte[] ToArray()
    {
        if (expectedLength is { } stated && stated != _length)
        {
            throw input.Error(0, $"expected {stated} bytes after decompression, have {_length}");
        }

        if (_length != _bytes.Length)
        {
            Array.Resize(ref _bytes, _length);
        }

        return _bytes;
    }
}
