namespace KernelDebug.Elf;

/// <summary>e_type.</summary>
public enum ElfType : ushort
{
    /// <summary>ET_NONE.</summary>
    None = 0,
    /// <summary>ET_REL: an object file, a kernel module.</summary>
    Relocatable = 1,
    /// <summary>ET_EXEC: vmlinux on most architectures.</summary>
    Executable = 2,
    /// <summary>ET_DYN: vmlinux built relocatable (arm64, s390).</summary>
    Shared = 3,
    /// <summary>ET_CORE.</summary>
    Core = 4,
}

/// <summary>e_machine, those the kernel runs on.</summary>
public enum ElfMachine : ushort
{
    /// <summary>EM_NONE.</summary>
    None = 0,
    /// <summary>EM_386.</summary>
    I386 = 3,
    /// <summary>EM_MIPS.</summary>
    Mips = 8,
    /// <summary>EM_PPC.</summary>
    PowerPc = 20,
    /// <summary>EM_PPC64.</summary>
    PowerPc64 = 21,
    /// <summary>EM_S390.</summary>
    S390 = 22,
    /// <summary>EM_ARM.</summary>
    Arm = 40,
    /// <summary>EM_X86_64.</summary>
    X86_64 = 62,
    /// <summary>EM_AARCH64.</summary>
    AArch64 = 183,
    /// <summary>EM_RISCV.</summary>
    RiscV = 243,
    /// <summary>EM_LOONGARCH.</summary>
    LoongArch = 258,
    /// <summary>EM_BPF.</summary>
    Bpf = 247,
}

/// <summary>sh_type, those read here.</summary>
public enum ElfSectionType : uint
{
    /// <summary>SHT_NULL.</summary>
    Null = 0,
    /// <summary>SHT_PROGBITS.</summary>
    ProgramBits = 1,
    /// <summary>SHT_SYMTAB.</summary>
    SymbolTable = 2,
    /// <summary>SHT_STRTAB.</summary>
    StringTable = 3,
    /// <summary>SHT_RELA: relocations with addends.</summary>
    Rela = 4,
    /// <summary>SHT_NOTE.</summary>
    Note = 7,
    /// <summary>SHT_NOBITS: takes no bytes in the file.</summary>
    NoBits = 8,
    /// <summary>SHT_REL: relocations whose addends are in place.</summary>
    Rel = 9,
    /// <summary>SHT_DYNSYM: the symbols that are needed when the program runs.</summary>
    DynamicSymbolTable = 11,
    /// <summary>SHT_SYMTAB_SHNDX: section indexes that do not fit in st_shndx.</summary>
    SymbolTableIndexes = 18,
}

/// <summary>sh_flags, those read here.</summary>
[Flags]
public enum ElfSectionFlags : ulong
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>SHF_WRITE: writable at run time.</summary>
    Write = 0x1,
    /// <summary>SHF_ALLOC: in memory at run time.</summary>
    Alloc = 0x2,
    /// <summary>SHF_EXECINSTR: code.</summary>
    Execute = 0x4,
    /// <summary>SHF_COMPRESSED: starts with an Elf_Chdr.</summary>
    Compressed = 0x800,
}
