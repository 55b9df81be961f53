using Iced.Intel;

namespace KernelDebug.Inference;

/// <summary>Which bits of the memory an instruction touches are meant: several bit fields are read as one number, and one of them is then cut out.</summary>
internal static class UsedBits
{
    /// <summary>Instructions looked at behind a load.</summary>
    private const int MostInstructions = 6;

    /// <summary>The bits, the lowest of the memory's first; all where that is not told.</summary>
    public static ulong Of(FunctionCode code, int index, MemoryOperand memory)
    {
        Instruction instruction = code.Instructions[index];
        if (instruction.OpCount == 2 && instruction.Op0Kind == OpKind.Memory && instruction.Op1Kind is >= OpKind.Immediate8 and <= OpKind.Immediate32to64)
        {
            ulong mask = instruction.GetImmediate(1);
            return instruction.Mnemonic switch
            {
                Mnemonic.Test or Mnemonic.Or or Mnemonic.Xor => mask,
                Mnemonic.And => ~mask,
                Mnemonic.Bt or Mnemonic.Btr or Mnemonic.Bts or Mnemonic.Btc => 1UL << (int)(mask & 63),
                _ => ulong.MaxValue,
            };
        }

        return instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Movzx && instruction.Op0Kind == OpKind.Register
            && X64Registers.NumberOf(instruction.Op0Register) is { } target
            ? OfLoaded(code, index + 1, target, memory.Size)
            : ulong.MaxValue;
    }

    private static ulong OfLoaded(FunctionCode code, int start, int target, int size)
    {
        ulong bits = size >= 8 ? ulong.MaxValue : (1UL << (8 * size)) - 1;
        int shifted = 0;
        bool isCut = false;
        for (int i = start; i < code.Instructions.Count && i < start + MostInstructions; i++)
        {
            Instruction next = code.Instructions[i];
            if (next.FlowControl == FlowControl.Next && !Uses(next, target))
            {
                continue;
            }

            bool isSame = next.OpCount >= 2 && next.Op0Kind == OpKind.Register && X64Registers.NumberOf(next.Op0Register) == target
                && next.Op0Register is not (Register.AH or Register.BH or Register.CH or Register.DH);
            if (!isSame || next.Op1Kind is not (>= OpKind.Immediate8 and <= OpKind.Immediate32to64))
            {
                return isCut ? bits : ulong.MaxValue;
            }

            ulong number = next.GetImmediate(1);
            ulong width = (ulong)next.Op0Register.GetSize() * 8;
            ulong seen = width >= 64 ? ulong.MaxValue : (1UL << (int)width) - 1;
            switch (next.Mnemonic)
            {
                case Mnemonic.Test:
                    return bits & ((number & seen) << shifted);
                case Mnemonic.And:
                    bits &= (number & seen) << shifted;
                    isCut = true;
                    break;
                case Mnemonic.Shr when number < width && shifted + (int)number < 64:
                    bits &= seen << shifted;
                    shifted += (int)number;
                    bits &= ulong.MaxValue << shifted;
                    isCut = true;
                    break;
                default:
                    return isCut ? bits : ulong.MaxValue;
            }
        }

        return isCut ? bits : ulong.MaxValue;
    }

    private static bool Uses(in Instruction instruction, int target)
    {
        var info = new InstructionInfoFactory();
        foreach (UsedRegister used in info.GetInfo(instruction).GetUsedRegisters())
        {
            if (X64Registers.NumberOf(used.Register) == target)
            {
                return true;
            }
        }

        return false;
    }
}
