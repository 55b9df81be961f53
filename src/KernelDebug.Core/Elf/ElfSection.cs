namespace KernelDebug.Elf;

/// <summary>One section header (gABI, "Sections").</summary>
public sealed record ElfSection
{
    /// <summary>Index in the section header table.</summary>
    public required int Index { get; init; }
    /// <summary>The name.</summary>
    public required string Name { get; init; }
    /// <summary>sh_type.</summary>
    public required ElfSectionType Type { get; init; }
    /// <summary>sh_flags.</summary>
    public required ElfSectionFlags Flags { get; init; }
    /// <summary>sh_offset: bytes from the file's start.</summary>
    public required ulong FileOffset { get; init; }
    /// <summary>sh_size: bytes in the file, or in memory for SHT_NOBITS.</summary>
    public required ulong Size { get; init; }
    /// <summary>sh_link.</summary>
    public required uint Link { get; init; }
    /// <summary>sh_info.</summary>
    public required uint Info { get; init; }
    /// <summary>
    /// Where it begins: sh_addr (link-time) in a linked file. In ET_REL, whose sections all begin at 0, an address of our own
    /// that no other section shares, so that <c>.text+0x10</c> and <c>.init.text+0x10</c> stay two addresses.
    /// </summary>
    public required ulong Address { get; init; }

    /// <summary>True for code that is in memory at run time.</summary>
    public bool IsCode => (Flags & (ElfSectionFlags.Alloc | ElfSectionFlags.Execute)) == (ElfSectionFlags.Alloc | ElfSectionFlags.Execute);

    /// <summary>True when the address lies inside.</summary>
    public bool Contains(ulong address) => address >= Address && address - Address < Size;
}
