namespace KernelDebug.Elf;

/// <summary>What a relocation does to the bytes it names: S is the symbol's address, A the addend, P the place, V what stands there.</summary>
internal enum RelocationOperation
{
    /// <summary>Nothing (NONE, RELAX).</summary>
    None,
    /// <summary>S + A.</summary>
    Set,
    /// <summary>S + A - P.</summary>
    SetRelative,
    /// <summary>V + S + A.</summary>
    Add,
    /// <summary>V - S - A.</summary>
    Subtract,
}

/// <summary>The width of the field a relocation changes.</summary>
internal enum RelocationField
{
    /// <summary>The low six bits of a byte.</summary>
    Low6,
    /// <summary>One byte.</summary>
    Byte,
    /// <summary>Two bytes.</summary>
    Half,
    /// <summary>Three bytes.</summary>
    ThreeBytes,
    /// <summary>Four bytes.</summary>
    Word,
    /// <summary>Eight bytes.</summary>
    Double,
    /// <summary>A ULEB128 number that keeps its length.</summary>
    Uleb128,
}

/// <summary>The relocations that occur in debug sections and in x86 kernel code, by machine (each psABI's table of relocation types).</summary>
internal readonly record struct RelocationKind(RelocationOperation Operation, RelocationField Field)
{
    /// <returns>Null for a type that does not belong in a debug section.</returns>
    public static RelocationKind? Of(ElfMachine machine, uint type) => type == 0 ? new(RelocationOperation.None, default) : machine switch
    {
        ElfMachine.X86_64 => type switch
        {
            1 => Set(RelocationField.Double),              // R_X86_64_64
            10 or 11 => Set(RelocationField.Word),         // R_X86_64_32, R_X86_64_32S
            2 or 4 => Relative(RelocationField.Word),      // R_X86_64_PC32, R_X86_64_PLT32
            24 => Relative(RelocationField.Double),        // R_X86_64_PC64
            12 => Set(RelocationField.Half),               // R_X86_64_16
            17 => Set(RelocationField.Double),             // R_X86_64_DTPOFF64
            21 => Set(RelocationField.Word),               // R_X86_64_DTPOFF32
            _ => null,
        },
        ElfMachine.I386 => type switch
        {
            1 => Set(RelocationField.Word),                // R_386_32
            2 or 4 => Relative(RelocationField.Word),      // R_386_PC32, R_386_PLT32
            _ => null,
        },
        ElfMachine.AArch64 => type switch
        {
            257 => Set(RelocationField.Double),            // R_AARCH64_ABS64
            258 => Set(RelocationField.Word),              // R_AARCH64_ABS32
            259 => Set(RelocationField.Half),              // R_AARCH64_ABS16
            260 => Relative(RelocationField.Double),       // R_AARCH64_PREL64
            261 => Relative(RelocationField.Word),         // R_AARCH64_PREL32
            256 => new(RelocationOperation.None, default), // R_AARCH64_NONE, withdrawn number
            _ => null,
        },
        ElfMachine.Arm => type switch
        {
            2 => Set(RelocationField.Word),                // R_ARM_ABS32
            3 => Relative(RelocationField.Word),           // R_ARM_REL32
            _ => null,
        },
        ElfMachine.S390 => type switch
        {
            3 => Set(RelocationField.Half),                // R_390_16
            4 => Set(RelocationField.Word),                // R_390_32
            5 => Relative(RelocationField.Word),           // R_390_PC32
            22 => Set(RelocationField.Double),             // R_390_64
            23 => Relative(RelocationField.Double),        // R_390_PC64
            _ => null,
        },
        ElfMachine.PowerPc or ElfMachine.PowerPc64 => type switch
        {
            1 => Set(RelocationField.Word),                // R_PPC64_ADDR32
            26 => Relative(RelocationField.Word),          // R_PPC64_REL32
            38 => Set(RelocationField.Double),             // R_PPC64_ADDR64
            43 => Set(RelocationField.Double),             // R_PPC64_UADDR64
            44 => Relative(RelocationField.Double),        // R_PPC64_REL64
            _ => null,
        },
        ElfMachine.Mips => type switch
        {
            2 => Set(RelocationField.Word),                // R_MIPS_32
            18 => Set(RelocationField.Double),             // R_MIPS_64
            _ => null,
        },
        ElfMachine.RiscV => type switch
        {
            1 => Set(RelocationField.Word),                // R_RISCV_32
            2 => Set(RelocationField.Double),              // R_RISCV_64
            33 => Add(RelocationField.Byte),               // R_RISCV_ADD8
            34 => Add(RelocationField.Half),
            35 => Add(RelocationField.Word),
            36 => Add(RelocationField.Double),
            37 => Subtract(RelocationField.Byte),          // R_RISCV_SUB8
            38 => Subtract(RelocationField.Half),
            39 => Subtract(RelocationField.Word),
            40 => Subtract(RelocationField.Double),
            51 => new(RelocationOperation.None, default),  // R_RISCV_RELAX
            52 => Subtract(RelocationField.Low6),          // R_RISCV_SUB6
            53 => Set(RelocationField.Low6),               // R_RISCV_SET6
            54 => Set(RelocationField.Byte),
            55 => Set(RelocationField.Half),
            56 => Set(RelocationField.Word),
            57 => Relative(RelocationField.Word),          // R_RISCV_32_PCREL
            60 => Set(RelocationField.Uleb128),            // R_RISCV_SET_ULEB128
            61 => Subtract(RelocationField.Uleb128),       // R_RISCV_SUB_ULEB128
            _ => null,
        },
        ElfMachine.Bpf => type switch
        {
            2 => Set(RelocationField.Double),              // R_BPF_64_ABS64
            3 or 4 => Set(RelocationField.Word),           // R_BPF_64_ABS32, R_BPF_64_NODYLD32
            _ => null,
        },
        ElfMachine.LoongArch => type switch
        {
            1 => Set(RelocationField.Word),                // R_LARCH_32
            2 => Set(RelocationField.Double),              // R_LARCH_64
            47 => Add(RelocationField.Byte),               // R_LARCH_ADD8
            48 => Add(RelocationField.Half),
            49 => Add(RelocationField.ThreeBytes),
            50 => Add(RelocationField.Word),
            51 => Add(RelocationField.Double),
            52 => Subtract(RelocationField.Byte),          // R_LARCH_SUB8
            53 => Subtract(RelocationField.Half),
            54 => Subtract(RelocationField.ThreeBytes),
            55 => Subtract(RelocationField.Word),
            56 => Subtract(RelocationField.Double),
            99 => Relative(RelocationField.Word),          // R_LARCH_32_PCREL
            100 => new(RelocationOperation.None, default), // R_LARCH_RELAX
            105 => Add(RelocationField.Low6),              // R_LARCH_ADD6
            106 => Subtract(RelocationField.Low6),
            107 => Add(RelocationField.Uleb128),           // R_LARCH_ADD_ULEB128
            108 => Subtract(RelocationField.Uleb128),
            _ => null,
        },
        _ => null,
    };

    private static RelocationKind Set(RelocationField field) => new(RelocationOperation.Set, field);

    private static RelocationKind Relative(RelocationField field) => new(RelocationOperation.SetRelative, field);

    private static RelocationKind Add(RelocationField field) => new(RelocationOperation.Add, field);

    private static RelocationKind Subtract(RelocationField field) => new(RelocationOperation.Subtract, field);
}
