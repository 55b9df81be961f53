using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Bpf;

/// <summary>
/// Reads an object before libbpf does. libbpf trusts a compiler's work: damage can make it crash, or go on without end, and PowerShell with
/// it. Here damage is an error that says where.
/// </summary>
internal static class BpfObjectCheck
{
    /// <summary>Sections libbpf looks for by name: of two it takes one, and it need not be the one that was looked at here.</summary>
    private static readonly string[] s_only = [".BTF", ".BTF.ext", ".maps", ".struct_ops", ".text"];

    /// <summary>The object's types; null where it has none.</summary>
    /// <exception cref="BinaryFormatException">It is no object of BPF, or damaged.</exception>
    public static BtfFile? Run(ElfFile elf)
    {
        if (elf.Machine != ElfMachine.Bpf || elf.Type != ElfType.Relocatable)
        {
            throw new BinaryFormatException(elf.Path, "ELF header", 16, $"expected an object file compiled for BPF (clang -target bpf -c), have {elf.Type} for {elf.Machine}");
        }

        foreach (ElfSection section in elf.Sections.Where(section => s_only.Contains(section.Name)))
        {
            if (elf.FindSection(section.Name) != section)
            {
                throw new BinaryFormatException(elf.Path, section.Name, 0, "expected one section of this name, have more");
            }

            if (section.Type != ElfSectionType.ProgramBits || (section.Flags & ElfSectionFlags.Compressed) != 0)
            {
                throw new BinaryFormatException(elf.Path, section.Name, 0, $"expected bytes as they are (SHT_PROGBITS), have sh_type {section.Type} and sh_flags {section.Flags}");
            }
        }

        BpfCodeCheck.Run(elf);
        if (elf.FindSection(".BTF") is null)
        {
            return null;
        }

        BtfFile types = Read(elf);
        BpfTypeCheck.Run(elf, types);
        BpfTypeCheck.CheckRelocations(elf, types);
        return types;
    }

    private static BtfFile Read(ElfFile elf)
    {
        try
        {
            return BtfFile.Read(elf);
        }
        catch (BtfBaseMismatchException)
        {
            // A compiler's types stand alone: those that seem to continue others' are damaged.
            throw new BinaryFormatException(elf.Path, ".BTF", 0, "expected types that stand alone, have references behind their end");
        }
    }
}
