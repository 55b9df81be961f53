namespace KernelDebug.IO;

/// <summary>A named cap for every count and size the readers take from input, so that no file makes them allocate or loop without end.</summary>
public static class ParserLimits
{
    /// <summary>Section headers of one ELF file. A module built with -ffunction-sections has some 10,000; SHN_XINDEX starts at 65,280.</summary>
    public const int MaxSections = 1 << 20;

    /// <summary>Symbols of one table. vmlinux has 130,000.</summary>
    public const int MaxSymbols = 1 << 25;

    /// <summary>Functions of one name. A kernel has some dozens of one static inline's copies; each is compared with the others.</summary>
    public const int MaxSymbolsOfOneName = 1 << 10;

    /// <summary>Bytes of a section or a whole module after decompression: 1 GiB. A debug build's vmlinux .debug_info has 400 MB.</summary>
    public const long MaxDecompressedBytes = 1L << 30;

    /// <summary>How many times larger than its compressed form a section may claim to be. zlib reaches 1,032, zstd in practice less.</summary>
    public const long MaxCompressionRatio = 40_000;

    /// <summary>Bytes of one LEB128 number, padding included: linker relaxation pads, and 64 bits need 10.</summary>
    public const int MaxLeb128Bytes = 16;

    /// <summary>Abbreviations of one table. Real ones have a few hundred.</summary>
    public const int MaxAbbreviations = 1 << 20;

    /// <summary>Attributes of one abbreviation. Real producers stay under 40.</summary>
    public const int MaxAttributesPerAbbreviation = 1 << 12;

    /// <summary>Depth of nested debugging information entries. Deep template code reaches some 60.</summary>
    public const int MaxEntryDepth = 1024;

    /// <summary>Links followed from an entry to its abstract origin or specification.</summary>
    public const int MaxReferenceDepth = 16;

    /// <summary>Entries of one range list.</summary>
    public const int MaxRanges = 1 << 20;

    /// <summary>File and directory names of one line table.</summary>
    public const int MaxLineTableFiles = 1 << 20;

    /// <summary>Fields of one directory or file entry format of a DWARF 5 line table.</summary>
    public const int MaxEntryFormats = 32;

    /// <summary>
    /// Bytes of tables and entries read for one address, a range counting 32: a third of a second. The first look-up in a distribution's
    /// vmlinux, which reads all unit headers and ranges, takes some 10 million; a larger .debug_info is granted more (WorkBudget).
    /// </summary>
    public const long MaxLookupSteps = 1L << 26;

    /// <summary>Units of one .debug_info. A distribution's vmlinux has 2,400, one of all built-in drivers 30,000.</summary>
    public const int MaxUnits = 1 << 22;

    /// <summary>Address ranges of one .debug_aranges.</summary>
    public const int MaxAddressRanges = 1 << 24;

    /// <summary>Bytes of one name (symbol, path, function).</summary>
    public const int MaxNameBytes = 1 << 16;

    /// <summary>Bytes of the notes looked through for a build-id.</summary>
    public const int MaxNoteBytes = 1 << 24;

    /// <summary>Length of an inlined chain that is reported.</summary>
    public const int MaxInlineDepth = 256;

    /// <summary>Bytes of a System.map or of /proc/kallsyms: 256 MiB. A distribution's kernel with its modules has 12 MB.</summary>
    public const int MaxSymbolMapBytes = 1 << 28;

    /// <summary>Bytes of the types or of the strings of one BTF file: 256 MiB. A distribution's vmlinux has 3 MB of each.</summary>
    public const int MaxBtfBytes = 1 << 28;

    /// <summary>Types of one BTF file. A distribution's vmlinux has 130,000; the kernel takes 1,048,575 with the base's.</summary>
    public const int MaxBtfTypes = 1 << 24;

    /// <summary>Links from a typedef, qualifier or pointer to the type behind it. libbpf follows 32.</summary>
    public const int MaxBtfChain = 64;

    /// <summary>Depth of structures within structures, functions within parameters and dimensions of arrays.</summary>
    public const int MaxBtfNesting = 64;

    /// <summary>Members of a structure with those of its anonymous members. task_struct has 270.</summary>
    public const int MaxBtfFlattenedMembers = 1 << 16;

    /// <summary>Values of one object read from memory: members and array elements together.</summary>
    public const int MaxBtfValues = 1 << 20;

    /// <summary>Characters of one declaration as text. Parameters that are pointers to functions can repeat each other without end.</summary>
    public const int MaxDeclarationLength = 1 << 16;

    /// <summary>Visits of types while a header is written. A distribution's vmlinux takes under a million.</summary>
    public const int MaxBtfHeaderSteps = 1 << 24;

    /// <summary>Depth of references from one type to the next while a header is written, those to named structures aside.</summary>
    public const int MaxBtfHeaderDepth = 1 << 16;

    /// <summary>Bits between two members of a structure that a header fills with padding: 2 MiB. Pages of 4 KiB are what kernels align to.</summary>
    public const int MaxBtfHeaderGap = 1 << 24;

    /// <summary>Characters of a header. A distribution's vmlinux.h has under 3 million.</summary>
    public const int MaxBtfHeaderLength = 1 << 26;

    /// <summary>Bytes of a compiled BPF object. Those of large projects have 10 million with their debug information.</summary>
    public const int MaxBpfObjectBytes = 1 << 28;

    /// <summary>Characters of an expression that a trace asks.</summary>
    public const int MaxTraceExpression = 1 << 12;

    /// <summary>Brackets and operators within each other in such an expression.</summary>
    public const int MaxTraceNesting = 64;
}
