using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>The sections of an ELF file that hold BTF.</summary>
internal static class BtfSections
{
    /// <summary>Types and strings.</summary>
    public const string Types = ".BTF";

    /// <summary>Where functions and lines are in BPF code, and what the loader has to adapt in it.</summary>
    public const string Extension = ".BTF.ext";

    /// <summary>The part of the base a module needs: names and sizes, so that it loads into a kernel whose ids are others.</summary>
    public const string DistilledBase = ".BTF.base";

    /// <summary>A section's bytes; null where the file has none of that name, or only its header (a separate debug file).</summary>
    /// <exception cref="BinaryFormatException">It lies outside the file.</exception>
    public static ByteSlice? Find(ElfFile elf, string name) =>
        elf.FindSection(name) is { Type: not ElfSectionType.NoBits } section ? elf.Contents(section).Named(name) : null;
}
