using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>
/// A symbol table read in place. Lookups by name go through a hash of the names, lookups by address through a sorted list of code
/// symbols; each is built when first asked for and holds numbers only.
/// </summary>
public sealed class SymbolTable
{
    private const int ReservedIndexes = 0xff00;
    private const int ExtendedIndex = 0xffff;
    private readonly ElfFile _file;
    private readonly ByteSlice _symbols;
    private readonly ByteSlice _names;
    private readonly ByteSlice _extendedIndexes;
    private readonly int _entrySize;
    private NameIndex? _byName;
    private CodeAddressIndex? _byAddress;

    private SymbolTable(ElfFile file, ByteSlice symbols, ByteSlice names, ByteSlice extendedIndexes)
    {
        _file = file;
        _symbols = symbols;
        _names = names;
        _extendedIndexes = extendedIndexes;
        _entrySize = file.Is64Bit ? 24 : 16;
        Count = (int)(symbols.Length / _entrySize);
    }

    /// <summary>Number of symbols, the null symbol at 0 included.</summary>
    public int Count { get; }

    /// <summary>Opens the .symtab of a file.</summary>
    /// <exception cref="BinaryFormatException">The table lies outside the file or is over the cap.</exception>
    internal static SymbolTable Open(ElfFile file)
    {
        ElfSection? table = file.Sections.FirstOrDefault(s => s.Type == ElfSectionType.SymbolTable);
        if (table is null)
        {
            return new SymbolTable(file, default, default, default);
        }

        ByteSlice symbols = file.Contents(table);
        if (table.Link >= file.Sections.Count)
        {
            throw symbols.Error(0, $"expected a string table among {file.Sections.Count} sections, have sh_link {table.Link}");
        }

        if (symbols.Length > ParserLimits.MaxSymbols * 24L)
        {
            throw symbols.Error(0, $"expected at most {ParserLimits.MaxSymbols} symbols, have {symbols.Length} bytes of them");
        }

        ElfSection? extended = file.Sections.FirstOrDefault(s => s.Type == ElfSectionType.SymbolTableIndexes && s.Link == table.Index);
        return new SymbolTable(file, symbols, file.Contents(file.Sections[(int)table.Link]), extended is null ? default : file.Contents(extended));
    }

    /// <summary>The symbol at an index.</summary>
    /// <exception cref="BinaryFormatException">The index is outside.</exception>
    public ElfSymbol this[int index]
    {
        get
        {
            SpanReader reader = _symbols.Slice((long)index * _entrySize, _entrySize).Reader();
            uint name = reader.ReadUInt32();
            ulong value;
            ulong size;
            byte info;
            ushort shndx;
            if (_file.Is64Bit)
            {
                info = reader.ReadByte();
                reader.Skip(1);
                shndx = reader.ReadUInt16();
                value = reader.ReadUInt64();
                size = reader.ReadUInt64();
            }
            else
            {
                value = reader.ReadUInt32();
                size = reader.ReadUInt32();
                info = reader.ReadByte();
                reader.Skip(1);
                shndx = reader.ReadUInt16();
            }

            int section = SectionOf(index, shndx);
            if (_file.Type == ElfType.Relocatable && section > 0 && section < _file.Sections.Count)
            {
                value += _file.Sections[section].Address;
            }

            return new ElfSymbol(index, name, value, size, info, section);
        }
    }

    /// <summary>A symbol's name.</summary>
    /// <exception cref="BinaryFormatException">It lies outside the string table.</exception>
    public string NameOf(ElfSymbol symbol) => Encoding.UTF8.GetString(NameBytes(symbol));

    /// <summary>A symbol's name as bytes.</summary>
    /// <exception cref="BinaryFormatException">It lies outside the string table.</exception>
    public ReadOnlySpan<byte> NameBytes(ElfSymbol symbol) => Strings.Bytes(_names, symbol.NameOffset);

    /// <summary>The code symbols of exactly this name, in the table's order.</summary>
    /// <exception cref="BinaryFormatException">The table is damaged.</exception>
    public IReadOnlyList<ElfSymbol> FindCode(string name) => (_byName ??= new NameIndex(this)).Find(this, name);

