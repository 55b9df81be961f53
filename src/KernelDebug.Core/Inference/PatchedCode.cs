using Iced.Intel;
using KernelDebug.Records;

namespace KernelDebug.Inference;

/// <summary>
/// Compares the bytes a report prints with the file's instructions. A kernel patches its code as it runs (alternatives, static keys,
/// tracing, retpolines), and relocates it when it is loaded: displacements and targets that a relocation changes are not compared.
/// </summary>
internal static class PatchedCode
{
    /// <summary>The instruction the report shows at the fault is the file's.</summary>
    /// <returns>Null where the report has no bytes there.</returns>
    public static bool? IsSame(CodeBytes? code, in Instruction own)
    {
        if (code is not { UnavailableReason: null, UnitSize: 1, FaultIndex: { } fault } || fault < 0 || fault >= code.Bytes.Count)
        {
            return null;
        }

        Instruction ran = DecodeAt(code, fault, own.IP);
        return !ran.IsInvalid && AreSame(ran, own);
    }

    /// <summary>The addresses of the file's instructions before the fault in whose place the report shows others.</summary>
    public static HashSet<ulong> Find(CodeBytes? code, ulong faultAddress, FunctionCode function)
    {
        var differing = new HashSet<ulong>();
        if (code is not { UnavailableReason: null, UnitSize: 1, FaultIndex: { } fault } || fault < 0 || fault >= code.Bytes.Count)
        {
            return differing;
        }

        foreach (Instruction own in function.Instructions)
        {
            long at = unchecked((long)(own.IP - faultAddress)) + fault;
            if (at < 0 || at + own.Length > code.Bytes.Count)
            {
                continue;
            }

            Instruction ran = DecodeAt(code, (int)at, own.IP);
            // The hook of the tracer is a call in the file and a nop as it runs; either keeps the registers.
            bool isHook = own.Mnemonic == Mnemonic.Call && ran.Mnemonic == Mnemonic.Nop && ran.Length == own.Length;
            if (!isHook && (ran.IsInvalid || !AreSame(ran, own)))
            {
                _ = differing.Add(own.IP);
            }
        }

        return differing;
    }

    private static Instruction DecodeAt(CodeBytes code, int at, ulong address)
    {
        var bytes = new byte[Math.Min(15, code.Bytes.Count - at)];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = code.Bytes[at + i];
        }

        return Decoder.Create(64, bytes, address).Decode();
    }

    private static bool AreSame(in Instruction ran, in Instruction own)
    {
        if (ran.Length != own.Length || ran.Code != own.Code || ran.OpCount != own.OpCount || ran.SegmentPrefix != own.SegmentPrefix)
        {
            return false;
        }

        for (int i = 0; i < own.OpCount; i++)
        {
            if (ran.GetOpKind(i) != own.GetOpKind(i) || (own.GetOpKind(i) == OpKind.Register && ran.GetOpRegister(i) != own.GetOpRegister(i)))
            {
                return false;
            }

            if (own.GetOpKind(i) != OpKind.Memory)
            {
                continue;
            }

            bool isRelocated = own.IsIPRelativeMemoryOperand || own.MemoryBase == Register.None || own.MemoryDisplSize >= 4;
            if (ran.MemoryBase != own.MemoryBase || ran.MemoryIndex != own.MemoryIndex || ran.MemoryIndexScale != own.MemoryIndexScale
                || (!isRelocated && ran.MemoryDisplacement64 != own.MemoryDisplacement64))
            {
                return false;
            }
        }

        return true;
    }
}
