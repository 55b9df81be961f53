using KernelDebug.Bpf.Code;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>Which events a generated program sends; the others cost nothing but the question.</summary>
/// <param name="ProcessId">Those of one process, as the namespace of this process numbers it; null for all.</param>
internal sealed record TraceFilter(int? ProcessId)
{
    private const string Namespace = "/proc/self/ns/pid";

    /// <summary>PROC_PID_INIT_INO, include/linux/proc_ns.h: the namespace that the kernel's own numbers are of.</summary>
    private const ulong FirstNamespace = 0xefff_fffc;

    /// <summary>Writes the question: who is not wanted goes to the label. R1 to R5 and R0 are lost.</summary>
    /// <exception cref="IOException">The namespace cannot be told.</exception>
    public void Write(BpfAssembler code, BpfLabel unwanted)
    {
        if (ProcessId is not { } wanted)
        {
            return;
        }

        FileIdentity own = FileIdentity.Of(Namespace);
        if (own.Inode == FirstNamespace)
        {
            code.Call(BpfHelper.GetCurrentIds);
            code.Apply(BpfOperation.ShiftRight, BpfRegister.R0, 32);
            code.GoTo(unwanted, BpfCondition.NotEqual, BpfRegister.R0, wanted);
            return;
        }

        // struct bpf_pidns_info: the thread, then the process. Who is not in the namespace is an error.
        const int InfoSize = 8;
        code.LoadConstant(BpfRegister.R1, own.Device);
        code.LoadConstant(BpfRegister.R2, own.Inode);
        code.Move(BpfRegister.R3, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, BpfRegister.R3, -InfoSize);
        code.Move(BpfRegister.R4, InfoSize);
        code.Call(BpfHelper.GetCurrentIdsInNamespace);
        code.GoTo(unwanted, BpfCondition.NotEqual, BpfRegister.R0, 0);
        code.Load(BpfWidth.Four, BpfRegister.R1, BpfRegister.Frame, sizeof(int) - InfoSize);
        code.GoTo(unwanted, BpfCondition.NotEqual, BpfRegister.R1, wanted);
    }
}