    /// <summary>The code symbols whose name, its compiler's suffixes (<c>.isra.0</c>, <c>.llvm.123</c>) taken off, is this one.</summary>
    /// <exception cref="BinaryFormatException">The table is damaged.</exception>
    public IReadOnlyList<ElfSymbol> FindCodeVariants(string name)
    {
        byte[] stem = Encoding.UTF8.GetBytes(name + ".");
        var found = new List<ElfSymbol>();
        for (int i = 1; i < Count; i++)
        {
            ElfSymbol symbol = this[i];
            if (NameBytes(symbol).StartsWith(stem) && IsCode(symbol))
            {
                found.Add(symbol);
            }
        }

        return found;
    }

    /// <summary>The first symbol of exactly this name, of code or data; null where there is none.</summary>
    /// <exception cref="BinaryFormatException">The table is damaged.</exception>
    public ElfSymbol? FindAny(string name)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(name);
        for (int i = 1; i < Count; i++)
        {
            ElfSymbol symbol = this[i];
            if (symbol.SectionIndex > 0 && NameBytes(symbol).SequenceEqual(wanted))
            {
                return symbol;
            }
        }

        return null;
    }

    /// <summary>The code symbols in the order of their addresses.</summary>
    /// <exception cref="BinaryFormatException">The table is damaged.</exception>
    public CodeAddressIndex ByAddress => _byAddress ??= new CodeAddressIndex(this);

    /// <summary>
    /// True for what the kernel's own symbol table lists as text: functions and untyped labels in a section of code, but not
    /// section symbols, local labels and mapping symbols (scripts/kallsyms.c, <c>is_ignored_symbol</c>).
    /// </summary>
    public bool IsCode(ElfSymbol symbol)
    {
        const int Object = 1;
        const int Section = 3;
        const int FileName = 4;
        if (symbol.SectionIndex <= 0 || symbol.SectionIndex >= _file.Sections.Count || symbol.Type is Object or Section or FileName
            || !_file.Sections[symbol.SectionIndex].IsCode)
        {
            return false;
        }

        ReadOnlySpan<byte> name = NameBytes(symbol);
        return name.Length > 0 && name[0] != (byte)'$' && !name.StartsWith(".L"u8) && !name.StartsWith("L0\u0001"u8);
    }

    private int SectionOf(int index, ushort shndx)
    {
        if (shndx < ReservedIndexes)
        {
            return shndx;
        }

        if (shndx != ExtendedIndex || _extendedIndexes.IsEmpty)
        {
            return -1;
        }

        uint extended = _extendedIndexes.Slice(index * 4L, 4).Reader().ReadUInt32();
        return extended <= int.MaxValue ? (int)extended : -1;
    }

    /// <summary>A chained hash of the names of code symbols.</summary>
    private sealed class NameIndex
    {
        private readonly int[] _buckets;
        private readonly int[] _next;

        public NameIndex(SymbolTable table)
        {
            int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, table.Count));
            _buckets = new int[size];
            _next = new int[table.Count];

            // From the last to the first, so that each chain is in the table's order; 0, the null symbol, ends a chain.
            for (int i = table.Count - 1; i > 0; i--)
            {
                ElfSymbol symbol = table[i];
                if (!table.IsCode(symbol))
                {
                    continue;
                }

                uint slot = Hash(table.NameBytes(symbol)) & (uint)(size - 1);
                _next[i] = _buckets[slot];
                _buckets[slot] = i;
            }
        }

        public List<ElfSymbol> Find(SymbolTable table, string name)
        {
            byte[] wanted = Encoding.UTF8.GetBytes(name);
            var found = new List<ElfSymbol>();
            for (int i = _buckets[Hash(wanted) & (uint)(_buckets.Length - 1)]; i != 0; i = _next[i])
            {
                ElfSymbol symbol = table[i];
                if (table.NameBytes(symbol).SequenceEqual(wanted))
                {
                    found.Add(symbol);
                }
            }

            return found;
        }

        private static uint Hash(ReadOnlySpan<byte> name)
        {
            uint hash = 2166136261;
            foreach (byte b in name)
            {
                hash = (hash ^ b) * 16777619;
            }

            return hash;
        }
    }
}
