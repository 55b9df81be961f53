using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>A section to be written.</summary>
/// <param name="Name">Offset of its name in the strings.</param>
/// <param name="Type">sh_type.</param>
/// <param name="Flags">sh_flags.</param>
/// <param name="Address">sh_addr.</param>
/// <param name="Size">sh_size, bytes in memory.</param>
/// <param name="Contents">Its bytes; empty for SHT_NOBITS.</param>
internal sealed record WrittenSection(uint Name, ElfSectionType Type, ElfSectionFlags Flags, ulong Address, ulong Size, byte[] Contents)
{
    /// <summary>sh_link.</summary>
    public uint Link { get; init; }

    /// <summary>sh_info.</summary>
    public uint Info { get; init; }

    /// <summary>sh_entsize.</summary>
    public ulong EntrySize { get; init; }
}

/// <summary>A symbol to be written.</summary>
/// <param name="Name">Offset of its name in the strings.</param>
/// <param name="Info">st_info.</param>
/// <param name="Section">Its section, 1-based.</param>
/// <param name="Value">st_value: a link-time address, in ET_REL an offset in the section.</param>
/// <param name="Size">st_size.</param>
internal readonly record struct WrittenSymbol(uint Name, byte Info, int Section, ulong Value, ulong Size);

/// <summary>
/// Makes an ELF file of 64 bits, little-endian, that has sections and a symbol table. Its strings stand behind it, where several such
/// files can share them.
/// </summary>
internal sealed class ElfWriter(ElfType type, ElfMachine machine)
{
    private const int HeaderSize = 64;
    private const int SectionSize = 64;
    private const int SymbolSize = 24;
    private readonly List<WrittenSection> _sections = [];
    private readonly ValueList<WrittenSymbol> _symbols = new();

    /// <summary>Adds a section.</summary>
    /// <returns>Its index, from 1.</returns>
    public int Add(WrittenSection section)
    {
        _sections.Add(section);
        return _sections.Count;
    }

    /// <summary>Adds a symbol. Local ones come before global ones (gABI, "Symbol Table").</summary>
    public void Add(WrittenSymbol symbol) => _symbols.Add(symbol);

    /// <summary>Bytes of the file without its strings, a multiple of 8.</summary>
    public int Length => SymbolsAt + (_symbols.Count + 1) * SymbolSize;

    private int SymbolsAt => HeaderSize + SectionSize * (_sections.Count + 3) + _sections.Sum(section => Padded(section.Contents.Length));

    /// <summary>Writes it.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="stringsAt">Bytes from this file's start to the strings, which serve symbols and sections.</param>
    /// <param name="stringsLength">Bytes of the strings.</param>
    public void Write(ByteBuffer to, ulong stringsAt, ulong stringsLength)
    {
        int count = _sections.Count + 3;
        WriteHeader(to, count);
        to.Write(stackalloc byte[SectionSize]);
        int at = HeaderSize + SectionSize * count;
        foreach (WrittenSection section in _sections)
        {
            WriteSection(to, section, (ulong)at, (ulong)section.Contents.Length);
            at += Padded(section.Contents.Length);
        }

        int firstGlobal = 0;
        while (firstGlobal < _symbols.Count && _symbols[firstGlobal].Info >> 4 == 0)
        {
            firstGlobal++;
        }

        var none = new WrittenSection(0, ElfSectionType.SymbolTable, ElfSectionFlags.None, 0, 0, []);
        WrittenSection symbols = none with { Link = (uint)count - 1, Info = (uint)firstGlobal + 1, EntrySize = SymbolSize };
        WriteSection(to, symbols, (ulong)at, (ulong)(_symbols.Count + 1) * SymbolSize);
        WriteSection(to, none with { Type = ElfSectionType.StringTable }, stringsAt, stringsLength);
        foreach (WrittenSection section in _sections)
        {
            to.Write(section.Contents);
            to.Align(8);
        }

        to.Write(stackalloc byte[SymbolSize]);
        for (int i = 0; i < _symbols.Count; i++)
        {
            WrittenSymbol symbol = _symbols[i];
            to.WriteUInt32(symbol.Name);
            to.WriteByte(symbol.Info);
            to.WriteByte(0);
            to.WriteUInt16((ushort)symbol.Section);
            to.WriteUInt64(symbol.Value);
            to.WriteUInt64(symbol.Size);
        }
    }

    private void WriteHeader(ByteBuffer to, int count)
    {
        to.Write("\u007fELF\u0002\u0001\u0001"u8);
        to.Write(stackalloc byte[9]);
        to.WriteUInt16((ushort)type);
        to.WriteUInt16((ushort)machine);
        to.WriteUInt32(1);
        to.WriteUInt64(0); // e_entry
        to.WriteUInt64(0); // e_phoff
        to.WriteUInt64(HeaderSize); // e_shoff
        to.WriteUInt32(0);
        to.WriteUInt16(HeaderSize);
        to.WriteUInt32(0); // e_phentsize, e_phnum
        to.WriteUInt16(SectionSize);
        to.WriteUInt16((ushort)count);
        to.WriteUInt16((ushort)(count - 1)); // e_shstrndx: the strings serve for all
    }

    private static void WriteSection(ByteBuffer to, WrittenSection section, ulong at, ulong length)
    {
        to.WriteUInt32(section.Name);
        to.WriteUInt32((uint)section.Type);
        to.WriteUInt64((ulong)section.Flags);
        to.WriteUInt64(section.Address);
        to.WriteUInt64(at);
        to.WriteUInt64(section.Type == ElfSectionType.NoBits ? section.Size : length);
        to.WriteUInt32(section.Link);
        to.WriteUInt32(section.Info);
        to.WriteUInt64(section.Type == ElfSectionType.NoBits ? 1u : 8u);
        to.WriteUInt64(section.EntrySize);
    }

    private static int Padded(int length) => (length + 7) & ~7;
}
