using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>The file header and the section header table (gABI, "ELF Header" and "Sections").</summary>
internal static class ElfHeaderReader
{
    private const int UndefinedIndex = 0;
    private const int ExtendedIndex = 0xffff;

    public readonly record struct Header(bool Is64Bit, bool IsBigEndian, ElfType Type, ElfMachine Machine, uint Flags, ElfSection[] Sections);

    /// <exception cref="BinaryFormatException">Not ELF, or a header that lies outside the file.</exception>
    public static Header Read(ByteSource source)
    {
        var start = new ByteSlice(source, "ELF header", isBigEndian: false);
        ReadOnlySpan<byte> ident = start.Window(0, 16);
        if (ident.Length < 16 || !ident.StartsWith("\u007fELF"u8))
        {
            throw start.Error(0, "expected the ELF magic 7f 45 4c 46, have another file");
        }

        bool is64 = ident[4] switch { 1 => false, 2 => true, _ => throw start.Error(4, $"expected ELFCLASS32 or ELFCLASS64, have {ident[4]}") };
        bool big = ident[5] switch { 1 => false, 2 => true, _ => throw start.Error(5, $"expected ELFDATA2LSB or ELFDATA2MSB, have {ident[5]}") };
        var file = new ByteSlice(source, "ELF header", big);
        SpanReader reader = file.Slice(0, Math.Min(file.Length, is64 ? 64 : 52)).Reader();
        reader.Position = 16;
        var type = (ElfType)reader.ReadUInt16();
        var machine = (ElfMachine)reader.ReadUInt16();
        reader.Skip(4 + (is64 ? 16u : 8u));
        ulong tableOffset = reader.ReadUnsigned(is64 ? 8 : 4);
        uint flags = reader.ReadUInt32();
        reader.Skip(6);
        int entrySize = reader.ReadUInt16();
        uint count = reader.ReadUInt16();
        uint nameIndex = reader.ReadUInt16();
        ElfSection[] sections = tableOffset == 0
            ? []
            : ReadSections(file.Named("section headers"), is64, type, tableOffset, entrySize, count, nameIndex);
        return new Header(is64, big, type, machine, flags, sections);
    }

    private static ElfSection[] ReadSections(
        ByteSlice file, bool is64, ElfType type, ulong tableOffset, int entrySize, uint count, uint nameIndex)
    {
        if (entrySize < (is64 ? 64 : 40))
        {
            throw file.Error(0, $"expected section headers of at least {(is64 ? 64 : 40)} bytes, have {entrySize}");
        }

        if (tableOffset > (ulong)file.Length)
        {
            throw file.Error((long)Math.Min(tableOffset, long.MaxValue), $"expected the table inside the file, have an offset beyond its {file.Length} bytes");
        }

        // Counts too large for 16 bits stand in the first header (gABI: e_shnum is 0, e_shstrndx is SHN_XINDEX).
        Raw first = ReadRaw(file, is64, tableOffset, entrySize, 0);
        ulong total = count == 0 ? first.Size : count;
        ulong names = nameIndex == ExtendedIndex ? first.Link : nameIndex;
        ulong room = ((ulong)file.Length - tableOffset) / (ulong)entrySize;
        if (total > room || total > ParserLimits.MaxSections)
        {
            throw file.Error((long)tableOffset, $"expected at most {Math.Min(room, ParserLimits.MaxSections)} section headers, have {total}");
        }

        var raws = new Raw[total];
        for (ulong i = 0; i < total; i++)
        {
            raws[i] = ReadRaw(file, is64, tableOffset, entrySize, i);
        }

        ByteSlice nameTable = default;
        if (names != UndefinedIndex)
        {
            if (names >= total)
            {
                throw file.Error((long)tableOffset, $"expected e_shstrndx under {total}, have {names}");
            }

            nameTable = SliceOf(file, raws[names]).Named("section names");
        }

        ulong[] addresses = LayOut(raws, type == ElfType.Relocatable && !StatesAddresses(raws));
        var sections = new ElfSection[total];
        for (int i = 0; i < sections.Length; i++)
        {
            Raw raw = raws[i];
            sections[i] = new ElfSection
            {
                Index = i,
                Name = nameTable.IsEmpty ? "" : Strings.Read(nameTable, raw.Name),
                Type = (ElfSectionType)raw.Type,
                Flags = (ElfSectionFlags)raw.Flags,
                FileOffset = raw.Offset,
                Size = raw.Size,
                Link = raw.Link,
                Info = raw.Info,
                Address = addresses[i],
            };
        }

        return sections;
    }

    /// <summary>
    /// True where every section of code has an address: linkers leave those of ET_REL 0, a symbol bundle's files state where its frames
    /// have them.
    /// </summary>
    private static bool StatesAddresses(Raw[] raws)
    {
        const ElfSectionFlags Code = ElfSectionFlags.Alloc | ElfSectionFlags.Execute;
        foreach (Raw raw in raws)
        {
            if (((ElfSectionFlags)raw.Flags & Code) == Code && raw.Address == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// sh_addr of a linked file. Gives each section of a relocatable file an address of its own, apart from its neighbours, in the low 32 bits where they
    /// fit, since 32-bit relocations of debug sections hold them.
    /// </summary>
    private static ulong[] LayOut(Raw[] raws, bool isRelocatable)
    {
        const ulong Alignment = 0x1000;
        var addresses = new ulong[raws.Length];
        ulong next = 0x10000;
        for (int i = 0; i < raws.Length; i++)
        {
            if (!isRelocatable || ((ElfSectionFlags)raws[i].Flags & ElfSectionFlags.Alloc) == 0)
            {
                addresses[i] = isRelocatable ? 0 : raws[i].Address;
                continue;
            }

            addresses[i] = next;
            ulong size = Math.Min(raws[i].Size, 1UL << 40);
            next += ((size + Alignment - 1) & ~(Alignment - 1)) + Alignment;
        }

        return addresses;
    }

    internal static ByteSlice SliceOf(ByteSlice file, Raw raw) => (ElfSectionType)raw.Type == ElfSectionType.NoBits
        ? default
        : raw.Offset > long.MaxValue || raw.Size > long.MaxValue
            ? throw file.Error(0, $"expected a section inside the file, have offset 0x{raw.Offset:x} size 0x{raw.Size:x}")
            : file.Slice((long)raw.Offset, (long)raw.Size);

    private static Raw ReadRaw(ByteSlice file, bool is64, ulong tableOffset, int entrySize, ulong index)
    {
        SpanReader reader = file.Slice((long)(tableOffset + index * (ulong)entrySize), is64 ? 64 : 40).Reader();
        int word = is64 ? 8 : 4;
        return new Raw
        {
            Name = reader.ReadUInt32(),
            Type = reader.ReadUInt32(),
            Flags = reader.ReadUnsigned(word),
            Address = reader.ReadUnsigned(word),
            Offset = reader.ReadUnsigned(word),
            Size = reader.ReadUnsigned(word),
            Link = reader.ReadUInt32(),
            Info = reader.ReadUInt32(),
        };
    }

    internal struct Raw
    {
        public uint Name;
        public uint Type;
        public ulong Flags;
        public ulong Address;
        public ulong Offset;
        public ulong Size;
        public uint Link;
        public uint Info;
    }
}
