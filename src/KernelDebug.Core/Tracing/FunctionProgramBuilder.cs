using System.Buffers.Binary;
using KernelDebug.Bpf.Code;
using KernelDebug.Btf;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>
/// Makes the programs of one function: one that sends an event where it begins; or, for events of whole calls, one that notes there what the
/// arguments are, and one that sends that where the function returns. The two find each other by where the trampoline keeps the arguments:
/// a place on the task's stack, which no other call has as long as this one goes on.
/// </summary>
internal sealed class FunctionProgramBuilder
{
    private const int MaskAt = TraceEventClass.HeaderSize;
    private const int MostValues = 64;
    private const int KeyAt = 8, IndexAt = 16;
    private const BpfRegister Mask = BpfRegister.R9;

    private readonly string _name;
    private readonly int _kind;
    private readonly TraceHook _hook;
    private readonly ulong? _address;
    private readonly FunctionTraceOptions _options;
    private readonly TraceScope _scope;
    private readonly TraceType? _returns;
    private readonly List<TraceValue> _values = [];
    private readonly List<(TracedValue Value, int Bit)> _early = [], _late = [];
    private readonly List<TypedCondition> _earlyConditions = [], _lateConditions = [];
    private readonly List<string> _notes = [];
    private SlotValue? _return;
    private int? _returnAt, _latencyAt, _stackAt;
    private int _size = MaskAt + sizeof(ulong);

    /// <summary>Begins with a function.</summary>
    /// <param name="name">The function.</param>
    /// <param name="parameters">What it takes.</param>
    /// <param name="returns">What it returns.</param>
    /// <param name="types">The types of the kernel or module.</param>
    /// <param name="kind">The number of its events.</param>
    /// <param name="hook">Where it is met.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="address">The function's runtime address; null where that is not known.</param>
    public FunctionProgramBuilder(string name, IReadOnlyList<BtfParameter> parameters, BtfType returns, BtfFile types, int kind, TraceHook hook, FunctionTraceOptions options, ulong? address)
    {
        _address = address;
        _name = name;
        _kind = kind;
        _hook = hook;
        _options = options;
        _returns = returns.Bare is BtfVoid ? null : new TraceType(returns);
        _scope = new TraceScope(name, types, Variables(parameters), options.ShellVariable);
    }

    /// <summary>Makes them.</summary>
    /// <exception cref="TraceExpressionException">Something asked means nothing for this function.</exception>
    /// <exception cref="NotSupportedException">It cannot be had here; the message says why.</exception>
    /// <exception cref="BinaryFormatException">A type is damaged.</exception>
    public FunctionProgram Build()
    {
        LayOutConditions();
        LayOutValues();
        bool isOfWholeCalls = _options.OfWholeCalls || _late.Count > 0 || _lateConditions.Count > 0;
        if (isOfWholeCalls)
        {
            RequireExit();
            LayOutCall();
        }

        if (_options.WithStack)
        {
            LayOutStack();
        }

        var events = new TraceEventClass(_name, _size, _values);
        GeneratedProgram[] programs = isOfWholeCalls
            ? [new(_name, $"{TraceHook.Entry.Section}/{_name}", WriteBeginning()), new(_name, $"{TraceHook.Exit.Section}/{_name}", WriteEnd())]
            : [new(_name, $"{_hook.Section}/{_name}", WriteEvent())];
        return new FunctionProgram(programs, events, _notes);
    }

    private List<TraceVariable> Variables(IReadOnlyList<BtfParameter> parameters)
    {
        var variables = new List<TraceVariable>();
        int word = 0;
        for (int i = 0; i < parameters.Count; i++)
        {
            BtfParameter parameter = parameters[i];
            string name = parameter.Name ?? $"arg{i}";
            var type = new TraceType(parameter.Type);
            int words = (int)(((type.Size ?? sizeof(ulong)) + sizeof(ulong) - 1) / sizeof(ulong));
            bool isByValue = !type.IsScalar;
            string? whyNot = _hook.Words < word + words ? "it is not in a register, and kprobes have registers alone"
                : isByValue && _hook.Words < int.MaxValue ? "it is a structure given by value, which kprobes do not take apart"
                : null;
            variables.Add(new(name, whyNot is null ? new SlotValue(word, 0, null, type) { IsWhole = true } : null, whyNot));
            word += words;
        }

        if (!variables.Exists(variable => variable.Name == TraceScope.Return))
        {
            _return = _returns is { } returned ? new SlotValue(word, 0, null, returned) { IsWhole = true, IsReturn = true } : null;
            variables.Add(new(TraceScope.Return, _return, "it returns nothing"));
        }

        return variables;
    }

