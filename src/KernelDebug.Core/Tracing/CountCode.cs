using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>
/// Writes instructions that count. A record is filled as an event's is, with nothing in its header but the kind, and in the places of the CPU
/// and the ids the bucket and the stack; all from the kind on is the key in a map, whose values are how many there were, and the sum of their
/// numbers.
/// </summary>
internal static class CountCode
{
    /// <summary>The maps: counts by key, and stacks by number.</summary>
    public const string Counts = "counts", Stacks = "stacks";

    /// <summary>Where a key begins in a record.</summary>
    public const int KeyAt = TraceEventClass.KindAt;

    /// <summary>Where a record has its bucket and the number of its stack: below zero for none.</summary>
    public const int BucketAt = TraceEventClass.CpuAt, StackAt = TraceEventClass.IdsAt;

    /// <summary>Bytes of a key at most.</summary>
    public const int MostKeyBytes = 1024;

    /// <summary>Keys, and stacks, at most.</summary>
    public const uint MostKeys = 1 << 14;

    /// <summary>Bytes of a map's value: how many, and the sum, of 128 bits: of 64 it would wrap around after a few addresses.</summary>
    public const int ValueSize = sizeof(ulong) + SumSize;

    /// <summary>Buckets of numbers below zero, and of what could not be read. All others are the number's length in bits, or how many widths it has.</summary>
    public const int Negative = -1, Unread = int.MinValue;

    /// <summary>The last bucket: of all numbers from there on.</summary>
    public const int Last = int.MaxValue;

    /// <summary>Bytes of the sum, and of what keeps a number.</summary>
    public const int SumSize = 2 * sizeof(ulong);

    /// <summary>What a new key's value is made of, from the frame's end: one, and the number, which is there until the record is counted.</summary>
    private const int FreshAt = TextCode.StackUsed + ValueSize, NumberAt = FreshAt - sizeof(ulong), SignAt = NumberAt - sizeof(ulong);
    private const int BitsOfLong = 64;

    /// <summary>The number's parts on the stack, and in what keeps them.</summary>
    private static readonly (int Place, int Kept)[] s_parts = [(NumberAt, 0), (SignAt, sizeof(ulong))];

    /// <summary>Clears a record, and writes its header.</summary>
    /// <param name="code">Where they are written.</param>
    /// <param name="kind">The number of its kind.</param>
    /// <param name="size">Bytes of it.</param>
    public static void WriteHeader(BpfAssembler code, EventKind kind, int size)
    {
        for (int at = 0; at < size; at += sizeof(ulong))
        {
            code.Store(BpfWidth.Eight, TraceProgram.Record, at, 0);
        }

        kind.Store(code, TraceProgram.Record, TraceEventClass.KindAt);
    }

    /// <summary>Notes who called, by the number of the stack in its map.</summary>
    public static void WriteStack(BpfAssembler code)
    {
        code.Move(BpfRegister.R1, TraceProgram.Context);
        code.LoadAddress(BpfRegister.R2, Stacks);
        code.Move(BpfRegister.R3, 0);
        code.Call(BpfHelper.GetStackNumber);
        code.Store(BpfWidth.Eight, TraceProgram.Record, StackAt, BpfRegister.R0);
    }

