using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>Writes instructions that let through so many events a second.</summary>
internal static class RateCode
{
    /// <summary>Ends what is more than the limit of a second; seconds are the clock's, and processors may at its turn let through some more.</summary>
    /// <param name="code">Where they are written.</param>
    /// <param name="limit">The limit; null for none.</param>
    /// <param name="unwanted">Where to go with what is more.</param>
    public static void Write(BpfAssembler code, int? limit, BpfLabel unwanted)
    {
        if (limit is not { } most)
        {
            return;
        }

        const int NanosecondsPerSecond = 1_000_000_000;
        BpfLabel same = new(), within = new();
        code.Call(BpfHelper.GetBootTime);
        code.Apply(BpfOperation.Divide, BpfRegister.R0, NanosecondsPerSecond);
        code.LoadAddress(BpfRegister.R1, FunctionProgram.Second);
        code.LoadAddress(BpfRegister.R2, FunctionProgram.Taken);
        code.Load(BpfWidth.Eight, BpfRegister.R3, BpfRegister.R1, 0);
        code.GoTo(same, BpfCondition.Equal, BpfRegister.R3, BpfRegister.R0);
        code.Store(BpfWidth.Eight, BpfRegister.R1, 0, BpfRegister.R0);
        code.Store(BpfWidth.Eight, BpfRegister.R2, 0, 0);
        code.Place(same);
        code.Move(BpfRegister.R3, 1);
        code.FetchAndAddInMemory(BpfRegister.R2, 0, BpfRegister.R3);
        code.GoTo(within, BpfCondition.Less, BpfRegister.R3, most);
        code.LoadAddress(BpfRegister.R1, FunctionProgram.Limited);
        code.Move(BpfRegister.R2, 1);
        code.AddInMemory(BpfRegister.R1, 0, BpfRegister.R2);
        code.GoTo(unwanted);
        code.Place(within);
    }
}
