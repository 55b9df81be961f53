using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>SHF_COMPRESSED (gABI, "Section Compression") and GNU's older <c>.zdebug_*</c>.</summary>
internal static class CompressedSection
{
    private const uint Zlib = 1;
    private const uint Zstd = 2;

    /// <returns>The decompressed bytes; null where the section is not compressed.</returns>
    /// <exception cref="BinaryFormatException">The header or the data is damaged.</exception>
    public static byte[]? TryDecompress(ByteSlice raw, ElfSection section, bool is64)
    {
        if ((section.Flags & ElfSectionFlags.Compressed) != 0)
        {
            int headerSize = is64 ? 24 : 12;
            SpanReader reader = raw.Slice(0, headerSize).Reader();
            uint type = reader.ReadUInt32();
            reader.Skip(is64 ? 4u : 0u);
            ulong size = reader.ReadUnsigned(is64 ? 8 : 4);
            CompressionKind kind = type switch
            {
                Zlib => CompressionKind.Zlib,
                Zstd => CompressionKind.Zstd,
                _ => throw raw.Error(0, $"expected ELFCOMPRESS_ZLIB (1) or ELFCOMPRESS_ZSTD (2), have {type}"),
            };
            return Decompression.Decompress(raw.From(headerSize), kind, (long)Math.Min(size, long.MaxValue));
        }

        if (section.Name.StartsWith(".zdebug_", StringComparison.Ordinal))
        {
            // "ZLIB" and the size, eight bytes, always big-endian.
            ReadOnlySpan<byte> header = raw.Slice(0, 12).Span;
            if (!header.StartsWith("ZLIB"u8))
            {
                throw raw.Error(0, "expected the letters ZLIB");
            }

            ulong size = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(header[4..]);
            return Decompression.Decompress(raw.From(12), CompressionKind.Zlib, (long)Math.Min(size, long.MaxValue));
        }

        return null;
    }
}
