using System.Buffers.Binary;
using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>
/// A symbol table read in place. Lookups by name go through a hash of the names, lookups by address through a sorted list of code
/// symbols; each is built when first asked for and holds numbers only.
/// </summary>
public sealed class SymbolTable
{
    /// <summary>A few names are found faster by looking through all than by making an index of all.</summary>
    private const int SearchesBeforeIndex = 4;

    private const int ReservedIndexes = 0xff00;
    private const int ExtendedIndex = 0xffff;
    private readonly ElfFile _file;
    private readonly ByteSlice _symbols;
    private readonly ByteSlice _names;
    private readonly ByteSlice _extendedIndexes;
    private readonly int _entrySize;
    private readonly int _firstGlobal;
    private readonly bool[] _isCodeSection;
    private int[]? _codeSymbols;
    private int[] _codeEnds = [];
    private int[]? _suffixed;
    private NameIndex? _byName;
    private int _searches;
    private CodeAddressIndex? _byAddress;

    private SymbolTable(ElfFile file, ByteSlice symbols, ByteSlice names, ByteSlice extendedIndexes, uint firstGlobal)
    {
        // sh_info of a symbol table: one more than the index of the last local symbol (gABI, "Sections").
        _firstGlobal = (int)Math.Clamp(firstGlobal, 1, int.MaxValue);
        _file = file;
        _symbols = symbols;
        _names = names;
        _extendedIndexes = extendedIndexes;
        _entrySize = file.Is64Bit ? 24 : 16;
        Count = (int)(symbols.Length / _entrySize);
        _isCodeSection = new bool[file.Sections.Count];
        for (int i = 0; i < _isCodeSection.Length; i++)
        {
            _isCodeSection[i] = file.Sections[i].IsCode;
        }
    }

    /// <summary>Number of symbols, the null symbol at 0 included.</summary>
    public int Count { get; }

    /// <summary>The index of the first symbol that is not local; those of other files are behind it (gABI, "Symbol Table").</summary>
    internal int FirstGlobal => _firstGlobal;

