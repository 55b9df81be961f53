using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>
/// Writes instructions for the map of calls that go on: by a call's place on the task's stack, and by its kind, what was noted when it began. A
/// function that ends with the call of another jumps there, and where both are probed, both have one place.
/// </summary>
internal static class CallCode
{
    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 2 * sizeof(ulong);

    /// <summary>Where the key's parts are, from the frame's end.</summary>
    private const int PlaceAt = 16, KindAt = 8;

    /// <summary>R1 and R2 = the map and this call's key.</summary>
    public static void PointAt(BpfAssembler code, TraceHook hook, EventKind kind)
    {
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -KindAt, 0);
        kind.Store(code, BpfRegister.Frame, -KindAt);
        hook.LoadPlace(code, BpfRegister.R1);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -PlaceAt, BpfRegister.R1);
        code.Move(BpfRegister.R2, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, BpfRegister.R2, -PlaceAt);
        code.LoadAddress(BpfRegister.R1, FunctionProgram.Calls);
    }

    /// <summary>Keeps the record until the function returns. Where one is at its place already, the end of that call was missed.</summary>
    /// <param name="code">Where they are written.</param>
    /// <param name="hook">Where the function begins.</param>
    /// <param name="kind">The call's kind.</param>
    /// <param name="refused">Where to go when there is no room.</param>
    public static void Keep(BpfAssembler code, TraceHook hook, EventKind kind, BpfLabel refused)
    {
        // BPF_NOEXIST, include/uapi/linux/bpf.h; EEXIST.
        const int OnlyNew = 1, Exists = 17;
        BpfLabel kept = new();
        Update(hook.LosesCalls ? OnlyNew : 0);
        if (hook.LosesCalls)
        {
            code.GoTo(kept, BpfCondition.Equal, BpfRegister.R0, 0);
            code.GoTo(refused, BpfCondition.NotEqual, BpfRegister.R0, -Exists);
            code.LoadAddress(BpfRegister.R1, FunctionProgram.Missed);
            code.Move(BpfRegister.R2, 1);
            code.AddInMemory(BpfRegister.R1, 0, BpfRegister.R2);
            Update(0);
        }

        code.GoTo(refused, BpfCondition.NotEqual, BpfRegister.R0, 0);
        code.Place(kept);

        void Update(int flags)
        {
            PointAt(code, hook, kind);
            code.Move(BpfRegister.R3, TraceProgram.Record);
            code.Move(BpfRegister.R4, flags);
            code.Call(BpfHelper.Update);
        }
    }

    /// <summary>The call goes on no more.</summary>
    public static void Forget(BpfAssembler code, TraceHook hook, EventKind kind)
    {
        PointAt(code, hook, kind);
        code.Call(BpfHelper.Delete);
    }
}
