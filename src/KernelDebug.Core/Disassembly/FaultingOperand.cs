using Iced.Intel;
using KernelDebug.Records;

namespace KernelDebug.Disassembly;

/// <summary>The register that the faulting instruction took its address from.</summary>
/// <param name="Register">Its name as the kernel prints it: <c>RAX</c>, <c>R08</c>.</param>
/// <param name="Value">What it held.</param>
internal readonly record struct OperandBase(string Register, ulong Value);

/// <summary>The memory operand of the instruction a <c>Code:</c> line marks, on x86-64.</summary>
internal static class FaultingOperand
{
    // The processor's own limit, in bytes.
    private const int LongestInstruction = 15;

    /// <summary>
    /// Its base register; null where the line marks no instruction, it has not exactly one memory operand with a base, or the registers
    /// do not add up to the address: code that was patched, or registers of another moment.
    /// </summary>
    /// <param name="code">The line.</param>
    /// <param name="registers">The registers at the fault, by the kernel's names.</param>
    /// <param name="address">The faulting address.</param>
    public static OperandBase? Find(CodeBytes code, IReadOnlyDictionary<string, ulong> registers, ulong address)
    {
        if (code is not { FaultIndex: { } start, IsUserSpace: false, UnavailableReason: null, UnitSize: 1 })
        {
            return null;
        }

        var decoder = Decoder.Create(64, [.. code.Bytes.Skip(start).Take(LongestInstruction)]);
        decoder.Decode(out Instruction instruction);
        int operands = 0;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            operands += instruction.GetOpKind(i) == OpKind.Memory ? 1 : 0;
        }

        if (instruction.IsInvalid || operands != 1 || instruction.IsIPRelativeMemoryOperand || instruction.SegmentPrefix is Register.FS or Register.GS
            || instruction.IsVsib || NameOf(instruction.MemoryBase) is not { } name || !registers.TryGetValue(name, out ulong value))
        {
            return null;
        }

        ulong index = 0;
        if (instruction.MemoryIndex != Register.None && (NameOf(instruction.MemoryIndex) is not { } indexName || !registers.TryGetValue(indexName, out index)))
        {
            return null;
        }

        ulong sum = unchecked(value + index * (ulong)instruction.MemoryIndexScale + instruction.MemoryDisplacement64);
        return sum == address ? new OperandBase(name, value) : null;
    }

    private static string? NameOf(Register register) => register switch
    {
        Register.R8 => "R08",
        Register.R9 => "R09",
        >= Register.RAX and <= Register.R15 => register.ToString().ToUpperInvariant(),
        _ => null,
    };
}
