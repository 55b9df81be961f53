using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Fuzz;

/// <summary>A fixture, what of it to damage, and what to ask of the damaged copy.</summary>
internal sealed class ObjectFile : IFuzzTarget
{
    private static readonly string[] UnitSections = [".debug_info", ".debug_abbrev", ".debug_line", ".debug_rnglists", ".debug_ranges", ".debug_aranges", ".debug_addr", ".debug_str_offsets"];
    private readonly ulong[] _addresses;

    private ObjectFile(string name, byte[] bytes, List<(int Start, int Length)> headers, List<(int Start, int Length)> units, ulong[] addresses)
    {
        Name = name;
        Bytes = bytes;
        Headers = headers;
        Units = units;
        _addresses = addresses;
    }

    public string Name { get; }

    public byte[] Bytes { get; }

    /// <summary>The ELF header, the section headers, the tables of symbols, names, notes and relocations, the compressed sections.</summary>
    public IReadOnlyList<(int Start, int Length)> Headers { get; }

    /// <summary>The debug sections that are read as structures.</summary>
    public IReadOnlyList<(int Start, int Length)> Units { get; }

    public static ObjectFile Open(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(bytes, path));
        int headerSize = elf.Is64Bit ? 64 : 52;
        int entrySize = elf.Is64Bit ? 64 : 40;
        int table = bytes.Length - elf.Sections.Count * entrySize;
        List<(int Start, int Length)> headers = [(0, headerSize), (0, headerSize), (table, bytes.Length - table), (table, bytes.Length - table)];
        List<(int Start, int Length)> units = [];
        var addresses = new List<ulong>();
        foreach (ElfSection section in elf.Sections)
        {
            var region = ((int)section.FileOffset, (int)section.Size);
            if (section.Type is not (ElfSectionType.NoBits or ElfSectionType.Null) && section.Size > 0)
            {
                bool isUnit = UnitSections.Contains(section.Name);
                if (isUnit && (section.Flags & ElfSectionFlags.Compressed) == 0)
                {
                    units.Add(region);
                }
                else if (section.Type != ElfSectionType.ProgramBits || section.Name.Contains("debug", StringComparison.Ordinal))
                {
                    headers.Add(region);
                }
            }

            for (ulong i = 0; section.IsCode && i < 8 && section.Size > 0; i++)
            {
                addresses.Add(section.Address + section.Size * i / 8);
            }
        }

        return new ObjectFile(Path.GetFileName(path), bytes, headers, units, addresses.Count > 0 ? [.. addresses] : [0]);
    }

    public int Questions => 9;

    public int Ask(byte[] damaged, Random random)
    {
        int answered = 0;
        ElfFile? elf = null;
        if (!Try(() => elf = ElfFile.Read(ByteSource.FromArray(damaged, Name))))
        {
            return 0;
        }

        using (elf)
        {
            answered += Count(() => _ = ElfNotes.BuildId(elf!));
            answered += Count(() => _ = ElfNotes.DebugLink(elf!));
            answered += Count(() => _ = ElfNotes.DebugAltLink(elf!));
            answered += Count(() => _ = elf!.Symbols.FindCode("net_rx"));
            answered += Count(() => _ = elf!.Symbols.ByAddress.At(_addresses[0]));
            var dwarf = new DwarfFile(elf!);
            dwarf.Supplementary = random.Next(4) == 0 ? dwarf : null;
            for (int i = 0; i < 4; i++)
            {
                ulong address = _addresses[random.Next(_addresses.Length)];
                answered += Count(() => _ = dwarf.Find(address));
            }
        }

        return answered;
    }

    private static int Count(Action question) => Try(question) ? 1 : 0;

    private static bool Try(Action question)
    {
        try
        {
            question();
            return true;
        }
        catch (BinaryFormatException)
        {
            return false;
        }
    }
}
