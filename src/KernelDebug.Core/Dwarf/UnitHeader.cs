using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>A unit's header (DWARF 5, Section 7.5.1).</summary>
/// <param name="Start">Where the header begins.</param>
/// <param name="Length">Bytes of the whole unit, the length field included.</param>
/// <param name="Encoding">Version and sizes.</param>
/// <param name="Type">DW_UT_*; <see cref="DwUnitType.Compile"/> before DWARF 5.</param>
/// <param name="AbbreviationOffset">Offset of the table in <c>.debug_abbrev</c>.</param>
/// <param name="RootOffset">Where the root entry begins.</param>
internal readonly record struct UnitHeader(
    InfoOffset Start, ulong Length, DwarfEncoding Encoding, DwUnitType Type, ulong AbbreviationOffset, UnitOffset RootOffset)
{
    /// <summary>Bytes that hold any header.</summary>
    public const int MostBytes = 64;

    /// <summary>The unit that follows.</summary>
    public InfoOffset End => new(Start.Value + Length);

    /// <exception cref="BinaryFormatException">Not a header of DWARF 2 to 5, or one that lies outside the section.</exception>
    public static UnitHeader Read(ByteSlice bytes, InfoOffset start, long sectionLength)
    {
        SpanReader reader = bytes.Reader();
        (ulong length, byte offsetSize) = ReadInitialLength(ref reader);
        ulong total = length + (ulong)reader.Position;
        if (total < length || total > (ulong)sectionLength - start.Value)
        {
            throw bytes.Error(0, $"expected a unit inside the section's {sectionLength} bytes, have length 0x{length:x}");
        }

        ushort version = reader.ReadUInt16();
        if (version is < 2 or > 5)
        {
            throw bytes.Error(reader.Position - 2, $"expected DWARF version 2 to 5, have {version}");
        }

        var type = DwUnitType.Compile;
        byte addressSize;
        ulong abbreviations;
        if (version >= 5)
        {
            type = (DwUnitType)reader.ReadByte();
            addressSize = reader.ReadByte();
            abbreviations = reader.ReadUnsigned(offsetSize);
            reader.Skip(type switch
            {
                DwUnitType.Skeleton or DwUnitType.SplitCompile => 8u,
                DwUnitType.Type or DwUnitType.SplitType => 8u + offsetSize,
                _ => 0u,
            });
        }
        else
        {
            abbreviations = reader.ReadUnsigned(offsetSize);
            addressSize = reader.ReadByte();
        }

        return addressSize is 2 or 4 or 8
            ? new UnitHeader(start, total, new(version, addressSize, offsetSize), type, abbreviations, new((ulong)reader.Position))
            : throw bytes.Error(reader.Position, $"expected an address size of 2, 4 or 8 bytes, have {addressSize}");
    }

    /// <summary>The length field and the format it implies (DWARF 5, Section 7.4).</summary>
    public static (ulong Length, byte OffsetSize) ReadInitialLength(ref SpanReader reader)
    {
        uint first = reader.ReadUInt32();
        return first switch
        {
            0xffffffff => (reader.ReadUInt64(), 8),
            >= 0xfffffff0 => throw reader.Error($"expected a unit length, have the reserved value 0x{first:x}"),
            _ => (first, 4),
        };
    }
}
