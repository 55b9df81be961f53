using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>A function of BPF code (struct bpf_func_info).</summary>
/// <param name="Section">The section of the code.</param>
/// <param name="Offset">Bytes from the section's start. A linker's relocations are not applied: in an object they are in place.</param>
/// <param name="TypeId">The id of its BTF_KIND_FUNC.</param>
public sealed record BtfFunctionPlace(string Section, uint Offset, uint TypeId);

/// <summary>A line of BPF code (struct bpf_line_info).</summary>
/// <param name="Section">The section of the code.</param>
/// <param name="Offset">Bytes from the section's start.</param>
/// <param name="File">The source file.</param>
/// <param name="Source">The text of the line.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1; 0 where it is not known.</param>
public sealed record BtfLinePlace(string Section, uint Offset, string File, string Source, int Line, int Column);

/// <summary>What the loader is to put in for the kernel it finds (enum bpf_core_relo_kind).</summary>
public enum BtfRelocationKind
{
    /// <summary>BPF_CORE_FIELD_BYTE_OFFSET.</summary>
    FieldByteOffset = 0,
    /// <summary>BPF_CORE_FIELD_BYTE_SIZE.</summary>
    FieldByteSize = 1,
    /// <summary>BPF_CORE_FIELD_EXISTS.</summary>
    FieldExists = 2,
    /// <summary>BPF_CORE_FIELD_SIGNED.</summary>
    FieldIsSigned = 3,
    /// <summary>BPF_CORE_FIELD_LSHIFT_U64.</summary>
    FieldLeftShift = 4,
    /// <summary>BPF_CORE_FIELD_RSHIFT_U64.</summary>
    FieldRightShift = 5,
    /// <summary>BPF_CORE_TYPE_ID_LOCAL.</summary>
    LocalTypeId = 6,
    /// <summary>BPF_CORE_TYPE_ID_TARGET.</summary>
    TargetTypeId = 7,
    /// <summary>BPF_CORE_TYPE_EXISTS.</summary>
    TypeExists = 8,
    /// <summary>BPF_CORE_TYPE_SIZE.</summary>
    TypeSize = 9,
    /// <summary>BPF_CORE_ENUMVAL_EXISTS.</summary>
    EnumValueExists = 10,
    /// <summary>BPF_CORE_ENUMVAL_VALUE.</summary>
    EnumValue = 11,
    /// <summary>BPF_CORE_TYPE_MATCHES.</summary>
    TypeMatches = 12,
}

/// <summary>An instruction that depends on the kernel's types (struct bpf_core_relo).</summary>
/// <param name="Section">The section of the code.</param>
/// <param name="Offset">Bytes from the section's start.</param>
/// <param name="TypeId">The id of the type that is accessed.</param>
/// <param name="Access">The way to the member: <c>0:3:1</c> is member 1 of member 3 of the structure.</param>
/// <param name="Kind">What is put in.</param>
public sealed record BtfCodeRelocation(string Section, uint Offset, uint TypeId, string Access, BtfRelocationKind Kind);

/// <summary>The .BTF.ext section of a BPF object: its functions, its lines, and what is adapted to the kernel it is loaded into.</summary>
/// <remarks>Documentation/bpf/btf.rst, ".BTF.ext section".</remarks>
public sealed class BtfExtension
{
    private const int HeaderSize = 24;
    private const int HeaderSizeWithRelocations = 32;

    private BtfExtension(IReadOnlyList<BtfFunctionPlace> functions, IReadOnlyList<BtfLinePlace> lines, IReadOnlyList<BtfCodeRelocation> relocations)
    {
        Functions = functions;
        Lines = lines;
        Relocations = relocations;
    }

    /// <summary>The functions, in the file's order.</summary>
    public IReadOnlyList<BtfFunctionPlace> Functions { get; }

    /// <summary>The lines, in the file's order.</summary>
    public IReadOnlyList<BtfLinePlace> Lines { get; }

