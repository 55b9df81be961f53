using Iced.Intel;

namespace KernelDebug.Disassembly;

/// <summary>The size objdump's Intel syntax puts before a memory operand: <c>QWORD PTR </c>.</summary>
internal static class MemorySizeNames
{
    /// <summary>The name with its trailing blank; empty where objdump prints none.</summary>
    public static string Of(in InstructionEncoding encoding, in Instruction instruction)
    {
        if (HasNone(encoding, instruction) || IsAbsolute(encoding) || InvalidEncoding.IsX87Memory(encoding)) return "";
        if (instruction.Mnemonic is Mnemonic.Invept or Mnemonic.Invvpid) return "OWORD PTR ";
        if (instruction.Mnemonic is Mnemonic.Prefetchit0 or Mnemonic.Prefetchit1) return "DWORD PTR ";
        if (IsByte(instruction.Mnemonic)) return "BYTE PTR ";
        var isBroadcast = instruction.IsBroadcast;
        var size = isBroadcast ? instruction.MemorySize.GetElementSize() : instruction.MemorySize.GetSize();
        return size switch
        {
            1 => "BYTE PTR ",
            2 => isBroadcast ? "WORD BCST " : "WORD PTR ",
            4 => isBroadcast ? "DWORD BCST " : "DWORD PTR ",
            6 => "FWORD PTR ",
            8 => isBroadcast ? "QWORD BCST " : "QWORD PTR ",
            10 => "TBYTE PTR ",
            16 when instruction.Mnemonic == Mnemonic.Cmpxchg16b => "OWORD PTR ",
            16 => "XMMWORD PTR ",
            32 => "YMMWORD PTR ",
            64 => "ZMMWORD PTR ",
            _ => "",
        };
    }

    // movabs takes its size from al, ax, eax or rax.
    private static bool IsAbsolute(in InstructionEncoding encoding) =>
        encoding is { Map: OpcodeMap.Primary, Opcode: >= 0xa0 and <= 0xa3 };

    // lea and what takes an address or a structure rather than a value.
    private static bool HasNone(in InstructionEncoding encoding, in Instruction instruction) => instruction.Mnemonic is Mnemonic.Lea
        or Mnemonic.Sgdt or Mnemonic.Sidt or Mnemonic.Lgdt or Mnemonic.Lidt or Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor
        or Mnemonic.Fxrstor64 or Mnemonic.Lddqu or Mnemonic.Vlddqu or Mnemonic.Invpcid
        or Mnemonic.Movdir64b or Mnemonic.Enqcmd or Mnemonic.Enqcmds or Mnemonic.Bndldx or Mnemonic.Bndstx or Mnemonic.Bndmk
        or Mnemonic.Wrssd or Mnemonic.Wrssq or Mnemonic.Wrussd or Mnemonic.Wrussq
        or Mnemonic.Aesenc128kl or Mnemonic.Aesdec128kl or Mnemonic.Aesenc256kl or Mnemonic.Aesdec256kl
        or Mnemonic.Aesencwide128kl or Mnemonic.Aesdecwide128kl or Mnemonic.Aesencwide256kl or Mnemonic.Aesdecwide256kl;

    private static bool IsByte(Mnemonic mnemonic) => mnemonic is Mnemonic.Invlpg or Mnemonic.Cldemote or Mnemonic.Clflush
        or Mnemonic.Clflushopt or Mnemonic.Clwb;
}
