using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>The header of a line table (DWARF 5, Section 6.2.4; DWARF 4, Section 6.2.4 for versions 2 to 4).</summary>
internal sealed class LineTableHeader
{
    /// <summary>The table from its length field on, relocated.</summary>
    public required ByteSlice Bytes { get; init; }
    public required int ProgramStart { get; init; }
    public required byte MinimumInstructionLength { get; init; }
    public required byte MaximumOperations { get; init; }
    public required sbyte LineBase { get; init; }
    public required byte LineRange { get; init; }
    public required byte OpcodeBase { get; init; }
    public required byte[] OperandCounts { get; init; }

    /// <summary>DW_LNCT_*: what a field of a directory or file entry is.</summary>
    private enum ContentType
    {
        Path = 1,
        DirectoryIndex = 2,
    }

    /// <summary>A field of an entry: what it is and how it is written.</summary>
    private readonly record struct EntryFormat(ContentType Type, DwForm Form);

    /// <exception cref="BinaryFormatException">The header is damaged, or of a version above 5.</exception>
    public static LineTableHeader Read(DwarfSections sections, DwarfUnit unit, ulong offset, LineTablePaths paths)
    {
        DebugSection section = sections.Lines;
        SpanReader start = section.Window(offset, 12).Reader();
        (ulong length, byte offsetSize) = UnitHeader.ReadInitialLength(ref start);
        ulong total = length + (ulong)start.Position;
        if (total < length || total > (ulong)section.Length - offset || total > int.MaxValue)
        {
            throw section.Error(offset, $"expected a line table inside the section's {section.Length} bytes, have length 0x{length:x}");
        }

        ByteSlice bytes = section.Slice(offset, total);
        SpanReader reader = bytes.Reader();
        reader.Position = start.Position;
        ushort version = reader.ReadUInt16();
        if (version is < 2 or > 5)
        {
            throw reader.Error($"expected a line table of version 2 to 5, have {version}");
        }

        byte addressSize = unit.Header.Encoding.AddressSize;
        if (version >= 5)
        {
            addressSize = reader.ReadByte();
            reader.Skip(1);
        }

        ulong headerLength = reader.ReadUnsigned(offsetSize);
        ulong program = (ulong)reader.Position + headerLength;
        byte minimum = reader.ReadByte();
        byte operations = version >= 4 ? reader.ReadByte() : (byte)1;
        reader.Skip(1);
        var lineBase = (sbyte)reader.ReadByte();
        byte lineRange = reader.ReadByte();
        byte opcodeBase = reader.ReadByte();
        if (lineRange == 0 || opcodeBase == 0 || program > total || program < headerLength)
        {
            throw reader.Error($"expected a line_range and opcode_base above 0 and a program inside the table, have {lineRange}, {opcodeBase} and 0x{program:x}");
        }

        var operands = new byte[opcodeBase];
        reader.Take(opcodeBase - 1).CopyTo(operands.AsSpan(1));
        var encoding = new DwarfEncoding(version, addressSize, offsetSize);
        if (version >= 5)
        {
            ReadEntries(ref reader, encoding, (path, _) => paths.Directories.Add(new(path, bytes)));
            ReadEntries(ref reader, encoding, (path, directory) => paths.Files.Add(new(new(path, bytes), directory)));
        }
        else
        {
            ReadOldNames(ref reader, bytes, paths);
        }

        paths.IsZeroBased = version >= 5;
        return new LineTableHeader
        {
            Bytes = bytes,
            ProgramStart = (int)program,
            MinimumInstructionLength = minimum,
            MaximumOperations = operations,
            LineBase = lineBase,
            LineRange = lineRange,
            OpcodeBase = opcodeBase,
            OperandCounts = operands,
        };
    }

    private static void ReadOldNames(ref SpanReader reader, ByteSlice bytes, LineTablePaths paths)
    {
        while (reader.Remaining > 0)
        {
            int at = reader.Position;
            if (reader.ReadCString().IsEmpty)
            {
                break;
            }

            AddBounded(ref reader, paths.Directories, new LineTablePaths.Name(new(DwForm.String, (ulong)at), bytes));
        }

        while (reader.Remaining > 0)
        {
            int at = reader.Position;
            if (reader.ReadCString().IsEmpty)
            {
                break;
            }

            ulong directory = reader.ReadUleb128();
            _ = reader.ReadUleb128();
            _ = reader.ReadUleb128();
            AddBounded(ref reader, paths.Files, new LineTablePaths.SourceFile(new(new(DwForm.String, (ulong)at), bytes), directory));
        }
    }

    private static void ReadEntries(ref SpanReader reader, DwarfEncoding encoding, Action<FormValue, ulong> add)
    {
        int formatCount = reader.ReadByte();
        if (formatCount > ParserLimits.MaxEntryFormats)
        {
            throw reader.Error($"expected at most {ParserLimits.MaxEntryFormats} fields an entry, have {formatCount}");
        }

        var formats = new EntryFormat[formatCount];
        for (int i = 0; i < formatCount; i++)
        {
            formats[i] = new((ContentType)Math.Min(reader.ReadUleb128(), int.MaxValue), (DwForm)Math.Min(reader.ReadUleb128(), ushort.MaxValue));
        }

        ulong count = reader.ReadUleb128();
        if (count > ParserLimits.MaxLineTableFiles || count > (ulong)reader.Remaining)
        {
            throw reader.Error($"expected at most {ParserLimits.MaxLineTableFiles} entries inside the table, have {count}");
        }

        for (int i = 0; i < (int)count; i++)
        {
            FormValue path = default;
            ulong directory = 0;
            foreach ((ContentType type, DwForm form) in formats)
            {
                FormValue value = FormReader.Read(ref reader, form, 0, encoding);
                if (type == ContentType.Path)
                {
                    path = value;
                }
                else if (type == ContentType.DirectoryIndex)
                {
                    directory = value.Number;
                }
            }

            add(path, directory);
        }
    }

    private static void AddBounded<T>(ref SpanReader reader, ValueList<T> names, T name)
        where T : struct
    {
        if (names.Count >= ParserLimits.MaxLineTableFiles)
        {
            throw reader.Error($"expected at most {ParserLimits.MaxLineTableFiles} names");
        }

        names.Add(name);
    }
}
