using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>
/// The code of a file as it would be linked: of ET_REL relocated, with an address of our own for each symbol that another file has,
/// so that a call to <c>kfree</c> leads to a name.
/// </summary>
internal sealed class CodeImage(ElfFile file)
{
    /// <summary>Where symbols of other files are put: above every section of a module, and in reach of a 32-bit displacement.</summary>
    private const ulong UndefinedBase = 0x40000000;

    /// <summary>Bytes left for the symbols of other files: what a signed 32-bit displacement still reaches.</summary>
    private const ulong UndefinedRoom = 0x3f000000;

    /// <summary>
    /// Bytes from one to the next: more than most objects have, so that <c>init_net+0x120</c> stays init_net's; fewer where a module refers
    /// to that many symbols.
    /// </summary>
    private readonly ulong _undefinedStep = Math.Clamp(UndefinedRoom / (ulong)Math.Max(1, file.Symbols.Count - file.Symbols.FirstGlobal), 16, 1 << 16);

    /// <summary>Bytes of code from an address on; empty where the file does not keep them.</summary>
    /// <param name="address">The address in the file.</param>
    /// <param name="length">How many; fewer at the section's end.</param>
    /// <exception cref="BinaryFormatException">The section lies outside the file, or has a relocation that is not understood.</exception>
    public byte[] Read(ulong address, int length)
    {
        if (file.FindCodeSection(address) is not { } section || section.Type == ElfSectionType.NoBits)
        {
            return [];
        }

        ByteSlice contents = file.Contents(section);
        var offset = (long)(address - section.Address);
        long inside = Math.Min(length, contents.Length - offset);
        RelocationTable? relocations = RelocationTable.For(file, section, contents.Length);
        return (relocations?.Relocated(contents, offset, inside, Place) ?? contents.Slice(offset, inside)).Span.ToArray();
    }

    /// <summary>True where addresses are of our own making (ET_REL) and mean nothing to a reader; names do.</summary>
    public bool HasMadeUpAddresses => file.Type == ElfType.Relocatable;

    /// <summary>
    /// <c>name</c> or <c>name+0x12</c> of an address of code, <c>.bss+0x12</c> of a module's data; null where nothing covers it.
    /// </summary>
    /// <exception cref="BinaryFormatException">The symbol table is damaged.</exception>
    public string? NameOf(ulong address)
    {
        if (HasMadeUpAddresses && address >= UndefinedBase)
        {
            return UndefinedAt(address) is { Offset: 0 } other ? other.Name : null;
        }

        if (file.FindCodeSection(address) is null || file.Symbols.ByAddress.At(address) is not [var symbol, ..])
        {
            ElfSection? data = HasMadeUpAddresses ? file.Sections.FirstOrDefault(s => s.Address != 0 && s.Contains(address)) : null;
            return data is null ? null : $"{data.Name}+0x{address - data.Address:x}";
        }

        string name = file.Symbols.NameOf(symbol);
        return address == symbol.Address ? name : $"{name}+0x{address - symbol.Address:x}";
    }

    /// <summary>The symbol of another file that an address was made up for, and the bytes from it; null where it was made up for none.</summary>
    /// <exception cref="BinaryFormatException">The symbol table is damaged.</exception>
    public (string Name, ulong Offset)? UndefinedAt(ulong address)
    {
        ulong index = unchecked(address - UndefinedBase) / _undefinedStep + (ulong)file.Symbols.FirstGlobal;
        return HasMadeUpAddresses && address >= UndefinedBase && index < (ulong)file.Symbols.Count
            && file.Symbols[(int)index] is { SectionIndex: 0 } symbol && file.Symbols.NameOf(symbol) is { Length: > 0 } name
            ? (name, (address - UndefinedBase) % _undefinedStep)
            : null;
    }

    private ulong Place(ElfSymbol symbol) => symbol.SectionIndex == 0 && symbol.Index >= file.Symbols.FirstGlobal
        ? UndefinedBase + (ulong)(symbol.Index - file.Symbols.FirstGlobal) * _undefinedStep
        : symbol.Address;
}
