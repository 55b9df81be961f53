using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>struct btf_header, and the three parts it tells the places of.</summary>
internal readonly struct BtfHeader
{
    private BtfHeader(ByteSlice types, ByteSlice strings, ByteSlice layout)
    {
        Types = types;
        Strings = strings;
        Layout = layout;
    }

    /// <summary>struct btf_type after struct btf_type.</summary>
    public ByteSlice Types { get; }

    /// <summary>Strings ending in NUL.</summary>
    public ByteSlice Strings { get; }

    /// <summary>struct btf_layout, one a kind; empty where the file has none.</summary>
    public ByteSlice Layout { get; }

    /// <summary>True where the strings continue a base's: those of a file that stands alone begin with an empty one.</summary>
    public bool IsSplit => !Strings.IsEmpty && Strings.Window(0, 1)[0] != 0;

    /// <summary>True where bytes begin as BTF of either byte order does.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> start, out bool isBigEndian)
    {
        isBigEndian = start is [0xeb, 0x9f, ..];
        return isBigEndian || start is [0x9f, 0xeb, ..];
    }

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="BinaryFormatException">It is not BTF, of a version not known, or its parts lie outside.</exception>
    public static BtfHeader Read(ByteSlice blob)
    {
        SpanReader reader = blob.Slice(0, Math.Min(blob.Length, BtfWire.HeaderSizeWithLayout)).Reader();
        ushort magic = reader.ReadUInt16();
        if (magic != BtfWire.Magic)
        {
            throw blob.Error(0, $"expected the magic number 0x{BtfWire.Magic:x}, have 0x{magic:x}");
        }

        byte version = reader.ReadByte();
        if (version != BtfWire.Version)
        {
            throw blob.Error(2, $"expected version {BtfWire.Version}, have {version}");
        }

        byte flags = reader.ReadByte();
        if (flags != 0)
        {
            throw blob.Error(3, $"expected flags 0, have 0x{flags:x}");
        }

        uint length = reader.ReadUInt32();
        if (length < BtfWire.HeaderSize || length > blob.Length)
        {
            throw blob.Error(4, $"expected a header of {BtfWire.HeaderSize} to {blob.Length} bytes, have {length}");
        }

        ByteSlice rest = blob.From(length);
        ByteSlice types = Part(rest, ref reader);
        ByteSlice strings = Part(rest, ref reader);
        return new BtfHeader(types, strings, length >= BtfWire.HeaderSizeWithLayout ? Part(rest, ref reader) : default);
    }

    private static ByteSlice Part(ByteSlice rest, ref SpanReader reader)
    {
        uint offset = reader.ReadUInt32();
        uint length = reader.ReadUInt32();
        if ((ulong)offset + length > (ulong)rest.Length || length > ParserLimits.MaxBtfBytes)
        {
            throw reader.Error($"expected a part inside the {rest.Length} bytes behind the header, have 0x{offset:x}+0x{length:x}");
        }

        return rest.Slice(offset, length);
    }
}
