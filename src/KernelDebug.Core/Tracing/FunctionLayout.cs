using System.Buffers.Binary;
using KernelDebug.Btf;
using KernelDebug.Records;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>
/// What is asked of one function, with the function's types: which values its events have and where in the record, which conditions are
/// asked when it begins, and what only when it returns.
/// </summary>
internal sealed class FunctionLayout
{
    /// <summary>Where the record has a bit for each value that could be read.</summary>
    public const int MaskAt = TraceEventClass.HeaderSize;

    private const int MostValues = 64;

    private readonly string _name;
    private readonly TraceHook _hook;
    private readonly StackOrigin _origin;
    private readonly FunctionTraceOptions _options;
    private readonly TraceScope _scope;
    private readonly TraceType? _returns;
    private readonly string _whatReturns;
    private readonly List<TraceValue> _values = [];
    private readonly List<(TracedValue Value, int Bit)> _early = [], _late = [];
    private readonly List<TypedCondition> _earlyConditions = [], _lateConditions = [];
    private readonly List<string> _notes = [];

    /// <summary>Lays it out.</summary>
    /// <param name="name">The function.</param>
    /// <param name="parameters">What it takes.</param>
    /// <param name="returns">What it returns; null where that is not known.</param>
    /// <param name="types">The types of the kernel or module.</param>
    /// <param name="hook">Where it is met.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="origin">Where stacks begin.</param>
    /// <exception cref="TraceExpressionException">Something asked means nothing for this function.</exception>
    /// <exception cref="NotSupportedException">It cannot be had here; the message says why.</exception>
    /// <exception cref="IO.BinaryFormatException">A type is damaged.</exception>
    public FunctionLayout(string name, IReadOnlyList<BtfParameter> parameters, BtfType? returns, BtfFile types, TraceHook hook, FunctionTraceOptions options, StackOrigin origin)
    {
        _name = name;
        _hook = hook;
        _options = options;
        _origin = origin;
        _whatReturns = returns is null ? "what it returns is not known" : "it returns nothing";
        _returns = returns is null or { Bare: BtfVoid } ? null : new TraceType(returns);
        _scope = new TraceScope(name, types, Variables(parameters), options.ShellVariable);
        LayOutConditions();
        if (options.AsTree)
        {
            // Where all functions' records have it.
            Take(TreeCode.Size);
        }

        LayOutValues();
        LayOutNumber();
        CountedEnd = Size;
        IsOfWholeCalls = options.OfWholeCalls || _late.Count > 0 || _lateConditions.Count > 0 || IsNumberLate;
        if (IsOfWholeCalls)
        {
            RequireExit();
            if (options.AsTree && _lateConditions.Count > 0)
            {
                throw Wrong(options.Where!, "What is asked of a call when it has ended would leave holes in its tree", "Ask the trees: Where-Object Error, Where-Object Latency -gt '00:00:00.01'.");
            }

            LayOutCall();
            if (hook.LosesCalls && (_late.Count > 0 || _lateConditions.Count > 0 || (IsNumberLate && Number is not null)))
            {
                KeptAt = Take(hook.Words * sizeof(ulong));
            }

            if (Number is not null && !IsNumberLate)
            {
                NumberAt = Take(CountCode.SumSize);
            }
        }

        if (options.Aggregation is { } counted)
        {
            if (counted.ByStack)
            {
                _values.Insert(0, new("Stack", typeof(TraceStack), record => TraceStacks.Numbered(record, origin)));
            }
        }
        else
        {
            LayOutStacks();
        }

        Events = new TraceEventClass(name, Size, _values, options.Aggregation is not null) { Arrived = UserStackAt is { } at ? record => UserStacks.Note(record, at) : null };
    }

    /// <summary>The events.</summary>
    public TraceEventClass Events { get; }

    /// <summary>Bytes of a record.</summary>
    public int Size { get; private set; } = MaskAt + sizeof(ulong);

    /// <summary>True where an event is of a whole call, and sent when it ends.</summary>
    public bool IsOfWholeCalls { get; }

    /// <summary>The values that are read when the function begins, with their bits.</summary>
    public IReadOnlyList<(TracedValue Value, int Bit)> Early => _early;

    /// <summary>Those that use what it returns.</summary>
    public IReadOnlyList<(TracedValue Value, int Bit)> Late => _late;

