using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>What generated programs have in common: the record, its header, the counter of those refused.</summary>
internal static class TraceProgram
{
    /// <summary>The program's context, from beginning to end.</summary>
    public const BpfRegister Context = BpfRegister.R6;

    /// <summary>The record, while it is filled.</summary>
    public const BpfRegister Record = BpfRegister.R7;

    /// <summary>Writes a program that sends a record.</summary>
    /// <param name="kind">The number of its kind.</param>
    /// <param name="size">Bytes of it.</param>
    /// <param name="filter">What is sent.</param>
    /// <param name="fill">Writes what is behind the header. All registers but <see cref="Context"/> and <see cref="Record"/> are free.</param>
    public static BpfAssembler Write(int kind, int size, TraceFilter filter, Action<BpfAssembler> fill)
    {
        var code = new BpfAssembler();
        BpfLabel end = new(), refused = new();
        code.Move(Context, BpfRegister.R1);
        filter.Write(code, end);
        Reserve(code, size, refused);
        WriteHeader(code, kind);
        fill(code);
        Submit(code, end, refused);
        return code;
    }

    /// <summary>Makes room for a record in the ring buffer; where there is none, it goes to the label.</summary>
    public static void Reserve(BpfAssembler code, int size, BpfLabel refused)
    {
        code.LoadAddress(BpfRegister.R1, BpfObjectWriter.Events);
        code.Move(BpfRegister.R2, size);
        code.Move(BpfRegister.R3, 0);
        code.Call(BpfHelper.ReserveRecord);
        code.GoTo(refused, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Move(Record, BpfRegister.R0);
    }

    /// <summary>Fills the record's header.</summary>
    public static void WriteHeader(BpfAssembler code, EventKind kind)
    {
        code.Call(BpfHelper.GetBootTime);
        code.Store(BpfWidth.Eight, Record, TraceEventClass.TimeAt, BpfRegister.R0);
        kind.Store(code, Record, TraceEventClass.KindAt);
        code.Call(BpfHelper.GetProcessorId);
        code.Store(BpfWidth.Four, Record, TraceEventClass.CpuAt, BpfRegister.R0);
        code.Call(BpfHelper.GetCurrentIds);
        code.Store(BpfWidth.Eight, Record, TraceEventClass.IdsAt, BpfRegister.R0);
        code.Move(BpfRegister.R1, Record);
        code.Apply(BpfOperation.Add, BpfRegister.R1, TraceEventClass.TaskAt);
        code.Move(BpfRegister.R2, TraceEventClass.TaskSize);
        code.Call(BpfHelper.GetCurrentTaskName);
    }

    /// <summary>Sends the record, counts one that had no room, and ends the program.</summary>
    public static void Submit(BpfAssembler code, BpfLabel end, BpfLabel refused)
    {
        code.Move(BpfRegister.R1, Record);
        code.Move(BpfRegister.R2, 0);
        code.Call(BpfHelper.SubmitRecord);
        code.GoTo(end);
        code.Place(refused);
        CountDropped(code);
        End(code, end);
    }

    /// <summary>Counts an event that could not be sent.</summary>
    public static void CountDropped(BpfAssembler code)
    {
        code.LoadAddress(BpfRegister.R1, BpfObjectWriter.Dropped);
        code.Move(BpfRegister.R2, 1);
        code.AddInMemory(BpfRegister.R1, 0, BpfRegister.R2);
    }

    /// <summary>Ends the program, here and from the label.</summary>
    public static void End(BpfAssembler code, BpfLabel end)
    {
        code.Place(end);
        code.Move(BpfRegister.R0, 0);
        code.Exit();
    }
}