    /// <summary>Opens a symbol table of a file: .symtab, or .dynsym.</summary>
    /// <exception cref="BinaryFormatException">The table lies outside the file or is over the cap.</exception>
    internal static SymbolTable Open(ElfFile file, ElfSectionType type)
    {
        ElfSection? table = file.Sections.FirstOrDefault(s => s.Type == type);
        if (table is null)
        {
            return new SymbolTable(file, default, default, default, 0);
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
        return new SymbolTable(file, symbols, file.Contents(file.Sections[(int)table.Link]), extended is null ? default : file.Contents(extended), table.Info);
    }

    /// <summary>The symbol at an index.</summary>
    /// <exception cref="BinaryFormatException">The index is outside.</exception>
    public ElfSymbol this[int index]
    {
        get
        {
            ReadOnlySpan<byte> entry = Entry(index);
            bool is64 = _file.Is64Bit;
            bool big = _file.IsBigEndian;
            byte info = entry[is64 ? 4 : 12];
            int section = SectionOf(index, entry);
            ulong value = is64 ? Fields.UInt64(entry[8..], big) : Fields.UInt32(entry[4..], big);
            ulong size = is64 ? Fields.UInt64(entry[16..], big) : Fields.UInt32(entry[8..], big);
            if (_file.Type == ElfType.Relocatable && section > 0 && section < _file.Sections.Count)
            {
                value += _file.Sections[section].Address;
            }

            return new ElfSymbol(index, Fields.UInt32(entry, big), value, size, info, section);
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
    public ElfSymbol[] FindCode(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _byName is null && _searches++ < SearchesBeforeIndex ? SearchCode(name) : (_byName ??= new NameIndex(this)).Find(this, name);
    }

    private ElfSymbol[] SearchCode(string name)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(name + "\0");
        ReadOnlySpan<byte> all = _symbols.Span;
        ReadOnlySpan<byte> names = _names.Span;
        var found = new ValueList<ElfSymbol>();
        foreach (int index in CodeSymbols)
        {
            uint at = Fields.UInt32(all[(index * _entrySize)..], _file.IsBigEndian);
            if (names[(int)at..].StartsWith(wanted))
            {
                found.Add(this[index]);
            }
        }

        return found.ToArray();
    }

    /// <summary>The code symbols whose name, its compiler's suffixes (<c>.isra.0</c>, <c>.llvm.123</c>) taken off, is this one.</summary>
    /// <exception cref="BinaryFormatException">The table is damaged.</exception>
    public ElfSymbol[] FindCodeVariants(string name)
    {
        byte[] stem = Encoding.UTF8.GetBytes(name + ".");
        var found = new ValueList<ElfSymbol>();
        foreach (int index in _suffixed ??= FindSuffixed())
        {
            ElfSymbol symbol = this[index];
            if (NameBytes(symbol).StartsWith(stem))
            {
                found.Add(symbol);
            }
        }

        return found.ToArray();
    }

    /// <summary>The first global symbol of exactly this name, of code or data; null where there is none.</summary>
    /// <exception cref="BinaryFormatException">The table is damaged.</exception>
    public ElfSymbol? FindGlobal(string name)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(name + "\0");
        ReadOnlySpan<byte> all = _symbols.Span;
        ReadOnlySpan<byte> names = _names.Span;
        for (int i = _firstGlobal; i < Count; i++)
        {
            uint offset = Fields.UInt32(all[(i * _entrySize)..], _file.IsBigEndian);
            if (offset < (uint)names.Length && names[(int)offset..].StartsWith(wanted) && this[i] is { SectionIndex: > 0 } symbol)
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
    /// The indexes of what the kernel's own symbol table lists as text, in the table's order: functions and untyped labels in a
    /// section of code, but not section symbols, local labels and mapping symbols (scripts/kallsyms.c, <c>is_ignored_symbol</c>).
    /// </summary>
    /// <exception cref="BinaryFormatException">A name lies outside the string table.</exception>
    internal int[] CodeSymbols => _codeSymbols ??= FindCodeSymbols();

    /// <summary>
    /// True where the table has some functions only, with marks where the code they have ends: a bundle of the functions that logs name.
    /// </summary>
    /// <exception cref="BinaryFormatException">A name lies outside the string table.</exception>
    public bool IsPartial => CodeEnds.Length > 0;

    /// <summary>The indexes of the end marks: nameless symbols of a type of our own where the next function, which is left out, begins.</summary>
    /// <exception cref="BinaryFormatException">A name lies outside the string table.</exception>
    internal int[] CodeEnds => CodeSymbols is null ? [] : _codeEnds;

    /// <summary>The type of an end mark, of those a system may use as it likes (STT_LOOS to STT_HIOS; gABI, "Symbol Table").</summary>
    internal const byte EndMark = 11;

    private int[] FindCodeSymbols()
    {
        const int Object = 1;
        const int Section = 3;
        const int FileName = 4;
        ReadOnlySpan<byte> all = _symbols.Span;
        ReadOnlySpan<byte> names = _names.Span;
        bool big = _file.IsBigEndian;
        int infoAt = _file.Is64Bit ? 4 : 12;
        var found = new int[Count];
        int count = 0;
        var ends = new ValueList<int>();
        for (int i = 1; i < found.Length; i++)
        {
            int start = i * _entrySize;
            int type = all[start + infoAt] & 0xf;
            if (type is Object or Section or FileName)
            {
                continue;
            }

            ReadOnlySpan<byte> entry = all.Slice(start, _entrySize);
            int section = SectionOf(i, entry);
            if ((uint)section >= (uint)_isCodeSection.Length || !_isCodeSection[section])
            {
                continue;
            }

            if (type == EndMark)
            {
                ends.Add(i);
                continue;
            }

            uint at = Fields.UInt32(entry, big);
            if (at >= (uint)names.Length)
            {
                throw _names.Error(at, $"expected a string inside the {names.Length} bytes");
            }

            if (!IsIgnored(names[(int)at..]))
            {
                found[count++] = i;
            }
        }

        Array.Resize(ref found, count);
        _codeEnds = ends.ToArray();
        return found;
    }

    // A twentieth of a kernel's names; a log of another build asks for each of its own.
    private int[] FindSuffixed() => Array.FindAll(CodeSymbols, index => NameBytes(this[index]).Contains((byte)'.'));

    // arm64 links code a second time under a prefix (its hypervisor, its early boot code, the EFI stub): the prefixes before a
    // mapping symbol, and every __efistub_ alias, are left out too.
    private static bool IsIgnored(ReadOnlySpan<byte> name) => name[0] switch
    {
        0 or (byte)'$' => true,
        (byte)'.' => name.StartsWith(".L"u8),
        (byte)'L' => name.StartsWith("L0\u0001"u8),
        (byte)'_' => name.StartsWith("__efistub_"u8)
            || name.StartsWith("__kvm_nvhe_"u8) && IsLocalLabel(name["__kvm_nvhe_".Length..])
            || name.StartsWith("__pi_"u8) && IsLocalLabel(name["__pi_".Length..]),
        _ => false,
    };

    private static bool IsLocalLabel(ReadOnlySpan<byte> name) => name.Length > 0 && (name[0] == '$' || name.StartsWith(".L"u8));

    private ReadOnlySpan<byte> Entry(int index)
    {
        ReadOnlySpan<byte> all = _symbols.Span;
        return (uint)index < (uint)Count
            ? all.Slice(index * _entrySize, _entrySize)
            : throw _symbols.Error((long)index * _entrySize, $"expected one of {Count} symbols, have index {index}");
    }

    private int SectionOf(int index, ReadOnlySpan<byte> entry)
    {
        ushort shndx = Fields.UInt16(entry[(_file.Is64Bit ? 6 : 14)..], _file.IsBigEndian);
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

    /// <summary>Numbers of an entry in the file's byte order.</summary>
    private static class Fields
    {
        public static ushort UInt16(ReadOnlySpan<byte> bytes, bool big) => big ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

        public static uint UInt32(ReadOnlySpan<byte> bytes, bool big) => big ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

        public static ulong UInt64(ReadOnlySpan<byte> bytes, bool big) => big ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A chained hash of the names of code symbols; 0, the null symbol, ends a chain.</summary>
    private sealed class NameIndex
    {
        private readonly int[] _buckets;
        private readonly int[] _next;

        public NameIndex(SymbolTable table)
        {
            int[] code = table.CodeSymbols;
            _buckets = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, code.Length))];
            _next = new int[table.Count];
            ReadOnlySpan<byte> all = table._symbols.Span;
            ReadOnlySpan<byte> names = table._names.Span;

            // From the last to the first, so that each chain is in the table's order.
            for (int i = code.Length - 1; i >= 0; i--)
            {
                uint at = Fields.UInt32(all[(code[i] * table._entrySize)..], table._file.IsBigEndian);
                ReadOnlySpan<byte> name = names[(int)at..];
                int length = name.IndexOf((byte)0);
                uint slot = Hash(length < 0 ? name : name[..length]) & (uint)(_buckets.Length - 1);
                _next[code[i]] = _buckets[slot];
                _buckets[slot] = code[i];
            }
        }

        public ElfSymbol[] Find(SymbolTable table, string name)
        {
            byte[] wanted = Encoding.UTF8.GetBytes(name);
            var found = new ValueList<ElfSymbol>();
            for (int i = _buckets[Hash(wanted) & (uint)(_buckets.Length - 1)]; i != 0; i = _next[i])
            {
                ElfSymbol symbol = table[i];
                if (table.NameBytes(symbol).SequenceEqual(wanted))
                {
                    found.Add(symbol);
                }
            }

            return found.ToArray();
        }

        /// <summary>Eight bytes a step: names are long, and there are a hundred thousand.</summary>
        private static uint Hash(ReadOnlySpan<byte> name)
        {
            const ulong Factor = 0x9e3779b97f4a7c15;
            ulong hash = (ulong)name.Length;
            while (name.Length >= sizeof(ulong))
            {
                hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name)) * Factor;
                hash ^= hash >> 32;
                name = name[sizeof(ulong)..];
            }

            foreach (byte b in name)
            {
                hash = (hash ^ b) * Factor;
            }

            return (uint)(hash >> 32);
        }
    }
}