    /// <summary>The conditions that are asked when the function begins.</summary>
    public IReadOnlyList<TypedCondition> EarlyConditions => _earlyConditions;

    /// <summary>Those that use what it returns.</summary>
    public IReadOnlyList<TypedCondition> LateConditions => _lateConditions;

    /// <summary>What it returns; null for nothing, and for what no register holds.</summary>
    public SlotValue? Return { get; private set; }

    /// <summary>Where that is; null where it is not wanted.</summary>
    public int? ReturnAt { get; private set; }

    /// <summary>Where the time is that a call took; null for events of beginnings.</summary>
    public int? LatencyAt { get; private set; }

    /// <summary>Where the stack is; null where it is not wanted.</summary>
    public int? StackAt { get; private set; }

    /// <summary>Where that of user space is; null where it is not wanted.</summary>
    public int? UserStackAt { get; private set; }

    /// <summary>Where the words of the arguments are kept until the function returns; null where its end has them.</summary>
    public int? KeptAt { get; }

    /// <summary>Where the key ends that calls are counted by.</summary>
    public int CountedEnd { get; }

    /// <summary>The number that is counted in buckets; null where there is none, or it is how long a call took.</summary>
    public TypedExpression? Number { get; private set; }

    /// <summary>Where it is kept until the function returns; null where it need not be.</summary>
    public int? NumberAt { get; private set; }

    /// <summary>True where it is known only when the function returns.</summary>
    public bool IsNumberLate { get; private set; }

