namespace KernelDebug.Elf;

/// <summary>One symbol, as a value: tables have hundreds of thousands.</summary>
/// <param name="Index">Index in the table.</param>
/// <param name="NameOffset">st_name: offset in the string table.</param>
/// <param name="Address">Link-time address: st_value in a linked file, section address plus st_value in ET_REL.</param>
/// <param name="Size">st_size in bytes; 0 where the assembler gave none.</param>
/// <param name="Info">st_info: binding and type.</param>
/// <param name="SectionIndex">The section; 0 for undefined, negative for absolute, common and other reserved ones.</param>
public readonly record struct ElfSymbol(int Index, uint NameOffset, ulong Address, ulong Size, byte Info, int SectionIndex)
{
    /// <summary>STT_NOTYPE 0, STT_OBJECT 1, STT_FUNC 2, STT_SECTION 3, STT_FILE 4, STT_GNU_IFUNC 10.</summary>
    public int Type => Info & 0xf;
}
