namespace KernelDebug.Elf;

/// <summary>The letter nm(1) prints for a symbol, which is what System.map and <c>/proc/kallsyms</c> show (binutils, <c>bfd_decode_symclass</c>).</summary>
internal sealed class SymbolLetter
{
    private const int Global = 1;
    private const int Weak = 2;
    private const int Unique = 10;
    private const int Object = 1;
    private const int IndirectFunction = 10;
    private readonly char[] _ofSection;

    public SymbolLetter(ElfFile file)
    {
        // A file of debug information alone keeps no section's bytes: then NOBITS does not mean zeros.
        bool hasBytes = file.Sections.All(s => !s.IsCode || s.Type != ElfSectionType.NoBits);
        _ofSection = [.. file.Sections.Select(section => OfSection(section, hasBytes))];
    }

    /// <summary>The letter, upper-case for a symbol that other files see.</summary>
    public char Of(ElfSymbol symbol)
    {
        int binding = symbol.Info >> 4;
        if (symbol.Type == IndirectFunction)
        {
            return 'i';
        }

        if (binding == Weak)
        {
            return symbol.Type == Object ? 'V' : 'W';
        }

        char letter = OfPlace(symbol);
        return binding == Unique ? 'u' : binding == Global ? char.ToUpperInvariant(letter) : letter;
    }

    /// <summary>The letter of the symbol's section, lower-case: <c>t</c>, <c>d</c>, <c>r</c>, <c>b</c>, <c>a</c>, <c>n</c>.</summary>
    public char OfPlace(ElfSymbol symbol) => (uint)symbol.SectionIndex < (uint)_ofSection.Length ? _ofSection[symbol.SectionIndex] : 'a';

    private static char OfSection(ElfSection section, bool hasBytes)
    {
        if ((section.Flags & ElfSectionFlags.Execute) != 0)
        {
            return 't';
        }

        bool isReadOnly = (section.Flags & ElfSectionFlags.Write) == 0;
        if ((section.Flags & ElfSectionFlags.Alloc) == 0)
        {
            return section.Name.StartsWith(".debug", StringComparison.Ordinal) ? 'N' : isReadOnly ? 'n' : '?';
        }

        bool isZeroed = section.Type == ElfSectionType.NoBits && (hasBytes || section.Name.StartsWith(".bss", StringComparison.Ordinal));
        return isZeroed ? 'b' : isReadOnly ? 'r' : 'd';
    }
}
