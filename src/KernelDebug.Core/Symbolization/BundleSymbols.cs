using System.Text;
using KernelDebug.Elf;
using KernelDebug.Gsym;

namespace KernelDebug.Symbolization;

/// <summary>Makes the symbol file that stands in a bundle for an object: its code symbols, its build-id, its banner.</summary>
internal static class BundleSymbols
{
    private const byte GlobalObject = 0x11; // STB_GLOBAL, STT_OBJECT

    /// <param name="source">The object.</param>
    /// <param name="banner">The kernel's banner; null where not known.</param>
    /// <param name="module">The module's name; empty for vmlinux.</param>
    /// <param name="sections">Where the bundle has its code.</param>
    /// <param name="functions">The addresses of the symbols wanted; null for all.</param>
    /// <param name="strings">Takes the names.</param>
    /// <exception cref="IO.BinaryFormatException">The object is damaged.</exception>
    /// <exception cref="InvalidDataException">It has more sections of code than a symbol can name.</exception>
    public static ElfWriter Make(KernelObject source, string? banner, string module, CodeSections sections, IReadOnlySet<ulong>? functions, GsymWriter strings)
    {
        ElfFile elf = source.Elf;
        var file = new ElfWriter(elf.Type, elf.Machine);
        var indexes = new Dictionary<int, int>();
        foreach (CodeSection code in sections.InOrder)
        {
            ElfSection section = code.Section;
            ulong address = unchecked(section.Address + code.Shift);
            indexes[section.Index] = file.Add(new WrittenSection(
                strings.AddString(section.Name), ElfSectionType.NoBits, ElfSectionFlags.Alloc | ElfSectionFlags.Execute, address, section.Size, []));
        }

        const int ReservedIndexes = 0xff00;
        if (indexes.Count + 4 >= ReservedIndexes)
        {
            throw new InvalidDataException($"{elf.Path}: {indexes.Count} sections of code are more than a bundle holds");
        }

        WrittenSymbol? named = AddIdentity(file, source, banner, module, strings);
        if (functions is not null)
        {
            AddEndMarks(file, elf, indexes, functions);
        }

        foreach (int index in elf.Symbols.CodeSymbols)
        {
            ElfSymbol symbol = elf.Symbols[index];
            if (indexes.TryGetValue(symbol.SectionIndex, out int section) && functions?.Contains(symbol.Address) != false)
            {
                file.Add(new WrittenSymbol(strings.AddString(elf.Symbols.NameOf(symbol)), symbol.Info, section, ValueOf(elf, symbol), symbol.Size));
            }
        }

        if (named is { } bannerSymbol)
        {
            file.Add(bannerSymbol);
        }

        return file;
    }

    /// <summary>What tells which build it is, where <see cref="KernelObject"/> looks for it in any file.</summary>
    private static WrittenSymbol? AddIdentity(ElfWriter file, KernelObject source, string? banner, string module, GsymWriter strings)
    {
        if (source.BuildId is { } id)
        {
            file.Add(new WrittenSection(strings.AddString(".note.gnu.build-id"), ElfSectionType.Note, ElfSectionFlags.None, 0, 0, ElfNotes.BuildIdNote(id)));
        }

        if (module.Length > 0)
        {
            string info = $"name={module}\0" + (KernelObject.ReleaseOf(banner) is { } release ? $"vermagic={release}\0" : "");
            file.Add(new WrittenSection(strings.AddString(".modinfo"), ElfSectionType.ProgramBits, ElfSectionFlags.None, 0, 0, Encoding.UTF8.GetBytes(info)));
            return null;
        }

        if (banner is null)
        {
            return null;
        }

        ulong address = source.Symbols.FindGlobal("linux_banner")?.Address ?? 0;
        byte[] text = Encoding.UTF8.GetBytes(banner + "\n");
        int section = file.Add(new WrittenSection(strings.AddString(".rodata"), ElfSectionType.ProgramBits, ElfSectionFlags.Alloc, address, 0, text));
        return new WrittenSymbol(strings.AddString("linux_banner"), GlobalObject, section, address, (ulong)text.Length);
    }

    /// <summary>Marks where the code after each wanted symbol begins, so that its size is what the kernel prints.</summary>
    private static void AddEndMarks(ElfWriter file, ElfFile elf, Dictionary<int, int> indexes, IReadOnlySet<ulong> functions)
    {
        foreach (ulong address in functions.Order())
        {
            if (elf.Symbols.ByAddress.NextAfter(address) is not { } next || functions.Contains(next))
            {
                continue;
            }

            ElfSymbol following = elf.Symbols.ByAddress.At(next)[0];
            bool ends = elf.Type != ElfType.Relocatable || elf.Sections[following.SectionIndex].Contains(address);
            if (ends && indexes.TryGetValue(following.SectionIndex, out int section))
            {
                file.Add(new WrittenSymbol(0, SymbolTable.EndMark, section, ValueOf(elf, following), 0));
            }
        }
    }

    private static ulong ValueOf(ElfFile elf, ElfSymbol symbol) =>
        elf.Type == ElfType.Relocatable ? symbol.Address - elf.Sections[symbol.SectionIndex].Address : symbol.Address;
}
