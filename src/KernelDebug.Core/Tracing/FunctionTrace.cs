using KernelDebug.Bpf;
using KernelDebug.Bpf.Code;
using KernelDebug.Btf;
using KernelDebug.IO;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>A function that is not traced, and why.</summary>
/// <param name="Name">The function, or the tracepoint.</param>
/// <param name="Reason">Why, as a sentence.</param>
public sealed record UntracedFunction(string Name, string Reason);

/// <summary>A function that is traced, and how.</summary>
/// <param name="Name">The function, or the tracepoint.</param>
/// <param name="Hook">How: <c>fentry</c>, or <c>fentry and fexit</c>, <c>kprobe</c>, <c>tp_btf</c>.</param>
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
    private const uint RingBytes = 1 << 22;

    /// <summary>Calls that go on at one time, and bytes for them, at most.</summary>
    private const int MostCalls = 1 << 14, MostCallBytes = 1 << 24, FewestCalls = 256;

    /// <summary>By the number of their events: also of functions that the kernel then refused.</summary>
    private readonly List<TraceEventClass> _kinds = [];

    private readonly List<TracedFunction> _traced = [];
    private readonly List<UntracedFunction> _untraced = [];

    private FunctionTrace()
    {
    }

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
        return Plan(functions.DistinctBy(function => (function.Name, function.Module)), function => function.Name, (plan, function) => plan.Add(function, options));
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
        return Plan(names.Distinct(), name => name, (plan, name) => plan.Add(name, types ?? throw new NotSupportedException(why), options));
    }

    private static FunctionTrace Plan<T>(IEnumerable<T> items, Func<T, string> nameOf, Action<FunctionTrace, T> add)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new NotSupportedException("programs are generated for little-endian machines only; compile one, and name it with -Path");
        }

        var plan = new FunctionTrace();
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
        using BpfObject loaded = BpfObject.Read(Request().Image!, Name);
        loaded.Load();
    }

    /// <summary>What to ask for, to trace them.</summary>
    public BpfTraceRequest Request()
    {
        var writer = new BpfObjectWriter(RingBytes);
        FunctionProgram[] programs = [.. _traced.Select(traced => traced.Program)];
        if (programs.Any(program => program.IsOfWholeCalls))
        {
            int size = programs.Max(program => program.Events.Size);
            writer.Add(new BpfMapDefinition(FunctionProgram.Calls, BpfMapType.Hash, sizeof(ulong), (uint)size, (uint)Math.Clamp(MostCallBytes / size, FewestCalls, MostCalls)));
            writer.Add(new BpfMapDefinition(FunctionProgram.Scratch, BpfMapType.PerCpuArray, sizeof(int), (uint)size, (uint)_kinds.Count));
        }

        writer.AddCounter(FunctionProgram.Seen);
        foreach (GeneratedProgram program in programs.SelectMany(program => program.Programs))
        {
            writer.Add(program.Name, program.Section, program.Code);
        }

        TraceEventClass[] kinds = [.. _kinds];
        return new BpfTraceRequest
        {
            Path = Name,
            Image = writer.ToArray(),
            Decode = record => kinds[TraceEventClass.KindOf(record)].Make(record),
        };
    }

    /// <summary>Leaves out a function that the kernel refuses.</summary>
    /// <param name="program">The program's name.</param>
    /// <param name="reason">Why it does.</param>
    public void Drop(string program, string reason)
    {
        int index = _traced.FindIndex(traced => traced.Name == program);
        if (index < 0)
        {
            throw new ArgumentException($"no function {program} is traced", nameof(program));
        }

        _untraced.Add(new(program, reason));
        _traced.RemoveAt(index);
    }

    private void Add(TraceFunction function, FunctionTraceOptions options)
    {
        TraceHook hook = function.CanFentry != false ? TraceHook.Entry
            : function.CanKprobe != false && TraceHook.Kprobe is { } kprobe ? kprobe
            : throw new NotSupportedException(function.Reason?.Message ?? "it cannot be traced");
        if (function.Function is { } known)
        {
            Add(function.Name, hook, known.Prototype.Parameters, known.Prototype.ReturnType, known.File, options, function.Address);
            return;
        }

        string why = function.Reason?.Message ?? "The types of the kernel do not have it.";
        BtfFile? types = new KernelTypes("/").Of(null, out _);
        if (hook == TraceHook.Entry || types is null)
        {
            throw new NotSupportedException(why);
        }

        // That it is called, and by whom, a kprobe tells all the same.
        Add(function.Name, hook, [], BtfVoid.Instance, types, options, function.Address);
        _traced[^1] = _traced[^1] with { Notes = [.. _traced[^1].Notes, $"The arguments of {function.Name} are not known: {why.TrimEnd('.')}"] };
    }

    private void Add(string tracepoint, BtfFile types, FunctionTraceOptions options)
    {
        // The function that calls who is attached has the arguments' names, behind a pointer of its own.
        if (types.Find<BtfTypedef>("btf_trace_" + tracepoint) is null || types.Find<BtfFunction>("__traceiter_" + tracepoint) is not { } called)
        {
            throw new NotSupportedException("the kernel has no tracepoint of this name, or its types do not have it");
        }

        Add(tracepoint, TraceHook.RawTracepoint, [.. called.Prototype.Parameters.Skip(1)], BtfVoid.Instance, types, options, null);
    }

    private void Add(string name, TraceHook hook, IReadOnlyList<BtfParameter> parameters, BtfType returns, BtfFile types, FunctionTraceOptions options, ulong? address)
    {
        var layout = new FunctionLayout(name, parameters, returns, types, hook, options, address);
        var program = new FunctionProgram(new FunctionProgramWriter(name, _kinds.Count, hook, options, layout).Write(), layout.Events, layout.Notes);
        _kinds.Add(program.Events);
        _traced.Add(new(name, program.IsOfWholeCalls ? $"{TraceHook.Entry.Section} and {TraceHook.Exit.Section}" : hook.Section, program.Notes) { Program = program });
    }
}