    private void LayOutConditions()
    {
        if (_options.ProcessName is { } names)
        {
            _earlyConditions.Add(ExpressionBinder.Condition(_scope, names, new BinaryExpression(
                TraceOperator.Like, false, new NameExpression("task", IsVariable: false, default), new TextExpression(names, new(0, names.Length)), default)));
        }

        if (_options.Where is not { } asked)
        {
            return;
        }

        foreach (TypedCondition part in Parts(ExpressionBinder.Condition(_scope, asked, TraceExpressionParser.Parse(asked))))
        {
            (UsesReturn(part) ? _lateConditions : _earlyConditions).Add(part);
        }
    }

    /// <summary>What all has to hold: each is asked as soon as it can be.</summary>
    private static IEnumerable<TypedCondition> Parts(TypedCondition condition) =>
        condition is Connection { Operator: TraceOperator.And } both ? Parts(both.Left).Concat(Parts(both.Right)) : [condition];

    private void LayOutValues()
    {
        IReadOnlyList<TraceProperty> properties = _options.Properties.Count > 0 ? _options.Properties : Arguments();
        foreach (TraceProperty property in properties)
        {
            bool isExpanded = _options.Expand.Contains(property.Expression);
            LayOut(property.Name, Bind(property.Expression), property.Expression, isExpanded);
        }

        foreach (string expanded in _options.Expand.Where(wanted => !properties.Any(property => property.Expression == wanted)))
        {
            LayOut(expanded, Bind(expanded), expanded, isExpanded: true);
        }
    }

    private List<TraceProperty> Arguments()
    {
        foreach (TraceVariable missing in _scope.Variables.Where(variable => variable.Value is null && variable.Name != TraceScope.Return))
        {
            _notes.Add($"{missing.Name} of {_name} is left out: {missing.WhyNot}");
        }

        return [.. _scope.Variables.Where(variable => variable.Value is { IsReturn: false }).Select(variable => new TraceProperty(variable.Name, variable.Name))];
    }

    private TypedExpression Bind(string text) => ExpressionBinder.Value(_scope, text, TraceExpressionParser.Parse(text));

    private void LayOut(string name, TypedExpression value, string text, bool isExpanded)
    {
        if (isExpanded)
        {
            value = value is TypedValue { Type.IsStructurePointer: true } pointer ? new MemoryValue(pointer, 0, null, pointer.Type.Target!.Value) : throw Wrong(
                text, $"{text} is no pointer to a structure whose members are known", "Expand what is: -Expand skb.");
        }

        int bit = _early.Count + _late.Count;
        TracedValue laidOut = bit == MostValues
            ? throw Wrong(text, $"An event has {MostValues} properties at most", "Ask for fewer.")
            : TracedValue.Of(name, value, _size, _options.TextSize, out string? whyNot) ?? throw Wrong(text, $"{text} cannot be had: {whyNot}", "Ask for members of it.");
        (UsesReturn(value) ? _late : _early).Add((laidOut, bit));
        _values.Add(TraceValues.Optional(laidOut.Value, MaskAt, bit));
        Take(laidOut.Size);
    }

    /// <summary>Gives a place away.</summary>
    private int Take(int size)
    {
        const int Alignment = sizeof(ulong);
        int at = _size;
        _size += (size + Alignment - 1) / Alignment * Alignment;
        return at;
    }

    private void RequireExit()
    {
        if (_hook != TraceHook.Entry)
        {
            throw new NotSupportedException($"what a function returns, and when, is told by fexit, and {_name} is traced by {_hook.Section}");
        }

        if (_options.OnlyFailed && (_returns is not { } type || !(type.IsPointer || type is { IsSigned: true, Bare: BtfInt })))
        {
            throw new NotSupportedException($"{_name} returns {(_returns is { } other ? other.ToString() : "nothing")}, which tells no failure; functions that do return a signed number or a pointer");
        }
    }

