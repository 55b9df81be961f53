using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Bpf;

/// <summary>
/// Reads an object before libbpf does. libbpf trusts a compiler's work: damage can make it crash, and PowerShell with it. Here damage is
/// an error that says where.
/// </summary>
internal static class BpfObjectCheck
{
    /// <summary>The object's types; null where it has none.</summary>
    /// <exception cref="BinaryFormatException">It is no object of BPF, or damaged.</exception>
    public static BtfFile? Run(ElfFile elf)
    {
        if (elf.Machine != ElfMachine.Bpf || elf.Type != ElfType.Relocatable)
        {
            throw new BinaryFormatException(elf.Path, "ELF header", 16, $"expected an object file compiled for BPF (clang -target bpf -c), have {elf.Type} for {elf.Machine}");
        }

        if (!elf.Sections.Any(section => section.Name == ".BTF"))
        {
            return null;
        }

        BtfFile types = Read(elf);
        foreach (BtfType type in types.Types)
        {
            _ = type.ToString();
        }

        _ = BtfExtension.Read(elf, types);
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