    /// <summary>The instructions to adapt, in the file's order.</summary>
    public IReadOnlyList<BtfCodeRelocation> Relocations { get; }

    /// <summary>Reads the section of an object, whose strings are those of its .BTF.</summary>
    /// <returns>null where the object has none.</returns>
    /// <exception cref="BinaryFormatException">It is damaged.</exception>
    public static BtfExtension? Read(ElfFile elf, BtfFile types)
    {
        ArgumentNullException.ThrowIfNull(elf);
        ArgumentNullException.ThrowIfNull(types);
        return BtfSections.Find(elf, BtfSections.Extension) is { } section ? Read(section, types) : null;
    }

    private static BtfExtension Read(ByteSlice section, BtfFile types)
    {
        SpanReader header = section.Reader();
        ushort magic = header.ReadUInt16();
        byte version = header.ReadByte();
        if (magic != BtfWire.Magic || version != BtfWire.Version)
        {
            throw section.Error(0, $"expected the magic number 0x{BtfWire.Magic:x} and version {BtfWire.Version}, have 0x{magic:x} and {version}");
        }

        header.Skip(1);
        uint length = header.ReadUInt32();
        if (length < HeaderSize || length > section.Length)
        {
            throw section.Error(4, $"expected a header of {HeaderSize} to {section.Length} bytes, have {length}");
        }

        ByteSlice rest = section.From(length);
        List<BtfFunctionPlace> functions = Records(Part(rest, ref header), 8, types,
            (string name, ref SpanReader at) => new BtfFunctionPlace(name, at.ReadUInt32(), types.Resolve(at.ReadUInt32(), in at)));
        List<BtfLinePlace> lines = Records(Part(rest, ref header), 16, types, (string name, ref SpanReader at) =>
        {
            uint offset = at.ReadUInt32();
            string file = types.ReadString(at.ReadUInt32());
            string source = types.ReadString(at.ReadUInt32());
            uint place = at.ReadUInt32();
            return new BtfLinePlace(name, offset, file, source, (int)(place >> 10), (int)(place & 0x3ff));
        });
        List<BtfCodeRelocation> relocations = length < HeaderSizeWithRelocations ? [] : Records(Part(rest, ref header), 16, types, (string name, ref SpanReader at) =>
            new BtfCodeRelocation(name, at.ReadUInt32(), types.Resolve(at.ReadUInt32(), in at), types.ReadString(at.ReadUInt32()), (BtfRelocationKind)at.ReadUInt32()));
        return new BtfExtension(functions, lines, relocations);
    }

    private static ByteSlice Part(ByteSlice rest, ref SpanReader header)
    {
        uint offset = header.ReadUInt32();
        return rest.Slice(offset, header.ReadUInt32());
    }

    private delegate T RecordReader<out T>(string section, ref SpanReader reader);

    // A record's size stands before the records; a newer one may be longer.
    private static List<T> Records<T>(ByteSlice part, int knownSize, BtfFile types, RecordReader<T> read)
    {
        var records = new List<T>();
        if (part.IsEmpty)
        {
            return records;
        }

        SpanReader reader = part.Reader();
        uint size = reader.ReadUInt32();
        if (size < knownSize || size % 4 != 0)
        {
            throw part.Error(0, $"expected records of at least {knownSize} bytes, have {size}");
        }

        while (!reader.IsAtEnd)
        {
            string section = types.ReadString(reader.ReadUInt32());
            uint count = reader.ReadUInt32();
            if ((ulong)count * size > (ulong)reader.Remaining)
            {
                throw reader.Error($"expected {count} records of {size} bytes, have {reader.Remaining} bytes");
            }

            for (uint i = 0; i < count; i++)
            {
                int start = reader.Position;
                records.Add(read(section, ref reader));
                reader.Position = start + (int)size;
            }
        }

        return records;
    }
}
