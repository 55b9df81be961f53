namespace KernelDebug.Tests.Support;

/// <summary>
/// A tiny unit in memory: one source file, one line table with a row every 16 bytes of [0x1000, 0x1100), and entries as a test
/// writes them. DWARF 4 by default; the parts can be replaced by damaged ones.
/// </summary>
internal sealed class DwarfBuilder(bool bigEndian = false, int addressSize = 8)
{
    public const ulong CodeStart = 0x1000;
    public const int CodeSize = 0x100;

    /// <summary>Abbreviation codes of <see cref="Abbreviations"/>.</summary>
    public const int Unit = 1;
    public const int Function = 2;
    public const int Inlined = 3;
    public const int Block = 4;
    public const int Abstract = 5;
    public const int Sibling = 6;
    public const int InlinedRanges = 7;
    public const int Origin = 8;

    public ByteWriter Abbreviations { get; set; } = new ByteWriter()
        .Uleb(Unit, 0x11).U8(1).Uleb(0x03, 0x08, 0x1b, 0x08, 0x10, 0x17, 0x11, 0x01, 0x12, 0x06, 0, 0)
        .Uleb(Function, 0x2e).U8(1).Uleb(0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0)
        .Uleb(Inlined, 0x1d).U8(1).Uleb(0x31, 0x13, 0x11, 0x01, 0x12, 0x06, 0x58, 0x0b, 0x59, 0x0b, 0, 0)
        .Uleb(Block, 0x0b).U8(1).Uleb(0, 0)
        .Uleb(Abstract, 0x2e).U8(0).Uleb(0x03, 0x08, 0, 0)
        .Uleb(Sibling, 0x0b).U8(1).Uleb(0x01, 0x13, 0, 0)
        .Uleb(InlinedRanges, 0x1d).U8(1).Uleb(0x31, 0x13, 0x55, 0x17, 0, 0)
        .Uleb(Origin, 0x2e).U8(0).Uleb(0x31, 0x13, 0x11, 0x01, 0x12, 0x06, 0, 0)
        .U8(0);

    public byte[]? Ranges { get; set; }

    /// <summary>DW_AT_comp_dir.</summary>
    public string CompilationDirectory { get; set; } = "/src";

    /// <summary>The directory of the one source file, seen from there.</summary>
    public string Directory { get; set; } = "lib";

    /// <summary>The one source file.</summary>
    public string FileName { get; set; } = "a.c";

    /// <summary>The line table as a test changed it; null for a sound one.</summary>
    public byte[]? Lines { get; set; }

    /// <summary>The children of the unit's root, written from unit offset <see cref="FirstEntry"/> on.</summary>
    public ByteWriter Entries { get; } = new(bigEndian);

    /// <summary>Bytes from the unit's start to the first child of its root.</summary>
    public int FirstEntry => Root(0).Length;

    public DwarfBuilder AddFunction(string name, ulong low, ulong size)
    {
        Entries.Uleb(Function).Text(name).Number(low, addressSize).U32(size);
        return this;
    }

    public DwarfBuilder AddInlined(int origin, ulong low, ulong size, int line)
    {
        Entries.Uleb(Inlined).U32((ulong)origin).Number(low, addressSize).U32(size).U8(1, line);
        return this;
    }

    public DwarfBuilder End()
    {
        Entries.U8(0);
        return this;
    }

    /// <summary>An ELF file of it.</summary>
    public byte[] Build(ElfBuilder? elf = null)
    {
        elf ??= new ElfBuilder(addressSize == 8, bigEndian, (ushort)(addressSize == 8 ? 62 : 20));
        elf.AddCode(".text", CodeStart, CodeSize);
        elf.Add(".debug_abbrev", Abbreviations.ToArray());
        byte[] children = [.. Entries.ToArray(), 0];
        elf.Add(".debug_info", [.. Root(children.Length).ToArray(), .. children]);
        elf.Add(".debug_line", Lines ?? LineTable().ToArray());
        if (Ranges is not null)
        {
            elf.Add(".debug_ranges", Ranges);
        }

        return elf.Build();
    }

    /// <summary>A line table of version 4: row N, at 0x1000 + 16 N, is line 10 + N of lib/a.c.</summary>
    public ByteWriter LineTable(int minimumLength = 1, int lineRange = 14, int opcodeBase = 13)
    {
        ByteWriter table = new ByteWriter(bigEndian).U32(0).U16(4).U32(0).U8(minimumLength, 1, 1, -5, lineRange, opcodeBase)
            .U8(0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1)
            .Text(Directory).U8(0)
            .Text(FileName).Uleb(1, 0, 0).U8(0);
        table.Patch(6, (ulong)table.Length - 10, 4);
        table.U8(0).Uleb((ulong)addressSize + 1).U8(2).Number(CodeStart, addressSize).U8(3, 9);
        for (int row = 0; row < CodeSize / 16; row++)
        {
            table.U8(1).U8(2, 16).U8(3, 1); // copy; advance_pc 16; advance_line 1
        }

        table.U8(0, 1, 1); // end_sequence
        return table.Patch(0, (ulong)table.Length - 4, 4);
    }

    private ByteWriter Root(int childBytes)
    {
        ByteWriter unit = new ByteWriter(bigEndian).U32(0).U16(4).U32(0).U8(addressSize)
            .Uleb(Unit).Text(FileName).Text(CompilationDirectory).U32(0).Number(CodeStart, addressSize).U32(CodeSize);
        return unit.Patch(0, (ulong)(unit.Length - 4 + childBytes), 4);
    }
}
