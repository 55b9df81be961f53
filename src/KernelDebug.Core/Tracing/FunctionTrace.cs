using System.Text;
using KernelDebug.Bpf;
using KernelDebug.Bpf.Code;
using KernelDebug.Btf;
using KernelDebug.IO;
using KernelDebug.Kallsyms;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>A function that is not traced, and why.</summary>
/// <param name="Name">The function, or the tracepoint.</param>
/// <param name="Reason">Why, as a sentence.</param>
public sealed record UntracedFunction(string Name, string Reason);

/// <summary>A function that is traced, and how.</summary>
/// <param name="Name">The function, or the tracepoint.</param>
/// <param name="Hook">How: <c>fentry</c>, or <c>fentry and fexit</c>, <c>fsession</c>, <c>kprobe</c>, <c>tp_btf</c>.</param>
/// <param name="Notes">What is to be known of it.</param>
public sealed record TracedFunction(string Name, string Hook, IReadOnlyList<string> Notes)
{
    /// <summary>Instructions of its programs, as the kernel counts them: those that load 64 bits twice.</summary>
    public int InstructionCount => Program.Programs.Sum(program => program.Code.ToArray().Length / sizeof(ulong));

    /// <summary>What was generated for it.</summary>
    internal FunctionProgram Program { get; init; } = null!;
}

/// <summary>An instruction of a generated program.</summary>
/// <param name="Program">The program's section: <c>fentry/vfs_open</c>.</param>
/// <param name="Place">Its number; those that load 64 bits count twice.</param>
/// <param name="Text">What it does.</param>
/// <param name="Comment">What it and the next are for: the path that is read, with its type; the function of the kernel that is called. null for nothing.</param>
public sealed record TraceInstruction(string Program, int Place, string Text, string? Comment);

/// <summary>Traces functions by name: programs are generated of their types, by what is asked.</summary>
public sealed class FunctionTrace
{
    private const uint RingBytes = 1 << 22, UnusedRingBytes = 1 << 16;

    /// <summary>Calls that go on at one time, and bytes for them, at most.</summary>
    private const uint MostCalls = 1 << 14, MostCallBytes = 1 << 24, FewestCalls = 256;

    /// <summary>What the kernel puts before a tracepoint's name for them.</summary>
    private static readonly string[] s_callers = ["__bpf_trace_", "__traceiter_"];

    /// <summary>Those that run programs there, by how many arguments there are (kernel/trace/bpf_trace.c).</summary>
    private static readonly string[] s_runners = [.. Enumerable.Range(1, 12).Select(count => $"bpf_trace_run{count}")];

    /// <summary>By the number of their events: also of functions that the kernel then refused.</summary>
    private readonly List<TraceEventClass> _kinds = [];

    private readonly List<TracedFunction> _traced = [];
    private readonly List<UntracedFunction> _untraced = [];

    private readonly FunctionTraceOptions _options;

    private FunctionTrace(FunctionTraceOptions options) => _options = options;

    /// <summary>What is traced.</summary>
    public IReadOnlyList<TracedFunction> Traced => _traced;

    /// <summary>What is not.</summary>
    public IReadOnlyList<UntracedFunction> Untraced => _untraced;

    /// <summary>What it is called: by the function, or how many there are.</summary>
    public string Name => _traced is [var only] ? only.Name : $"{_traced.Count} functions";

    /// <summary>Generates the programs.</summary>
    /// <param name="functions">The functions, of the running kernel.</param>
    /// <param name="options">What is asked of them.</param>
    /// <exception cref="TraceExpressionException">What is asked means nothing for any of the functions.</exception>
    /// <exception cref="NotSupportedException">The machine is big-endian.</exception>
    public static FunctionTrace Plan(IEnumerable<TraceFunction> functions, FunctionTraceOptions options)
    {
        ArgumentNullException.ThrowIfNull(functions);
        ArgumentNullException.ThrowIfNull(options);
        TraceFunction[] items = [.. functions.DistinctBy(function => (function.Name, function.Module, function.Address))];
        var kernel = FunctionCatalog.OfRunningKernel();
        var choice = new HookChoice(options, items.Length, new KernelTypes("/").Of(null, out _));
        return Plan(items, options, function => function.Name, (plan, function) => plan.Add(kernel.Current(function), choice));
    }