    /// <summary>What is to be known: arguments that cannot be had.</summary>
    public IReadOnlyList<string> Notes => _notes;

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
                : isByValue && !_hook.KnowsTypes ? "it is a structure given by value, which kprobes do not take apart"
                : null;
            variables.Add(new(name, whyNot is null ? new SlotValue(word, 0, null, type) { IsWhole = true } : null, whyNot));
            word += words;
        }

        if (!variables.Exists(variable => variable.Name == TraceScope.Return))
        {
            Return = _returns is { IsScalar: true } returned ? new SlotValue(word, 0, null, returned) { IsWhole = true, IsReturn = true } : null;
            variables.Add(new(TraceScope.Return, Return, _returns is { } other ? $"{other} is no number and no pointer" : _whatReturns));
        }

        return variables;
    }

    private void LayOutConditions()
    {
        if (_options.ProcessName is { } names)
        {
            _earlyConditions.Add(ExpressionBinder.TaskLike(_scope, names));
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
        IReadOnlyList<TraceProperty> properties = _options.Properties.Count > 0 || _options.Aggregation is not null ? _options.Properties : Arguments();
        foreach (TraceProperty property in properties)
        {
            bool isExpanded = _options.Expand.Contains(property.Expression);
            LayOut(property.Name, Bind(property.Expression), property.Expression, isExpanded);
        }

        foreach (string expanded in _options.Expand.Where(wanted => !properties.Any(property => property.Expression == wanted)))
        {
            LayOut(expanded, Bind(expanded), expanded, isExpanded: true);
        }

        foreach (string expanded in _options.Expand)
        {
            LayOutPointees(expanded, _options.Depth);
        }
    }

    /// <summary>What the pointers of a structure point to, where that is a structure: each as a property of its path.</summary>
    private void LayOutPointees(string path, int depth)
    {
        if (depth == 0 || Bind(path) is not TypedValue { Type: { IsStructurePointer: true } type })
        {
            return;
        }

        foreach (BtfMember member in type.Target!.Value.Structure!.FlattenedMembers.Where(member => member.Name is not null && new TraceType(member.Type).IsStructurePointer && !VerifierTypes.IsElsewhere(member.Type)))
        {
            string pointee = $"{path}->{member.Name}";
            TraceType target = new TraceType(member.Type).Target!.Value;
            if (target.Size is not (> 0 and <= TracedValue.MostBytes))
            {
                _notes.Add($"{pointee} is left out: {target} has {target.Size ?? 0} bytes, and an event takes 1 to {TracedValue.MostBytes} of one value");
                continue;
            }

            LayOut(pointee, Bind(pointee), pointee, isExpanded: true);
            LayOutPointees(pointee, depth - 1);
        }
    }

    private void LayOutNumber()
    {
        if (_options.Aggregation is not { } counted)
        {
            return;
        }

        if (Size - CountCode.KeyAt > CountCode.MostKeyBytes)
        {
            string all = string.Join(", ", _options.Properties.Select(property => property.Expression));
            throw Wrong(all, $"Calls are told apart by {CountCode.MostKeyBytes} bytes at most, and these are {Size - CountCode.KeyAt}", "Count by fewer values, by numbers, or with a smaller -TextSize.");
        }

        if (counted.Histogram is { } asked)
        {
            Number = counted.IsOfLatency ? null : Bind(asked) switch
            {
                TaskName or TypedValue { Type.IsScalar: false } => throw Wrong(asked, $"{asked} is no number", "A histogram is of numbers: -Histogram latency, -Histogram 'skb->len'."),
                var number => number,
            };
            IsNumberLate = counted.IsOfLatency || UsesReturn(Number!);
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
            ? throw Wrong(text, $"An event has {MostValues} properties at most", _options.Depth == 0 ? "Ask for fewer." : "Ask for those you need: -Expand skb, 'skb->dev'.")
            : TracedValue.Of(name, value, Size, _options.TextSize, out string? whyNot) ?? throw Wrong(text, $"{text} cannot be had: {whyNot}", "Ask for members of it.");
        (UsesReturn(value) ? _late : _early).Add((laidOut, bit));
        _values.Add(TraceValues.Optional(laidOut.Value, MaskAt, bit));
        Take(laidOut.Size);
    }

    /// <summary>Gives a place away.</summary>
    private int Take(int size)
    {
        const int Alignment = sizeof(ulong);
        int at = Size;
        Size += (size + Alignment - 1) / Alignment * Alignment;
        return at;
    }

    private void RequireExit()
    {
        if (_hook.AtReturn(0) is null)
        {
            throw new NotSupportedException($"what a function returns, and when, is told where it returns, and {_name} is traced by {_hook.Section}");
        }

        if (_options.OnlyFailed && (_returns is not { } type || !(type.IsPointer || type is { IsSigned: true, Bare: BtfInt })))
        {
            throw new NotSupportedException(_returns is { } other
                ? $"{_name} returns {other}, which tells no failure; functions that do return a signed number or a pointer"
                : $"{_name}: {_whatReturns}; functions that tell of failures return a signed number or a pointer");
        }
    }

    private void LayOutCall()
    {
        if (Return is { } value)
        {
            int at = Take(sizeof(ulong));
            ReturnAt = at;
            TraceType type = value.Type;
            if ((_options.WithReturn || _options.AsTree || _options.OnlyFailed) && _options.Aggregation is null)
            {
                _values.Add(type.IsPointer ? TraceValues.Address("Return", at) : TraceValues.Typed("Return", at, type.Base, BtfValueReader.ResultOf(type.Base)));
                if (type.IsPointer || type is { IsSigned: true, Bare: BtfInt })
                {
                    _values.Add(new("Error", typeof(string), record => ErrorName(record[at..])) { IsNoneWhenNull = true });
                }
            }
        }

        int latencyAt = Take(sizeof(ulong));
        LatencyAt = latencyAt;
        if ((_options.WithLatency || _options.AsTree || _options.MinLatency is not null) && _options.Aggregation is null)
        {
            _values.Add(new("Latency", typeof(TimeSpan), record => new TimeSpan((long)(BinaryPrimitives.ReadUInt64LittleEndian(record[latencyAt..]) / TimeSpan.NanosecondsPerTick))));
            _values.Add(TraceValues.Number("LatencyNs", latencyAt, sizeof(ulong), isSigned: true)!);
        }
    }

    private void LayOutStacks()
    {
        if (_options.WithStack)
        {
            StackAt = Take(TraceStacks.Size);
            _values.Add(TraceStacks.Value("Stack", StackAt.Value, _origin));
        }

        if (_options.WithUserStack)
        {
            UserStackAt = Take(UserStacks.Size);
            _values.Add(UserStacks.Value("UserStack", UserStackAt.Value));
        }
    }

    /// <summary>Error numbers are the last 4095 below zero, of pointers too (include/linux/err.h); of a pointer, null tells nothing.</summary>
    private static string? ErrorName(ReadOnlySpan<byte> value)
    {
        ulong below = unchecked(0 - BinaryPrimitives.ReadUInt64LittleEndian(value));
        return below is > 0 and <= ErrorNumbers.Max ? ErrorNumbers.NameOf(below) ?? $"-{below}" : null;
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