    /// <summary>Notes the bucket of the number in R0, and the number.</summary>
    /// <param name="code">Where they are written.</param>
    /// <param name="isUnsigned">True where all numbers are zero or more.</param>
    /// <param name="width">How wide buckets are; null for powers of two.</param>
    public static void WriteBucket(BpfAssembler code, bool isUnsigned, long? width)
    {
        BpfLabel known = new();
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -NumberAt, BpfRegister.R0);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -SignAt, 0);
        if (!isUnsigned)
        {
            code.Move(BpfRegister.R1, BpfRegister.R0);
            code.Apply(BpfOperation.ShiftRightSigned, BpfRegister.R1, BitsOfLong - 1);
            code.Store(BpfWidth.Eight, BpfRegister.Frame, -SignAt, BpfRegister.R1);
            code.Move(BpfRegister.R1, Negative);
            code.GoTo(known, BpfCondition.SignedLess, BpfRegister.R0, 0);
        }

        if (width is { } wide)
        {
            BpfLabel near = new();
            code.LoadConstant(BpfRegister.R1, (ulong)wide);
            code.Apply(BpfOperation.Divide, BpfRegister.R0, BpfRegister.R1);
            code.Move(BpfRegister.R1, Last);
            code.GoTo(known, BpfCondition.GreaterOrEqual, BpfRegister.R0, BpfRegister.R1);
            code.Move(BpfRegister.R1, BpfRegister.R0);
        }
        else
        {
            // The number's length in bits, by halves: 0 for 0, 1 for 1, 2 for 2 and 3.
            code.Move(BpfRegister.R1, 0);
            code.GoTo(known, BpfCondition.Equal, BpfRegister.R0, 0);
            code.Move(BpfRegister.R1, 1);
            for (int half = BitsOfLong / 2; half > 0; half /= 2)
            {
                BpfLabel shorter = new();
                code.Move(BpfRegister.R2, BpfRegister.R0);
                code.Apply(BpfOperation.ShiftRight, BpfRegister.R2, half);
                code.GoTo(shorter, BpfCondition.Equal, BpfRegister.R2, 0);
                code.Move(BpfRegister.R0, BpfRegister.R2);
                code.Apply(BpfOperation.Add, BpfRegister.R1, half);
                code.Place(shorter);
            }
        }

        code.Place(known);
        code.Store(BpfWidth.Four, TraceProgram.Record, BucketAt, BpfRegister.R1);
    }

    /// <summary>Notes that the number could not be read: its sum stays as it is.</summary>
    public static void WriteUnread(BpfAssembler code)
    {
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -NumberAt, 0);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -SignAt, 0);
        code.Store(BpfWidth.Four, TraceProgram.Record, BucketAt, Unread);
    }

    /// <summary>Keeps the number in the record until the function returns.</summary>
    public static void SaveNumber(BpfAssembler code, int at)
    {
        foreach ((int place, int kept) in s_parts)
        {
            code.Load(BpfWidth.Eight, BpfRegister.R1, BpfRegister.Frame, -place);
            code.Store(BpfWidth.Eight, TraceProgram.Record, at + kept, BpfRegister.R1);
        }
    }

    /// <summary>Takes it from there, where zeros are then.</summary>
    public static void RestoreNumber(BpfAssembler code, int at)
    {
        foreach ((int place, int kept) in s_parts)
        {
            code.Load(BpfWidth.Eight, BpfRegister.R1, TraceProgram.Record, at + kept);
            code.Store(BpfWidth.Eight, BpfRegister.Frame, -place, BpfRegister.R1);
            code.Store(BpfWidth.Eight, TraceProgram.Record, at + kept, 0);
        }
    }

    /// <summary>Counts the record; where there is no room for another key, counts it as dropped.</summary>
    /// <param name="code">Where they are written.</param>
    /// <param name="hasNumber">True after <see cref="WriteBucket"/>.</param>
    public static void Count(BpfAssembler code, bool hasNumber)
    {
        BpfLabel add = new(), counted = new();
        LookUp(code);
        code.GoTo(add, BpfCondition.NotEqual, BpfRegister.R0, 0);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -FreshAt, 1);
        if (!hasNumber)
        {
            code.Store(BpfWidth.Eight, BpfRegister.Frame, -NumberAt, 0);
            code.Store(BpfWidth.Eight, BpfRegister.Frame, -SignAt, 0);
        }

        // BPF_NOEXIST: another CPU may have been first, and then has the count.
        const int OnlyNew = 1;
        PointAtKey(code);
        code.Move(BpfRegister.R3, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, BpfRegister.R3, -FreshAt);
        code.Move(BpfRegister.R4, OnlyNew);
        code.Call(BpfHelper.Update);
        code.GoTo(counted, BpfCondition.Equal, BpfRegister.R0, 0);
        LookUp(code);
        code.GoTo(add, BpfCondition.NotEqual, BpfRegister.R0, 0);
        TraceProgram.CountDropped(code);
        code.GoTo(counted);
        code.Place(add);
        code.Move(BpfRegister.R1, 1);
        code.AddInMemory(BpfRegister.R0, 0, BpfRegister.R1);
        if (hasNumber)
        {
            AddToSum(code);
        }

        code.Place(counted);
    }

    /// <summary>Adds the number to the sum behind R0: each half in one step, the carry told by what was in the lower one.</summary>
    private static void AddToSum(BpfAssembler code)
    {
        BpfLabel noCarry = new(), done = new();
        code.Load(BpfWidth.Eight, BpfRegister.R1, BpfRegister.Frame, -NumberAt);
        code.Load(BpfWidth.Eight, BpfRegister.R2, BpfRegister.Frame, -SignAt);
        code.Move(BpfRegister.R3, BpfRegister.R1);
        code.FetchAndAddInMemory(BpfRegister.R0, sizeof(ulong), BpfRegister.R3);
        code.Apply(BpfOperation.Add, BpfRegister.R3, BpfRegister.R1);
        code.GoTo(noCarry, BpfCondition.GreaterOrEqual, BpfRegister.R3, BpfRegister.R1);
        code.Apply(BpfOperation.Add, BpfRegister.R2, 1);
        code.Place(noCarry);
        code.GoTo(done, BpfCondition.Equal, BpfRegister.R2, 0);
        code.AddInMemory(BpfRegister.R0, 2 * sizeof(ulong), BpfRegister.R2);
        code.Place(done);
    }

    private static void LookUp(BpfAssembler code)
    {
        PointAtKey(code);
        code.Call(BpfHelper.LookUp);
    }

    private static void PointAtKey(BpfAssembler code)
    {
        code.LoadAddress(BpfRegister.R1, Counts);
        code.Move(BpfRegister.R2, TraceProgram.Record);
        code.Apply(BpfOperation.Add, BpfRegister.R2, KeyAt);
    }
}
