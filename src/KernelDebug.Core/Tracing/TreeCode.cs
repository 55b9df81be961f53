using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>
/// Writes instructions that find out which calls are their task's outermost: a map has, for each task, the place on the stack and the kind of the
/// call that was the first to go on. One whose end was missed is noticed when a call comes that is further out on the same stack.
/// </summary>
internal static class TreeCode
{
    /// <summary>The map of the outermost call that goes on in a task.</summary>
    public const string Outermost = "outermost";

    /// <summary>Where a record has the call's place on the stack, and whether it is the outermost.</summary>
    public const int PlaceAt = FunctionLayout.MaskAt + sizeof(ulong), IsOutermostAt = PlaceAt + sizeof(ulong);

    /// <summary>Bytes of a record for them.</summary>
    public const int Size = 2 * sizeof(ulong);

    /// <summary>Bytes of the map's value: the place, and the kind.</summary>
    public const int ValueSize = 2 * sizeof(ulong);

    /// <summary>From the frame's end, where no expression is written any more: the call's place and kind, and the task.</summary>
    private const int ValueAt = 16, TaskAt = 24;

    /// <summary>Stacks are as large and begin at multiples of that (THREAD_SIZE of x86-64 and arm64).</summary>
    private const int StackBits = 14;

    /// <summary>Notes the place in the record, before that is kept.</summary>
    public static void WritePlace(BpfAssembler code, TraceHook hook)
    {
        hook.LoadPlace(code, BpfRegister.R1);
        code.Store(BpfWidth.Eight, TraceProgram.Record, PlaceAt, BpfRegister.R1);
    }

    /// <summary>Where no call goes on in the task, this one is the outermost.</summary>
    public static void Begin(BpfAssembler code, TraceHook hook)
    {
        BpfLabel known = new(), done = new();
        LookUp(code);
        code.GoTo(known, BpfCondition.NotEqual, BpfRegister.R0, 0);
        code.Load(BpfWidth.Eight, BpfRegister.R1, TraceProgram.Record, PlaceAt);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -ValueAt, BpfRegister.R1);
        LoadKind(code, BpfRegister.R1);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, sizeof(ulong) - ValueAt, BpfRegister.R1);
        PointAtTask(code);
        code.Move(BpfRegister.R3, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, BpfRegister.R3, -ValueAt);
        code.Move(BpfRegister.R4, 0);
        code.Call(BpfHelper.Update);
        code.GoTo(done);
        code.Place(known);
        code.Load(BpfWidth.Eight, BpfRegister.R1, TraceProgram.Record, PlaceAt);
        code.Load(BpfWidth.Eight, BpfRegister.R2, BpfRegister.R0, 0);
        code.Move(BpfRegister.R3, BpfRegister.R1);
        code.Apply(BpfOperation.Xor, BpfRegister.R3, BpfRegister.R2);
        code.Apply(BpfOperation.ShiftRight, BpfRegister.R3, StackBits);
        code.GoTo(done, BpfCondition.NotEqual, BpfRegister.R3, 0);

        // At the same place is a call that was missed, or one that ends with this.
        code.GoTo(done, hook.LosesCalls ? BpfCondition.LessOrEqual : BpfCondition.Less, BpfRegister.R1, BpfRegister.R2);
        code.Store(BpfWidth.Eight, BpfRegister.R0, 0, BpfRegister.R1);
        LoadKind(code, BpfRegister.R1);
        code.Store(BpfWidth.Eight, BpfRegister.R0, sizeof(ulong), BpfRegister.R1);
        code.Place(done);
    }

    /// <summary>Notes in the record whether the call was the outermost, which then no call is any more.</summary>
    public static void End(BpfAssembler code)
    {
        BpfLabel inner = new();
        LookUp(code);
        code.GoTo(inner, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Load(BpfWidth.Eight, BpfRegister.R1, TraceProgram.Record, PlaceAt);
        code.Load(BpfWidth.Eight, BpfRegister.R2, BpfRegister.R0, 0);
        code.GoTo(inner, BpfCondition.NotEqual, BpfRegister.R1, BpfRegister.R2);

        // A function that ends with the call of another jumps there: where both are probed, both have the place.
        LoadKind(code, BpfRegister.R1);
        code.Load(BpfWidth.Eight, BpfRegister.R2, BpfRegister.R0, sizeof(ulong));
        code.GoTo(inner, BpfCondition.NotEqual, BpfRegister.R1, BpfRegister.R2);
        code.Store(BpfWidth.Eight, TraceProgram.Record, IsOutermostAt, 1);
        PointAtTask(code);
        code.Call(BpfHelper.Delete);
        code.Place(inner);
    }

    /// <summary>R0 = where the map has the task's outermost call, or null.</summary>
    private static void LookUp(BpfAssembler code)
    {
        // The idle tasks of all processors are number 0.
        BpfLabel numbered = new();
        code.Call(BpfHelper.GetCurrentIds);
        code.GoTo(numbered, BpfCondition.NotEqual, BpfRegister.R0, 0);
        code.Call(BpfHelper.GetProcessorId);
        code.Place(numbered);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -TaskAt, BpfRegister.R0);
        PointAtTask(code);
        code.Call(BpfHelper.LookUp);
    }

    private static void LoadKind(BpfAssembler code, BpfRegister register) => code.Load(BpfWidth.Four, register, TraceProgram.Record, TraceEventClass.KindAt);

    private static void PointAtTask(BpfAssembler code)
    {
        code.LoadAddress(BpfRegister.R1, Outermost);
        code.Move(BpfRegister.R2, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, BpfRegister.R2, -TaskAt);
    }
}
