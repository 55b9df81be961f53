using KernelDebug.Bpf.Code;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>
/// Makes the programs of one function: one that sends an event where it begins; or, for events of whole calls, one that notes there what the
/// arguments are, and one that sends that where the function returns. The two find each other by where the trampoline keeps the arguments:
/// a place on the task's stack, which no other call has as long as this one goes on.
/// </summary>
/// <param name="name">The function.</param>
/// <param name="kind">The number of its events.</param>
/// <param name="hook">Where it is met.</param>
/// <param name="options">What is asked.</param>
/// <param name="layout">The same with the function's types.</param>
internal sealed class FunctionProgramWriter(string name, int kind, TraceHook hook, FunctionTraceOptions options, FunctionLayout layout)
{
    private const int KeyAt = 8, IndexAt = 16;
    private const BpfRegister Mask = BpfRegister.R9;

    /// <summary>Makes them.</summary>
    public IReadOnlyList<GeneratedProgram> Write() => layout.IsOfWholeCalls
        ? [new(name, $"{TraceHook.Entry.Section}/{name}", WriteBeginning()), new(name, $"{TraceHook.Exit.Section}/{name}", WriteEnd())]
        : [new(name, $"{hook.Section}/{name}", WriteEvent())];

    private BpfAssembler WriteEvent()
    {
        var code = new BpfAssembler();
        BpfLabel end = new(), refused = new();
        var expression = new ExpressionCode(code, hook);
        code.Move(TraceProgram.Context, BpfRegister.R1);
        WriteQuestions(code, expression, layout.EarlyConditions, end);
        if (options.Aggregation is not null)
        {
            FillCount(code, expression, end);
            WriteNumber(code, expression);
            CountCode.Count(code, HasNumber);
            TraceProgram.End(code, end);
            return code;
        }

        WriteRateLimit(code, end);
        TraceProgram.Reserve(code, layout.Size, refused);
        TraceProgram.WriteHeader(code, kind);
        code.Move(Mask, 0);
        WriteValues(code, expression, layout.Early);
        WriteStack(code);
        code.Store(BpfWidth.Eight, TraceProgram.Record, FunctionLayout.MaskAt, Mask);
        TraceProgram.Submit(code, end, refused);
        return code;
    }

    private BpfAssembler WriteBeginning()
    {
        var code = new BpfAssembler();
        BpfLabel unwanted = new(), refused = new(), end = new();
        var expression = new ExpressionCode(code, TraceHook.Entry);
        code.Move(TraceProgram.Context, BpfRegister.R1);
        WriteQuestions(code, expression, layout.EarlyConditions, unwanted);

        if (options.Aggregation is not null)
        {
            FillCount(code, expression, end);
            if (layout.NumberAt is { } at)
            {
                WriteNumber(code, expression);
                CountCode.SaveNumber(code, at);
            }
        }
        else
        {
            PointAtScratch(code, end);
            TraceProgram.WriteHeader(code, kind);
            code.Move(Mask, 0);
            WriteValues(code, expression, layout.Early);
            WriteStack(code);
            code.Store(BpfWidth.Eight, TraceProgram.Record, FunctionLayout.MaskAt, Mask);
        }

        if (options.AsTree)
        {
            TreeCode.WritePlace(code);
            code.Store(BpfWidth.Eight, TraceProgram.Record, TreeCode.IsOutermostAt, 0);
        }

        // The clock is read last, so that what was done here is not of the call.
        code.Call(BpfHelper.GetBootTime);
        code.Store(BpfWidth.Eight, TraceProgram.Record, TraceEventClass.TimeAt, BpfRegister.R0);
        PointAtCall(code);
        code.Move(BpfRegister.R3, TraceProgram.Record);
        code.Move(BpfRegister.R4, 0);
        code.Call(BpfHelper.Update);
        code.GoTo(refused, BpfCondition.NotEqual, BpfRegister.R0, 0);
        if (options.AsTree)
        {
            TreeCode.Begin(code);
        }

        code.GoTo(end);
        if (unwanted.IsUsed)
        {
            // A call whose end was missed may have left something at the same place.
            code.Place(unwanted);
            PointAtCall(code);
            code.Call(BpfHelper.Delete);
            code.GoTo(end);
        }

        code.Place(refused);
        TraceProgram.CountDropped(code);
        TraceProgram.End(code, end);
        return code;
    }

