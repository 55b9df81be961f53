using Iced.Intel;

namespace KernelDebug.Inference;

/// <summary>The memory an instruction names: a base and an index register, each null where there is none, and a displacement in bytes.</summary>
/// <param name="Base">The DWARF number of the base register.</param>
/// <param name="Index">That of the index register.</param>
/// <param name="Scale">What the index is multiplied by.</param>
/// <param name="Displacement">Bytes added; the address itself where there is no base.</param>
/// <param name="Size">Bytes touched.</param>
/// <param name="IsPerCpu">True for <c>%gs:</c>, which is the CPU's own copy of per-CPU variables.</param>
/// <param name="Access">Read, written or both.</param>
internal readonly record struct MemoryOperand(int? Base, int? Index, int Scale, long Displacement, int Size, bool IsPerCpu, OpAccess Access)
{
    /// <summary>The explicit memory operand; null where the instruction has none, or one that is not addressed by general registers.</summary>
    public static MemoryOperand? Of(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) != OpKind.Memory)
            {
                continue;
            }

            bool isRelative = instruction.IsIPRelativeMemoryOperand;
            int? number = isRelative || instruction.MemoryBase == Register.None ? null : X64Registers.NumberOf(instruction.MemoryBase);
            int? index = instruction.MemoryIndex == Register.None ? null : X64Registers.NumberOf(instruction.MemoryIndex);
            bool isKnown = (isRelative || instruction.MemoryBase == Register.None || (number is not null && instruction.MemoryBase.IsGPR64()))
                && (instruction.MemoryIndex == Register.None || (index is not null && instruction.MemoryIndex.IsGPR64()));
            if (!isKnown)
            {
                return null;
            }

            long displacement = (long)(isRelative ? instruction.IPRelativeMemoryAddress : instruction.MemoryDisplacement64);
            return new MemoryOperand(
                number, index, instruction.MemoryIndexScale, displacement, SizeOf(instruction), instruction.SegmentPrefix == Register.GS, AccessOf(instruction));
        }

        return null;
    }

    private static int SizeOf(in Instruction instruction) => instruction.MemorySize.GetInfo().Size;

    private static OpAccess AccessOf(in Instruction instruction)
    {
        var factory = new InstructionInfoFactory();
        Instruction copy = instruction;
        foreach (UsedMemory used in factory.GetInfo(copy).GetUsedMemory())
        {
            if (used.Base == copy.MemoryBase && used.Index == copy.MemoryIndex && used.Displacement == copy.MemoryDisplacement64)
            {
                return used.Access;
            }
        }

        return OpAccess.None;
    }
}