    private void LayOutCall()
    {
        if (_return is { } value)
        {
            int at = Take(sizeof(ulong));
            _returnAt = at;
            TraceType type = value.Type;
            if (_options.WithReturn || _options.OnlyFailed)
            {
                _values.Add(type.IsPointer ? TraceValues.Address("Return", at) : TraceValues.Typed("Return", at, type.Base, BtfValueReader.ResultOf(type.Base)));
                if (type.IsPointer || type is { IsSigned: true, Bare: BtfInt })
                {
                    _values.Add(new("Error", typeof(string), record => ErrorName(record[at..])));
                }
            }
        }

        int latencyAt = Take(sizeof(ulong));
        _latencyAt = latencyAt;
        if (_options.WithLatency || _options.MinLatency is not null)
        {
            _values.Add(new("Latency", typeof(TimeSpan), record => new TimeSpan((long)(BinaryPrimitives.ReadUInt64LittleEndian(record[latencyAt..]) / TimeSpan.NanosecondsPerTick))));
            _values.Add(TraceValues.Number("LatencyNs", latencyAt, sizeof(ulong), isSigned: true)!);
        }
    }

    private void LayOutStack()
    {
        _stackAt = Take(TraceStacks.Size);
        _values.Add(TraceStacks.Value("Stack", _stackAt.Value, _address));
    }

    /// <summary>Error numbers are the last 4095 below zero, of pointers too (include/linux/err.h); of a pointer, null tells nothing.</summary>
    private static string? ErrorName(ReadOnlySpan<byte> value)
    {
        ulong below = unchecked(0 - BinaryPrimitives.ReadUInt64LittleEndian(value));
        return below is > 0 and <= ErrorNumbers.Max ? ErrorNumbers.NameOf(below) ?? $"-{below}" : null;
    }

    private BpfAssembler WriteEvent()
    {
        var code = new BpfAssembler();
        BpfLabel end = new(), refused = new();
        var expression = new ExpressionCode(code, _hook);
        code.Move(TraceProgram.Context, BpfRegister.R1);
        WriteQuestions(code, expression, _earlyConditions, end);
        TraceProgram.Reserve(code, _size, refused);
        TraceProgram.WriteHeader(code, _kind);
        code.Move(Mask, 0);
        WriteValues(code, expression, _early);
        WriteStack(code);
        code.Store(BpfWidth.Eight, TraceProgram.Record, MaskAt, Mask);
        TraceProgram.Submit(code, end, refused);
        return code;
    }

