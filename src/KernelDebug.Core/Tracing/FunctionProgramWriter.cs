using KernelDebug.Bpf.Code;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>
/// Makes the programs of one function: one that sends an event where it begins; or, for events of whole calls, one that notes there what the
/// arguments are, and one that sends that where the function returns. The two find each other by a place on the task's stack, which no other
/// call has as long as this one goes on. Where one program may run at both ends, it is both.
/// </summary>
/// <param name="name">The function.</param>
/// <param name="kind">The number of its events.</param>
/// <param name="hook">Where it is met.</param>
/// <param name="options">What is asked.</param>
/// <param name="layout">The same with the function's types.</param>
internal sealed class FunctionProgramWriter(string name, EventKind kind, TraceHook hook, FunctionTraceOptions options, FunctionLayout layout)
{
    private const int IndexAt = 16;
    private const BpfRegister Mask = BpfRegister.R9;

    private readonly TraceHook? _return = hook.AtReturn(layout.KeptAt ?? 0);

    /// <summary>Makes them.</summary>
    public IReadOnlyList<GeneratedProgram> Write() => !layout.IsOfWholeCalls
        ? [Program(hook.Section, WriteEvent)]
        : hook.EndTeller is { } teller
        ? [Program(hook.Section.Replace("fentry", "fsession", StringComparison.Ordinal), code => WriteBothEnds(code, teller))]
        : [Program(hook.Section, WriteBeginning), Program(_return!.Section, WriteEnd)];

    private GeneratedProgram Program(string section, Action<BpfAssembler> write)
    {
        var code = new BpfAssembler();
        code.Move(TraceProgram.Context, BpfRegister.R1);
        write(code);
        return new(name, $"{section}/{name}", code);
    }

    private void WriteBothEnds(BpfAssembler code, uint teller)
    {
        BpfLabel ended = new();
        code.CallKernel(teller, HookChoice.EndTeller);
        code.GoTo(ended, BpfCondition.NotEqual, BpfRegister.R0, 0);
        WriteBeginning(code);
        code.Place(ended);
        WriteEnd(code);
    }

    private void WriteEvent(BpfAssembler code)
    {
        BpfLabel end = new(), refused = new();
        var expression = new ExpressionCode(code, hook);
        WriteQuestions(code, expression, layout.EarlyConditions, end);
        if (options.Aggregation is not null)
        {
            FillCount(code, expression, end);
            WriteNumber(code, expression);
            CountCode.Count(code, HasNumber);
            TraceProgram.End(code, end);
            return;
        }

        RateCode.Write(code, options.RateLimit, end);
        TraceProgram.Reserve(code, layout.Size, refused);
        TraceProgram.WriteHeader(code, kind);
        code.Move(Mask, 0);
        WriteValues(code, expression, layout.Early);
        WriteStacks(code);
        code.Store(BpfWidth.Eight, TraceProgram.Record, FunctionLayout.MaskAt, Mask);
        TraceProgram.Submit(code, end, refused);
    }

    private void WriteBeginning(BpfAssembler code)
    {
        BpfLabel unwanted = new(), refused = new(), end = new();
        var expression = new ExpressionCode(code, hook);
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
            WriteStacks(code);
            code.Store(BpfWidth.Eight, TraceProgram.Record, FunctionLayout.MaskAt, Mask);
        }

        KeepWords(code);
        if (options.AsTree)
        {
            TreeCode.WritePlace(code, hook);
            code.Store(BpfWidth.Eight, TraceProgram.Record, TreeCode.IsOutermostAt, 0);
        }

        // The clock is read last, so that what was done here is not of the call.
        code.Call(BpfHelper.GetBootTime);
        code.Store(BpfWidth.Eight, TraceProgram.Record, TraceEventClass.TimeAt, BpfRegister.R0);
        CallCode.Keep(code, hook, kind, refused);
        if (options.AsTree)
        {
            TreeCode.Begin(code, hook);
        }

        code.GoTo(end);
        if (unwanted.IsUsed)
        {
            // A call whose end was missed may have left something at the same place.
            code.Place(unwanted);
            CallCode.Forget(code, hook, kind);
            code.GoTo(end);
        }

        code.Place(refused);
        TraceProgram.CountDropped(code);
        TraceProgram.End(code, end);
    }

    private void WriteEnd(BpfAssembler code)
    {
        BpfLabel end = new(), done = new(), sent = new();
        var expression = new ExpressionCode(code, _return!);
        code.Call(BpfHelper.GetBootTime);
        code.Move(BpfRegister.R8, BpfRegister.R0);
        CallCode.PointAt(code, _return!, kind);
        code.Call(BpfHelper.LookUp);
        code.GoTo(end, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Move(TraceProgram.Record, BpfRegister.R0);
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

            for (int i = 0; layout.KeptAt is { } keptAt && i < hook.Words; i++)
            {
                code.Store(BpfWidth.Eight, TraceProgram.Record, keptAt + (i * sizeof(ulong)), 0);
            }

            CountCode.Count(code, HasNumber);
            code.Place(done);
            CallCode.Forget(code, _return!, kind);
            TraceProgram.End(code, end);
            return;
        }

        RateCode.Write(code, options.RateLimit, done);
        code.LoadAddress(BpfRegister.R1, BpfObjectWriter.Events);
        code.Move(BpfRegister.R2, TraceProgram.Record);
        code.Move(BpfRegister.R3, layout.Size);
        code.Move(BpfRegister.R4, 0);
        code.Call(BpfHelper.OutputRecord);
        code.GoTo(sent, BpfCondition.Equal, BpfRegister.R0, 0);
        TraceProgram.CountDropped(code);
        code.Place(sent);
        code.Place(done);
        CallCode.Forget(code, _return!, kind);
        TraceProgram.End(code, end);
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

    /// <summary>Keeps the arguments where the function's end does not have them.</summary>
    private void KeepWords(BpfAssembler code)
    {
        for (int i = 0; layout.KeptAt is { } at && i < hook.Words; i++)
        {
            hook.LoadWord(code, i);
            code.Store(BpfWidth.Eight, TraceProgram.Record, at + (i * sizeof(ulong)), BpfRegister.R0);
        }
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

    private void WriteStacks(BpfAssembler code)
    {
        if (layout.StackAt is { } at)
        {
            TraceStacks.Write(code, at);
        }

        if (layout.UserStackAt is { } userAt)
        {
            UserStacks.Write(code, userAt);
        }
    }

    /// <summary>The record = room for one of this function's.</summary>
    private void PointAtScratch(BpfAssembler code, BpfLabel end)
    {
        kind.Store(code, BpfRegister.Frame, -IndexAt);
        code.Move(BpfRegister.R2, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, BpfRegister.R2, -IndexAt);
        code.LoadAddress(BpfRegister.R1, FunctionProgram.Scratch);
        code.Call(BpfHelper.LookUp);
        code.GoTo(end, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Move(TraceProgram.Record, BpfRegister.R0);
    }
}