    /// <summary>Generates the programs of tracepoints, with the arguments of the kernel's own calls of them.</summary>
    /// <param name="names">The tracepoints: <c>sched_switch</c>.</param>
    /// <param name="options">What is asked of them.</param>
    /// <exception cref="TraceExpressionException">What is asked means nothing for any of them.</exception>
    /// <exception cref="NotSupportedException">The machine is big-endian.</exception>
    public static FunctionTrace PlanRawTracepoints(IEnumerable<string> names, FunctionTraceOptions options)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(options);
        BtfFile? types = new KernelTypes("/").Of(null, out string? why);
        return Plan([.. names.Distinct()], options, name => name, (plan, name) => plan.Add(name, types ?? throw new NotSupportedException(why)));
    }

    private static FunctionTrace Plan<T>(T[] items, FunctionTraceOptions options, Func<T, string> nameOf, Action<FunctionTrace, T> add)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new NotSupportedException("programs are generated for little-endian machines only; compile one, and name it with -Path");
        }

        var plan = new FunctionTrace(options with { BeginTogether = items.Length > 1 });
        TraceExpressionException? wrong = null;
        foreach (T item in items)
        {
            try
            {
                add(plan, item);
            }
            catch (Exception cause) when (cause is TraceExpressionException or NotSupportedException or BinaryFormatException)
            {
                wrong ??= cause as TraceExpressionException;
                plan._untraced.Add(new(nameOf(item), (cause as TraceExpressionException)?.Problem ?? cause.Message));
            }
        }

        return plan._traced.Count == 0 && wrong is not null ? throw wrong : plan;
    }

    /// <summary>The programs, instruction by instruction.</summary>
    public IEnumerable<TraceInstruction> Instructions() => _traced.SelectMany(traced => traced.Program.Programs)
        .SelectMany(program => program.Code.Lines().Select(line => new TraceInstruction(program.Section, line.Place, line.Text, line.Comment)));

    /// <summary>Has the kernel's verifier check the programs, and attaches none.</summary>
    /// <exception cref="BpfException">The kernel or libbpf refuses.</exception>
    /// <exception cref="DllNotFoundException">libbpf is not installed.</exception>
    public void Verify()
    {
        BpfTraceRequest request = Request();
        using BpfObject loaded = BpfObject.Read(request.Image!, Name);
        loaded.Load();
        using var loader = new FunctionProgramLoader(loaded);
        BpfException? first = null;
        foreach (IGrouping<string, FunctionProgram> equal in request.Functions.GroupBy(function => function.Shape))
        {
            try
            {
                loader.Verify(equal.First());
            }
            catch (BpfException refused)
            {
                first ??= refused;
                foreach (FunctionProgram function in equal)
                {
                    Drop(function, refused.Refusal.Text);
                }
            }
        }

        if (_traced.Count == 0 && first is not null)
        {
            throw first;
        }
    }

    /// <summary>What to ask for, to trace them.</summary>
    public BpfTraceRequest Request()
    {
        FunctionProgram[] programs = [.. _traced.Select(traced => traced.Program)];
        TraceEventClass[] kinds = [.. _kinds];
        return new BpfTraceRequest
        {
            Path = Name,
            Image = ToObject([]),
            Functions = programs,
            Decode = record => kinds[TraceEventClass.KindOf(record)].Make(record),
            Arrived = Array.Exists(kinds, kind => kind.Arrived is not null) ? record => kinds[TraceEventClass.KindOf(record)].Arrived?.Invoke(record) : null,
            BeginTogether = _options.BeginTogether,
            Trees = _options.AsTree ? new TraceTrees(kinds) : null,
            ReadCounts = _options.Aggregation is { } asked ? new TraceCounts(kinds, asked).Read : null,
        };
    }

    /// <summary>All that was generated, as a compiler would have left it.</summary>
    internal byte[] ToObject() => ToObject(_traced.Select(traced => traced.Program));

    /// <summary>An object of the maps, and of some programs.</summary>
    private byte[] ToObject(IEnumerable<FunctionProgram> included)
    {
        FunctionProgram[] programs = [.. _traced.Select(traced => traced.Program)];
        bool hasCalls = programs.Any(program => program.IsOfWholeCalls);
        uint size = 0;
        int key = 0;
        foreach (FunctionProgram program in programs)
        {
            size = Math.Max(size, (uint)program.Events.Size);
            key = Math.Max(key, program.CountedEnd - CountCode.KeyAt);
        }

        var writer = new BpfObjectWriter(_options.Aggregation is null ? RingBytes : UnusedRingBytes);
        if (hasCalls)
        {
            writer.Add(new BpfMapDefinition(FunctionProgram.Calls, BpfMapType.Hash, CallCode.KeySize, size, Math.Clamp(MostCallBytes / size, FewestCalls, MostCalls)));
        }

        if (_options.AsTree)
        {
            writer.Add(new BpfMapDefinition(TreeCode.Outermost, BpfMapType.Hash, sizeof(ulong), TreeCode.ValueSize, MostCalls));
        }

        if (hasCalls || _options.Aggregation is not null)
        {
            writer.Add(new BpfMapDefinition(FunctionProgram.Scratch, BpfMapType.PerCpuArray, sizeof(int), size, (uint)_kinds.Count));
        }

        if (_options.Aggregation is { } counted)
        {
            writer.Add(new BpfMapDefinition(CountCode.Counts, BpfMapType.Hash, programs.Length > 0 ? (uint)key : sizeof(ulong), CountCode.ValueSize, CountCode.MostKeys));
            if (counted.ByStack)
            {
                writer.Add(new BpfMapDefinition(CountCode.Stacks, BpfMapType.StackTrace, sizeof(uint), TraceStacks.MostFrames * sizeof(ulong), CountCode.MostKeys));
            }
        }

        foreach (string counter in (string[])[FunctionProgram.Seen, FunctionProgram.Begun, FunctionProgram.Missed, .. _options.RateLimit is null ? [] : new[] { FunctionProgram.Second, FunctionProgram.Taken, FunctionProgram.Limited }])
        {
            writer.AddCounter(counter);
        }

        foreach (GeneratedProgram program in included.SelectMany(program => program.Programs))
        {
            writer.Add(program.Name, program.Section, program.Code);
        }

        return writer.ToArray();
    }

    /// <summary>Leaves out what the kernel refused when a trace of this began.</summary>
    public void DropRefused(BpfTrace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        foreach (RefusedProgram refused in trace.Refused)
        {
            Drop(refused.Function, refused.Cause.Refusal.Text);
        }
    }

    private void Drop(FunctionProgram program, string reason)
    {
        _untraced.Add(new(program.Name, reason));
        _traced.RemoveAll(traced => traced.Program == program);
    }

    private void Add(TraceFunction function, HookChoice choice)
    {
        TraceHook hook = choice.Of(function, _options.OfWholeCalls);
        KprobeTarget? kprobe = hook.IsProbe ? new(function.Address, hook.IsOfMany) : null;

        // Of several functions of a name, the types have one, and do not say which.
        if ((!hook.IsProbe || function.HasOwnTypes) && function.Function is { } known)
        {
            TraceTarget? target = hook.IsProbe ? null : new(known.Id, function.Module, hook.IsOfMany);
            Add(function.Name, target, kprobe, hook, known.Prototype.Parameters, known.Prototype.ReturnType, known.File, OriginOf(function));
            return;
        }

        string why = function.Reason?.Message ?? "The types of the kernel do not have it.";
        BtfFile? types = new KernelTypes("/").Of(null, out _);
        if (!hook.IsProbe || types is null)
        {
            throw new NotSupportedException(why);
        }

        // That it is called, and by whom, a kprobe tells all the same.
        Add(function.Name, null, kprobe, hook, [], null, types, OriginOf(function));
        _traced[^1] = _traced[^1] with { Notes = [.. _traced[^1].Notes, $"What {function.Name} takes and returns is not known: {why.TrimEnd('.')}"] };
    }

    private static StackOrigin OriginOf(TraceFunction function) => new(function.Address is { } address ? [address] : [], []);

    private void Add(string tracepoint, BtfFile types)
    {
        // The function that calls who is attached has the arguments' names, behind a pointer of its own.
        if (types.Find<BtfTypedef>("btf_trace_" + tracepoint) is not { } typedef || types.Find<BtfFunction>("__traceiter_" + tracepoint) is not { } called)
        {
            throw new NotSupportedException("the kernel has no tracepoint of this name, or its types do not have it");
        }

        Add(tracepoint, new TraceTarget(typedef.Id, null), null, TraceHook.RawTracepoint, [.. called.Prototype.Parameters.Skip(1)], BtfVoid.Instance, types, OriginOf(tracepoint));
    }

    /// <summary>Where stacks of a tracepoint begin, where they are wanted: at the functions that call who is attached, either of which may leave none of itself.</summary>
    private StackOrigin OriginOf(string tracepoint)
    {
        if (!_options.WithStack && _options.Aggregation is not { ByStack: true })
        {
            return new([], []);
        }

        try
        {
            KallsymsTable symbols = KallsymsTable.Read("/proc/kallsyms");
            return symbols.IsHidden ? new([], []) : new(AddressesOf(s_callers.Select(prefix => prefix + tracepoint)), AddressesOf(s_runners));

            ulong[] AddressesOf(IEnumerable<string> names) => [.. names.SelectMany(name => symbols.Named(Encoding.UTF8.GetBytes(name))).Select(symbols.AddressOf)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or BinaryFormatException)
        {
            return new([], []);
        }
    }

    private void Add(string name, TraceTarget? target, KprobeTarget? kprobe, TraceHook hook, IReadOnlyList<BtfParameter> parameters, BtfType? returns, BtfFile types, StackOrigin origin)
    {
        var layout = new FunctionLayout(name, parameters, returns, types, hook, _options, origin);
        int kind = _kinds.Count;
        IReadOnlyList<GeneratedProgram> programs = new FunctionProgramWriter(name, hook.IsOfMany ? new EventKind(null) : kind, hook, _options, layout).Write();
        var program = new FunctionProgram(name, kind, target, kprobe, programs, layout.Events, layout.Notes) { CountedEnd = layout.CountedEnd, IsOfWholeCalls = layout.IsOfWholeCalls };
        _kinds.Add(program.Events);
        _traced.Add(new(name, string.Join(" and ", programs.Select(part => BpfSection.Parse(part.Section).Hook)), program.Notes) { Program = program });
    }
}