    private BpfAssembler WriteEnd()
    {
        var code = new BpfAssembler();
        BpfLabel end = new(), done = new(), sent = new();
        var expression = new ExpressionCode(code, TraceHook.Exit);
        code.Move(TraceProgram.Context, BpfRegister.R1);
        code.Call(BpfHelper.GetBootTime);
        code.Move(BpfRegister.R8, BpfRegister.R0);
        PointAtCall(code);
        code.Call(BpfHelper.LookUp);
        code.GoTo(end, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Move(TraceProgram.Record, BpfRegister.R0);
        code.Load(BpfWidth.Four, BpfRegister.R1, TraceProgram.Record, TraceEventClass.KindAt);
        code.GoTo(end, BpfCondition.NotEqual, BpfRegister.R1, kind);

        code.Load(BpfWidth.Eight, BpfRegister.R1, TraceProgram.Record, TraceEventClass.TimeAt);
        code.Apply(BpfOperation.Subtract, BpfRegister.R8, BpfRegister.R1);
        code.Store(BpfWidth.Eight, TraceProgram.Record, layout.LatencyAt!.Value, BpfRegister.R8);
        if (options.AsTree)
        {
            TreeCode.End(code);
        }

        if (options.MinLatency is { } least)
        {
            code.LoadConstant(BpfRegister.R1, (ulong)(least.Ticks * TimeSpan.NanosecondsPerTick));
            code.GoTo(done, BpfCondition.Less, BpfRegister.R8, BpfRegister.R1);
        }

        WriteReturn(code, expression, done);
        WriteConditions(code, expression, layout.LateConditions, done);
        if (layout.Late.Count > 0)
        {
            code.Load(BpfWidth.Eight, Mask, TraceProgram.Record, FunctionLayout.MaskAt);
            WriteValues(code, expression, layout.Late);
            code.Store(BpfWidth.Eight, TraceProgram.Record, FunctionLayout.MaskAt, Mask);
        }

        if (options.Aggregation is not null)
        {
            if (layout.NumberAt is { } at)
            {
                CountCode.RestoreNumber(code, at);
            }
            else
            {
                WriteNumber(code, expression);
            }

            foreach (int behind in ((int?[])[layout.ReturnAt, layout.LatencyAt]).OfType<int>())
            {
                // Keys of other functions may be longer, and here the map's key has zeros.
                code.Store(BpfWidth.Eight, TraceProgram.Record, behind, 0);
            }

            CountCode.Count(code, HasNumber);
            code.Place(done);
            PointAtCall(code);
            code.Call(BpfHelper.Delete);
            TraceProgram.End(code, end);
            return code;
        }

        WriteRateLimit(code, done);
        code.LoadAddress(BpfRegister.R1, BpfObjectWriter.Events);
        code.Move(BpfRegister.R2, TraceProgram.Record);
        code.Move(BpfRegister.R3, layout.Size);
        code.Move(BpfRegister.R4, 0);
        code.Call(BpfHelper.OutputRecord);
        code.GoTo(sent, BpfCondition.Equal, BpfRegister.R0, 0);
        TraceProgram.CountDropped(code);
        code.Place(sent);
        code.Place(done);
        PointAtCall(code);
        code.Call(BpfHelper.Delete);
        TraceProgram.End(code, end);
        return code;
    }

    private bool HasNumber => options.Aggregation is { Histogram: not null };

    /// <summary>Fills a record that is counted, all but its number.</summary>
    private void FillCount(BpfAssembler code, ExpressionCode expression, BpfLabel end)
    {
        PointAtScratch(code, end);
        CountCode.WriteHeader(code, kind, layout.Size);
        if (options.Aggregation!.ByStack)
        {
            CountCode.WriteStack(code);
        }

        code.Move(Mask, 0);
        WriteValues(code, expression, layout.Early);
        code.Store(BpfWidth.Eight, TraceProgram.Record, FunctionLayout.MaskAt, Mask);
    }

    /// <summary>Notes the number that is counted in buckets, where there is one.</summary>
    private void WriteNumber(BpfAssembler code, ExpressionCode expression)
    {
        if (!HasNumber)
        {
            return;
        }

        BpfLabel missing = new(), done = new();
        if (layout.Number is { } number)
        {
            expression.Load(number, missing);
        }
        else
        {
            code.Load(BpfWidth.Eight, BpfRegister.R0, TraceProgram.Record, layout.LatencyAt!.Value);
        }

        CountCode.WriteBucket(code, layout.Number is not { } signed || ExpressionBinder.IsUnsigned(signed), options.Aggregation!.BucketWidth);
        if (missing.IsUsed)
        {
            code.GoTo(done);
            code.Place(missing);
            CountCode.WriteUnread(code);
            code.Place(done);
        }
    }

    /// <summary>Ends what is more than the limit of a second; seconds are the clock's, and processors may at its turn let through some more.</summary>
    private void WriteRateLimit(BpfAssembler code, BpfLabel unwanted)
    {
        if (options.RateLimit is not { } most)
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

    private void WriteReturn(BpfAssembler code, ExpressionCode expression, BpfLabel done)
    {
        if (layout.ReturnAt is not { } at)
        {
            return;
        }

        expression.Load(layout.Return!, done);
        code.Store(BpfWidth.Eight, TraceProgram.Record, at, BpfRegister.R0);
        if (!options.OnlyFailed)
        {
            return;
        }

        // Failed is what lies among the last 4095, and the null pointer.
        BpfLabel failed = new();
        if (layout.Return!.Type.IsPointer)
        {
            code.GoTo(failed, BpfCondition.Equal, BpfRegister.R0, 0);
        }

        code.Move(BpfRegister.R1, -(int)ErrorNumbers.Max);
        code.GoTo(done, BpfCondition.Less, BpfRegister.R0, BpfRegister.R1);
        code.Place(failed);
    }

    /// <summary>Who is asked about first is whom most events are not of.</summary>
    private void WriteQuestions(BpfAssembler code, ExpressionCode expression, IReadOnlyList<TypedCondition> conditions, BpfLabel unwanted)
    {
        if (options.BeginTogether)
        {
            code.LoadAddress(BpfRegister.R1, FunctionProgram.Begun);
            code.Load(BpfWidth.Eight, BpfRegister.R1, BpfRegister.R1, 0);
            code.GoTo(unwanted, BpfCondition.Equal, BpfRegister.R1, 0);
        }

        new TraceFilter(options.ProcessId).Write(code, unwanted);
        if (options.ControlGroup is { } group)
        {
            code.Call(BpfHelper.GetCurrentControlGroup);
            code.LoadConstant(BpfRegister.R1, FileIdentity.Of(group).Inode);
            code.GoTo(unwanted, BpfCondition.NotEqual, BpfRegister.R0, BpfRegister.R1);
        }

        WriteConditions(code, expression, conditions, unwanted);
        if (options.SampleEvery > 1)
        {
            code.LoadAddress(BpfRegister.R1, FunctionProgram.Seen);
            code.Move(BpfRegister.R2, 1);
            code.FetchAndAddInMemory(BpfRegister.R1, 0, BpfRegister.R2);
            code.Apply(BpfOperation.Modulo, BpfRegister.R2, options.SampleEvery);
            code.GoTo(unwanted, BpfCondition.NotEqual, BpfRegister.R2, 0);
        }
    }

    private static void WriteConditions(BpfAssembler code, ExpressionCode expression, IReadOnlyList<TypedCondition> conditions, BpfLabel unwanted)
    {
        foreach (TypedCondition condition in conditions)
        {
            BpfLabel yes = new();
            expression.Condition.Branch(condition, yes, unwanted);
            code.Place(yes);
        }
    }

    private static void WriteValues(BpfAssembler code, ExpressionCode expression, IReadOnlyList<(TracedValue Value, int Bit)> values)
    {
        foreach ((TracedValue value, int bit) in values)
        {
            const int SmallBits = 31;
            BpfLabel missing = new();
            value.Write(expression, code, missing);
            if (bit < SmallBits)
            {
                code.Apply(BpfOperation.Or, Mask, 1 << bit);
            }
            else
            {
                code.LoadConstant(BpfRegister.R1, 1UL << bit);
                code.Apply(BpfOperation.Or, Mask, BpfRegister.R1);
            }

            code.Place(missing);
        }
    }

    private void WriteStack(BpfAssembler code)
    {
        if (layout.StackAt is not { } at)
        {
            return;
        }

        code.Move(BpfRegister.R1, TraceProgram.Context);
        code.Move(BpfRegister.R2, TraceProgram.Record);
        code.Apply(BpfOperation.Add, BpfRegister.R2, at + sizeof(ulong));
        code.Move(BpfRegister.R3, TraceStacks.MostFrames * sizeof(ulong));
        code.Move(BpfRegister.R4, 0);
        code.Call(BpfHelper.GetStack);
        code.Store(BpfWidth.Eight, TraceProgram.Record, at, BpfRegister.R0);
    }

    /// <summary>The record = room for one of this function's.</summary>
    private void PointAtScratch(BpfAssembler code, BpfLabel end)
    {
        code.Store(BpfWidth.Four, BpfRegister.Frame, -IndexAt, kind);
        PointAtStack(code, BpfRegister.R2, IndexAt);
        code.LoadAddress(BpfRegister.R1, FunctionProgram.Scratch);
        code.Call(BpfHelper.LookUp);
        code.GoTo(end, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Move(TraceProgram.Record, BpfRegister.R0);
    }

    /// <summary>R1 and R2 = the map of calls and this call's key.</summary>
    private static void PointAtCall(BpfAssembler code)
    {
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -KeyAt, TraceProgram.Context);
        PointAtStack(code, BpfRegister.R2, KeyAt);
        code.LoadAddress(BpfRegister.R1, FunctionProgram.Calls);
    }

    private static void PointAtStack(BpfAssembler code, BpfRegister register, int at)
    {
        code.Move(register, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, register, -at);
    }
}
