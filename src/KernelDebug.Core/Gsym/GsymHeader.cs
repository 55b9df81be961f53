using KernelDebug.IO;

namespace KernelDebug.Gsym;

/// <summary>
/// The header of a GSYM file of version 1 and where its tables lie (LLVM, <c>DebugInfo/GSYM/Header.h</c>): header, addresses, offsets of
/// the functions' data, files; functions' data and strings stand where offsets say.
/// </summary>
internal sealed record GsymHeader
{
    /// <summary>Bytes of the header itself.</summary>
    public const int Size = 48;

    /// <summary>'GSYM' as a number.</summary>
    public const uint Magic = 0x4753594d;

    /// <summary>Bytes of a build-id at most.</summary>
    public const int MaxBuildIdBytes = 20;

    /// <summary>Byte order.</summary>
    public required bool IsBigEndian { get; init; }

    /// <summary>Bytes of an entry of the address table: 1, 2, 4 or 8.</summary>
    public required int AddressSize { get; init; }

    /// <summary>What the address table's entries count from.</summary>
    public required ulong BaseAddress { get; init; }

    /// <summary>Number of functions.</summary>
    public required int Count { get; init; }

    /// <summary>The build-id (the header's UUID) as lower-case hex; null where the file states none.</summary>
    public required string? BuildId { get; init; }

    /// <summary>File offset of the address table.</summary>
    public static int AddressesAt => Size;

    /// <summary>File offset of the table with the file offsets of the functions' data, 4 bytes each.</summary>
    public long DataOffsetsAt => Align(AddressesAt + (long)Count * AddressSize);

    /// <summary>File offset of the number of source files, which that many pairs of string offsets follow.</summary>
    public long FilesAt => DataOffsetsAt + Count * 4L;

    /// <summary>File offset of the strings.</summary>
    public required uint StringsAt { get; init; }

    /// <summary>Bytes of the strings.</summary>
    public required uint StringsLength { get; init; }

    /// <summary>True where a file begins as GSYM does, in either byte order.</summary>
    public static bool IsMagic(ReadOnlySpan<byte> start) => start.StartsWith("MYSG"u8) || start.StartsWith("GSYM"u8);

    /// <exception cref="BinaryFormatException">Not GSYM of version 1, or its tables lie outside the file.</exception>
    public static GsymHeader Read(ByteSource source)
    {
        var file = new ByteSlice(source, "GSYM header", isBigEndian: false);
        ReadOnlySpan<byte> magic = file.Window(0, 4);
        if (!IsMagic(magic))
        {
            throw file.Error(0, "expected the GSYM magic 4d 59 53 47 or 47 53 59 4d, have another file");
        }

        bool isBigEndian = magic[0] == (byte)'G';
        file = new ByteSlice(source, "GSYM header", isBigEndian);
        SpanReader reader = file.Slice(0, Size).Reader();
        reader.Skip(4);
        ushort version = reader.ReadUInt16();
        int addressSize = reader.ReadByte();
        int idSize = reader.ReadByte();
        if (version != 1 || addressSize is not (1 or 2 or 4 or 8) || idSize > MaxBuildIdBytes)
        {
            throw file.Error(4, $"expected version 1, addresses of 1, 2, 4 or 8 bytes and a UUID of at most {MaxBuildIdBytes}, have {version}, {addressSize} and {idSize}");
        }

        ulong baseAddress = reader.ReadUInt64();
        uint count = reader.ReadUInt32();
        uint stringsAt = reader.ReadUInt32();
        uint stringsLength = reader.ReadUInt32();
        if (count > ParserLimits.MaxSymbols)
        {
            throw file.Error(16, $"expected at most {ParserLimits.MaxSymbols} functions, have {count}");
        }

        var header = new GsymHeader
        {
            IsBigEndian = isBigEndian,
            AddressSize = addressSize,
            BaseAddress = baseAddress,
            Count = (int)count,
            BuildId = idSize == 0 ? null : Convert.ToHexStringLower(reader.Take(idSize)),
            StringsAt = stringsAt,
            StringsLength = stringsLength,
        };
        _ = file.Slice(0, header.FilesAt + 4);
        _ = file.Slice(stringsAt, stringsLength);
        return header;
    }

    /// <summary>To the file.</summary>
    public void Write(ByteBuffer to)
    {
        byte[] id = BuildId is null ? [] : Convert.FromHexString(BuildId);
        to.WriteUInt32(Magic);
        to.WriteUInt16(1);
        to.WriteByte((byte)AddressSize);
        to.WriteByte((byte)Math.Min(id.Length, MaxBuildIdBytes));
        to.WriteUInt64(BaseAddress);
        to.WriteUInt32((uint)Count);
        to.WriteUInt32(StringsAt);
        to.WriteUInt32(StringsLength);
        to.Write(id.AsSpan(0, Math.Min(id.Length, MaxBuildIdBytes)));
        to.Write(stackalloc byte[MaxBuildIdBytes - Math.Min(id.Length, MaxBuildIdBytes)]);
    }

    /// <summary>The tables of numbers of 4 bytes begin at multiples of 4.</summary>
    private static long Align(long offset) => (offset + 3) & ~3L;
}
