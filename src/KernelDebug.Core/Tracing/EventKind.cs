using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>The number by which a record tells what it is of.</summary>
/// <param name="Number">The number; null where the program was attached with it, so that one program is of many kinds.</param>
internal readonly record struct EventKind(int? Number)
{
    /// <summary>A number that is known.</summary>
    public static implicit operator EventKind(int number) => new(number);

    /// <summary>Four bytes of memory = the number. R0 to R5 are lost.</summary>
    public void Store(BpfAssembler code, BpfRegister to, int offset)
    {
        if (Number is { } known)
        {
            code.Store(BpfWidth.Four, to, offset, known);
            return;
        }

        code.Move(BpfRegister.R1, TraceProgram.Context);
        code.Call(BpfHelper.GetAttachCookie);
        code.Store(BpfWidth.Four, to, offset, BpfRegister.R0);
    }
}
