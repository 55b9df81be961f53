using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>
/// An ELF file, 32 or 64 bits, either byte order: vmlinux, a module, or a separate debug file. Sections are read when asked for.
/// </summary>
public sealed class ElfFile : IDisposable
{
    private readonly ByteSource _source;
    private readonly ElfSection[] _sections;
    private readonly Dictionary<int, ByteSource> _decompressed = [];
    private SymbolTable? _symbols;
    private SymbolTable? _dynamicSymbols;

    private ElfFile(ByteSource source, ElfHeaderReader.Header header, bool hasFunctionsOnly)
    {
        HasFunctionsOnly = hasFunctionsOnly;
        _source = source;
        _sections = header.Sections;
        Is64Bit = header.Is64Bit;
        IsBigEndian = header.IsBigEndian;
        Type = header.Type;
        Machine = header.Machine;
        HeaderFlags = header.Flags;
    }

    /// <summary>The file as the user named it.</summary>
    public string Path => _source.Name;

    /// <summary>ELFCLASS64.</summary>
    public bool Is64Bit { get; }

    /// <summary>ELFDATA2MSB.</summary>
    public bool IsBigEndian { get; }

    /// <summary>e_type.</summary>
    public ElfType Type { get; }

    /// <summary>e_machine.</summary>
    public ElfMachine Machine { get; }

    /// <summary>e_flags.</summary>
    public uint HeaderFlags { get; }

    /// <summary>
    /// True where the symbols were made of a list of functions: between two of them the kernel may have others, and a name may lack its
    /// suffix (<c>.isra.0</c>, <c>.cold</c>).
    /// </summary>
    internal bool HasFunctionsOnly { get; }

    /// <summary>The section headers, in the file's order.</summary>
    public IReadOnlyList<ElfSection> Sections => _sections;

    /// <summary>The symbols of .symtab; empty where the file is stripped.</summary>
    public SymbolTable Symbols => _symbols ??= SymbolTable.Open(this, ElfSectionType.SymbolTable);

    /// <summary>The symbols of .dynsym, which a linked file exports or imports, stripped or not; empty where it has none.</summary>
    internal SymbolTable DynamicSymbols => _dynamicSymbols ??= SymbolTable.Open(this, ElfSectionType.DynamicSymbolTable);

    /// <summary>Opens a file, decompressing <c>.gz</c>, <c>.xz</c> and <c>.zst</c> by their magic.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    /// <exception cref="BinaryFormatException">It is not ELF, or damaged.</exception>
    /// <exception cref="DllNotFoundException">It is compressed, and the system's library for that is not installed.</exception>
    public static ElfFile Open(string path) => Open(path, isOfOthers: false);

    /// <inheritdoc cref="Open(string)"/>
    /// <param name="path">The file.</param>
    /// <param name="isOfOthers">True where a process named it, and not the user: what others may change is read whole.</param>
    internal static ElfFile Open(string path, bool isOfOthers)
    {
        ByteSource source = isOfOthers ? ByteSource.OpenFileOfOthers(path) : ByteSource.OpenFile(path);
        try
        {
            var whole = new ByteSlice(source, "file", isBigEndian: false);
            CompressionKind kind = Decompression.Detect(whole.Window(0, 8));
            if (kind != CompressionKind.None)
            {
                byte[] bytes = Decompression.Decompress(whole, kind, null);
                source.Dispose();
                source = ByteSource.FromArray(bytes, path);
            }

            return Read(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Reads the headers of a source, which this file then owns.</summary>
    /// <exception cref="BinaryFormatException">It is not ELF, or damaged.</exception>
    public static ElfFile Read(ByteSource source) => Read(source, hasFunctionsOnly: false);

    /// <inheritdoc cref="Read(ByteSource)"/>
    internal static ElfFile Read(ByteSource source, bool hasFunctionsOnly) => new(source, ElfHeaderReader.Read(source), hasFunctionsOnly);

    /// <summary>The first section of a name; null where there is none.</summary>
    public ElfSection? FindSection(string name) => Array.Find(_sections, section => section.Name == name);

    /// <summary>The section of code an address is in; null where there is none.</summary>
    public ElfSection? FindCodeSection(ulong address) => Array.Find(_sections, section => section.IsCode && section.Contains(address));

    /// <summary>A section's bytes, decompressed where they are compressed; empty for SHT_NOBITS.</summary>
    /// <exception cref="BinaryFormatException">The section lies outside the file, or its compression is damaged.</exception>
    /// <exception cref="DllNotFoundException">It is compressed with zstd, and libzstd is not installed.</exception>
    public ByteSlice Contents(ElfSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        if (_decompressed.TryGetValue(section.Index, out ByteSource? known))
        {
            return new ByteSlice(known, section.Name, IsBigEndian);
        }

        if (section.Type == ElfSectionType.NoBits)
        {
            return default;
        }

        ByteSlice raw = ElfHeaderReader
            .SliceOf(new ByteSlice(_source, section.Name, IsBigEndian), new() { Type = (uint)section.Type, Offset = section.FileOffset, Size = section.Size })
            .Named(section.Name);
        if (CompressedSection.TryDecompress(raw, section, Is64Bit) is not { } bytes)
        {
            return raw;
        }

        var copy = ByteSource.FromArray(bytes, Path);
        _decompressed.Add(section.Index, copy);
        return new ByteSlice(copy, section.Name, IsBigEndian);
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        _source.Dispose();
        foreach (ByteSource copy in _decompressed.Values)
        {
            copy.Dispose();
        }
    }
}