    private BpfAssembler WriteBeginning()
    {
        var code = new BpfAssembler();
        BpfLabel unwanted = new(), refused = new(), end = new();
        var expression = new ExpressionCode(code, TraceHook.Entry);
        code.Move(TraceProgram.Context, BpfRegister.R1);
        WriteQuestions(code, expression, _earlyConditions, unwanted);

        code.Store(BpfWidth.Four, BpfRegister.Frame, -IndexAt, _kind);
        PointAtStack(code, BpfRegister.R2, IndexAt);
        code.LoadAddress(BpfRegister.R1, FunctionProgram.Scratch);
        code.Call(BpfHelper.LookUp);
        code.GoTo(end, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Move(TraceProgram.Record, BpfRegister.R0);
        TraceProgram.WriteHeader(code, _kind);
        code.Move(Mask, 0);
        WriteValues(code, expression, _early);
        WriteStack(code);
        code.Store(BpfWidth.Eight, TraceProgram.Record, MaskAt, Mask);

        // The clock is read last, so that what was done here is not of the call.
        code.Call(BpfHelper.GetBootTime);
        code.Store(BpfWidth.Eight, TraceProgram.Record, TraceEventClass.TimeAt, BpfRegister.R0);
        PointAtCall(code);
        code.Move(BpfRegister.R3, TraceProgram.Record);
        code.Move(BpfRegister.R4, 0);
        code.Call(BpfHelper.Update);
        code.GoTo(refused, BpfCondition.NotEqual, BpfRegister.R0, 0);
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
        code.GoTo(end, BpfCondition.NotEqual, BpfRegister.R1, _kind);

        code.Load(BpfWidth.Eight, BpfRegister.R1, TraceProgram.Record, TraceEventClass.TimeAt);
        code.Apply(BpfOperation.Subtract, BpfRegister.R8, BpfRegister.R1);
        code.Store(BpfWidth.Eight, TraceProgram.Record, _latencyAt!.Value, BpfRegister.R8);
        if (_options.MinLatency is { } least)
        {
            code.LoadConstant(BpfRegister.R1, (ulong)(least.Ticks * TimeSpan.NanosecondsPerTick));
            code.GoTo(done, BpfCondition.Less, BpfRegister.R8, BpfRegister.R1);
        }

        WriteReturn(code, expression, done);
        WriteConditions(code, expression, _lateConditions, done);
        if (_late.Count > 0)
        {
            code.Load(BpfWidth.Eight, Mask, TraceProgram.Record, MaskAt);
            WriteValues(code, expression, _late);
            code.Store(BpfWidth.Eight, TraceProgram.Record, MaskAt, Mask);
        }

        code.LoadAddress(BpfRegister.R1, BpfObjectWriter.Events);
        code.Move(BpfRegister.R2, TraceProgram.Record);
        code.Move(BpfRegister.R3, _size);
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

    private void WriteReturn(BpfAssembler code, ExpressionCode expression, BpfLabel done)
    {
        if (_returnAt is not { } at)
        {
            return;
        }

        expression.Load(_return!, done);
        code.Store(BpfWidth.Eight, TraceProgram.Record, at, BpfRegister.R0);
        if (!_options.OnlyFailed)
        {
            return;
        }

        // Failed is what lies among the last 4095, and the null pointer.
        BpfLabel failed = new();
        if (_returns!.Value.IsPointer)
        {
            code.GoTo(failed, BpfCondition.Equal, BpfRegister.R0, 0);
        }

        code.Move(BpfRegister.R1, -(int)ErrorNumbers.Max);
        code.GoTo(done, BpfCondition.Less, BpfRegister.R0, BpfRegister.R1);
        code.Place(failed);
    }

    /// <summary>Who is asked about first is whom most events are not of.</summary>
    private void WriteQuestions(BpfAssembler code, ExpressionCode expression, List<TypedCondition> conditions, BpfLabel unwanted)
    {
        new TraceFilter(_options.ProcessId).Write(code, unwanted);
        if (_options.ControlGroup is { } group)
        {
            code.Call(BpfHelper.GetCurrentControlGroup);
            code.LoadConstant(BpfRegister.R1, FileIdentity.Of(group).Inode);
            code.GoTo(unwanted, BpfCondition.NotEqual, BpfRegister.R0, BpfRegister.R1);
        }

        WriteConditions(code, expression, conditions, unwanted);
        if (_options.SampleEvery > 1)
        {
            code.LoadAddress(BpfRegister.R1, FunctionProgram.Seen);
            code.Move(BpfRegister.R2, 1);
            code.FetchAndAddInMemory(BpfRegister.R1, 0, BpfRegister.R2);
            code.Apply(BpfOperation.Modulo, BpfRegister.R2, _options.SampleEvery);
            code.GoTo(unwanted, BpfCondition.NotEqual, BpfRegister.R2, 0);
        }
    }

    private static void WriteConditions(BpfAssembler code, ExpressionCode expression, List<TypedCondition> conditions, BpfLabel unwanted)
    {
        foreach (TypedCondition condition in conditions)
        {
            BpfLabel yes = new();
            expression.Branch(condition, yes, unwanted);
            code.Place(yes);
        }
    }

    private static void WriteValues(BpfAssembler code, ExpressionCode expression, List<(TracedValue Value, int Bit)> values)
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
        if (_stackAt is not { } at)
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

    private static bool UsesReturn(TypedExpression value) => value switch
    {
        SlotValue slot => slot.IsReturn,
        MemoryValue memory => UsesReturn(memory.Pointer),
        AddressValue address => UsesReturn(address.Pointer),
        CastValue cast => UsesReturn(cast.Of),
        Calculation made => UsesReturn(made.Left) || UsesReturn(made.Right),
        NumberComparison compared => UsesReturn(compared.Left) || UsesReturn(compared.Right),
        TextComparison compared => UsesReturn(compared.Text),
        Truth truth => UsesReturn(truth.Of),
        Negation not => UsesReturn(not.Of),
        Connection both => UsesReturn(both.Left) || UsesReturn(both.Right),
        _ => false,
    };

    private static TraceExpressionException Wrong(string text, string problem, string remedy) => new(text, new(0, text.Length), problem, remedy);
}
