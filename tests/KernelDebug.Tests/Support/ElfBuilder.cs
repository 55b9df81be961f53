namespace KernelDebug.Tests.Support;

/// <summary>A tiny ELF file in memory. Counts too large for the header's 16 bits go where gABI says they go.</summary>
internal sealed class ElfBuilder(bool is64 = true, bool bigEndian = false, ushort machine = 62, ushort type = 2)
{
    private const int ReservedIndexes = 0xff00;
    private readonly List<Section> _sections = [new("", 0, 0, [], 0, 0, 0, 0)];
    private readonly List<Symbol> _symbols = [];

    private sealed record Section(string Name, uint Type, ulong Flags, byte[] Bytes, ulong Address, uint Link, uint Info, ulong? SizeOverride);

    private sealed record Symbol(string Name, ulong Value, ulong Size, byte Info, int SectionIndex);

    public bool IsBigEndian => bigEndian;

    /// <summary>Bytes from the file's start to the section headers; known once built.</summary>
    public long TableOffset { get; private set; }

    public int HeaderSize => is64 ? 64 : 52;

    public int EntrySize => is64 ? 64 : 40;

    /// <returns>The section's index.</returns>
    public int Add(string name, byte[] bytes, uint type = 1, ulong flags = 0, ulong address = 0, uint link = 0, uint info = 0, ulong? size = null)
    {
        _sections.Add(new Section(name, type, flags, bytes, address, link, info, size));
        return _sections.Count - 1;
    }

    public int AddCode(string name, ulong address, int size) => Add(name, new byte[size], flags: 6, address: address);

    public void AddSymbol(string name, ulong value, ulong size, int sectionIndex, byte info = 0x12) =>
        _symbols.Add(new Symbol(name, value, size, info, sectionIndex));

    /// <summary>The file; with a gap, the section headers stand that many bytes behind the rest (and are returned apart).</summary>
    public (byte[] Start, byte[] Table) BuildParts(long gap = 0)
    {
        AddSymbolTable();
        var names = new ByteWriter();
        var nameOffsets = new List<int>();
        var known = new Dictionary<string, int>();
        foreach (string name in _sections.Select(s => s.Name).Append(".shstrtab"))
        {
            if (!known.TryGetValue(name, out int at))
            {
                known[name] = at = names.Length;
                names.Text(name);
            }

            nameOffsets.Add(at);
        }

        int stringTable = Add(".shstrtab", names.ToArray(), type: 3);
        var body = new ByteWriter(bigEndian);
        var offsets = new List<long>();
        foreach (Section section in _sections)
        {
            offsets.Add(HeaderSize + body.Length);
            body.Raw(section.Bytes);
        }

        TableOffset = HeaderSize + body.Length + gap;
        int count = _sections.Count;
        bool many = count >= ReservedIndexes;
        int word = is64 ? 8 : 4;
        ByteWriter header = new ByteWriter(bigEndian)
            .Raw(0x7f, (byte)'E', (byte)'L', (byte)'F', (byte)(is64 ? 2 : 1), (byte)(bigEndian ? 2 : 1), 1, 0).U64(0)
            .U16(type).U16(machine).U32(1).Number(0, word).Number(0, word).Number((ulong)TableOffset, word)
            .U32(0).U16((ulong)HeaderSize).U16(0).U16(0).U16((ulong)EntrySize)
            .U16(many ? 0 : (ulong)count).U16(stringTable >= ReservedIndexes ? 0xffffu : (ulong)stringTable);
        var table = new ByteWriter(bigEndian);
        for (int i = 0; i < count; i++)
        {
            Section s = _sections[i];
            ulong size = i == 0 && many ? (ulong)count : s.SizeOverride ?? (ulong)s.Bytes.Length;
            uint link = i == 0 && stringTable >= ReservedIndexes ? (uint)stringTable : s.Link;
            table.U32((ulong)nameOffsets[i]).U32(s.Type).Number(s.Flags, word).Number(s.Address, word)
                .Number(i == 0 ? 0 : (ulong)offsets[i], word).Number(size, word).U32(link).U32(s.Info).Number(1, word)
                .Number(s.Type == 2 ? is64 ? 24u : 16u : 0, word);
        }

        return ([.. header.ToArray(), .. body.ToArray()], table.ToArray());
    }

    public byte[] Build()
    {
        (byte[] start, byte[] table) = BuildParts();
        return [.. start, .. table];
    }

    private void AddSymbolTable()
    {
        if (_symbols.Count == 0)
        {
            return;
        }

        var names = new ByteWriter().U8(0);
        ByteWriter symbols = new ByteWriter(bigEndian).Raw(new byte[is64 ? 24 : 16]);
        ByteWriter extended = new ByteWriter(bigEndian).U32(0);
        foreach (Symbol symbol in _symbols)
        {
            bool beyond = symbol.SectionIndex >= ReservedIndexes;
            ulong section = beyond ? 0xffffu : (ulong)symbol.SectionIndex;
            symbols.U32((ulong)names.Length);
            _ = is64
                ? symbols.U8(symbol.Info, 0).U16(section).U64(symbol.Value).U64(symbol.Size)
                : symbols.U32(symbol.Value).U32(symbol.Size).U8(symbol.Info, 0).U16(section);
            extended.U32(beyond ? (ulong)symbol.SectionIndex : 0);
            names.Text(symbol.Name);
        }

        int strings = Add(".strtab", names.ToArray(), type: 3);
        int table = Add(".symtab", symbols.ToArray(), type: 2, link: (uint)strings, info: 1);
        Add(".symtab_shndx", extended.ToArray(), type: 18, link: (uint)table);
    }
}
