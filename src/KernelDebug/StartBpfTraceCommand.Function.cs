using System.Collections;
using System.Management.Automation;
using KernelDebug.Formatting;
using KernelDebug.Tracing;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Commands;

/// <summary>Start-BpfTrace of functions: programs are generated for those that are named, or come down the pipeline.</summary>
public sealed partial class StartBpfTraceCommand
{
    private const string FunctionSet = "Function";
    private const string RawTracepointSet = "RawTracepoint";
    private const int MostShown = 5;

    private readonly List<TraceFunction> _functions = [];
    private TraceFunctionInput? _finder;

    /// <summary>Functions of the running kernel; with wildcards they are patterns, and ignore case.</summary>
    [Parameter(Position = 0, ParameterSetName = FunctionSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TraceFunctionCompleter))]
    public string[] Function { get; set; } = [];

    /// <summary>Tracepoints by the kernel's own calls, with typed arguments: sched_switch.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RawTracepointSet)]
    [ValidateNotNullOrEmpty]
    public string[] RawTracepoint { get; set; } = [];

    /// <summary>Functions, names, and reports or their frames.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = FunctionSet)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Modules the functions are of, and vmlinux for the kernel proper; wildcards allowed.</summary>
    [Parameter(ParameterSetName = FunctionSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TraceFunctionCompleter))]
    public string[] Module { get; set; } = [];

    /// <summary>How functions are met; left out, what suits each: a trampoline, or where there are many or none, a probe.</summary>
    [Parameter(ParameterSetName = FunctionSet)]
    public TraceHookKind? Hook { get; set; }

    /// <summary>The events' properties: paths such as skb->dev->name, or hash tables of Name and Expression; left out, all arguments.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateNotNullOrEmpty]
    public object[] Property { get; set; } = [];

    /// <summary>Pointers whose structures are wanted whole.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateNotNullOrEmpty]
    public string[] Expand { get; set; } = [];

    /// <summary>How far the pointers of expanded structures are followed to structures, each a property of its path.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateRange(0, 4)]
    public int Depth { get; set; }

    /// <summary>The condition on events, asked in the kernel: text, or a script block.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateNotNullOrEmpty]
    public string? Where { get; set; }

    /// <summary>Events when functions return, with what they returned.</summary>
    [Parameter(ParameterSetName = FunctionSet)]
    public SwitchParameter Return { get; set; }

    /// <summary>Events when functions return, with how long they took.</summary>
    [Parameter(ParameterSetName = FunctionSet)]
    public SwitchParameter Latency { get; set; }

    /// <summary>Calls with the calls of the other functions that were made during them.</summary>
    [Parameter(ParameterSetName = FunctionSet)]
    public SwitchParameter Tree { get; set; }

    /// <summary>Events with who called.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    public SwitchParameter Stack { get; set; }

    /// <summary>Events with who called in user space.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    public SwitchParameter UserStack { get; set; }

    /// <summary>Calls that took as long at least; a number is seconds.</summary>
    [Parameter(ParameterSetName = FunctionSet)]
    [DurationTransformation]
    public TimeSpan? MinLatency { get; set; }

    /// <summary>Calls that returned an error: a number below zero, a pointer that is one or is null.</summary>
    [Parameter(ParameterSetName = FunctionSet)]
    public SwitchParameter Failed { get; set; }

    /// <summary>Names of tasks whose calls are wanted; one, with wildcards.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateNotNullOrEmpty]
    public string? ProcessName { get; set; }

    /// <summary>Of so many events, one is wanted.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateRange(1, int.MaxValue)]
    public int SampleEvery { get; set; } = 1;

    /// <summary>Show the instructions that are generated, and load none.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    public SwitchParameter ShowProgram { get; set; }

    private void CollectFunctions()
    {
        if (InputObject is null && Function is [var only] && IsFile(only))
        {
            Path = only;
            TraceObjects();
            return;
        }

        if (InputObject?.BaseObject is FileInfo file)
        {
            LiteralPath = file.FullName;
            TraceObjects();
            return;
        }

        _finder ??= new TraceFunctionInput(FunctionCatalog.OfRunningKernel());
        if (InputObject is { } input)
        {
            if (_finder.Of(input.BaseObject, Module) is { } meant)
            {
                _functions.AddRange(meant);
                return;
            }

            WriteError(CommandErrors.Create(
                new PSArgumentException("The object names no function."), "InputWithoutFunction", ErrorCategory.InvalidArgument, input, "The object names no function: a bare address, or something that is no function, name or frame.",
                "Give it functions of Get-TraceFunction, names, or frames of Get-PanicTrace."));
            return;
        }

        foreach (string name in Function.Length == 0 && Module.Length > 0 ? ["*"] : Function)
        {
            TraceFunction[] found = [.. _finder.Named(name, Module)];
            _functions.AddRange(found);
            if (found.Length == 0)
            {
                WriteError(CommandErrors.Create(
                    new ItemNotFoundException($"No function matches {name}."), "TraceFunctionNotFound", ErrorCategory.ObjectNotFound, name, ControlText.MakeNameVisible($"No function matches {name}."),
                    "The Tab key completes the names there are; those of a module are there while it is loaded."));
            }
        }
    }

    /// <summary>A name of a function has neither; what is meant by one that has is an object.</summary>
    private static bool IsFile(string name) => name.Contains('/', StringComparison.Ordinal) || name.EndsWith(".o", StringComparison.Ordinal);

    private void TraceFunctions()
    {
        if (_functions.Count > 0)
        {
            TracePlan(() => FunctionTrace.Plan(_functions, Options()), _functions[0].Name);
        }
    }

    private void TracePlan(Func<FunctionTrace> make, string first)
    {
        if (MinLatency < TimeSpan.Zero)
        {
            WriteError(CommandErrors.Create(
                new PSArgumentException("No call takes less than no time."), "LatencyNegative", ErrorCategory.InvalidArgument, MinLatency, "No call takes less than no time.", "Name seconds, -MinLatency 0.001, or a TimeSpan."));
            return;
        }

        if (!CheckCombination())
        {
            return;
        }

        FunctionTrace plan;
        try
        {
            plan = make();
        }
        catch (TraceExpressionException wrong)
        {
            WriteError(CommandErrors.Create(wrong, "TraceExpressionInvalid", ErrorCategory.InvalidArgument, wrong.Text, wrong.Message, wrong.Remedy));
            return;
        }
        catch (Exception cause) when (BpfErrors.IsExpected(cause))
        {
            WriteError(BpfErrors.Create(cause, first));
            return;
        }

        if (plan.Traced.Count == 0)
        {
            TellUntraced(plan.Untraced, 0);
            return;
        }

        if (ShowProgram)
        {
            TellUntraced(plan.Untraced, plan.Traced.Count);
            WriteObject(plan.Instructions(), enumerateCollection: true);
            return;
        }

        if (MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? whatIf) && whatIf is SwitchParameter { IsPresent: true })
        {
            ShowWhatIf(plan);
            return;
        }

        Trace(plan.Name, "Generate, load and attach BPF programs", () => StartFunctions(plan), () =>
        {
            TellUntraced(plan.Untraced, plan.Traced.Count);
            string[] notes = [.. plan.Traced.SelectMany(traced => traced.Notes).Distinct()];
            TellSome(notes, note => note + ".", (_, message) => WriteWarning(message), $"{notes.Length - MostShown} more things are to be known of what is traced");
        });
    }

    /// <summary>The verifier is asked, so that what is said would happen is not what it would refuse.</summary>
    private void ShowWhatIf(FunctionTrace plan)
    {
        try
        {
            plan.Verify();
        }
        catch (Exception cause) when (BpfErrors.IsExpected(cause))
        {
            WriteError(BpfErrors.Create(cause, plan.Name));
            return;
        }

        TellUntraced(plan.Untraced, plan.Traced.Count);
        foreach (TracedFunction traced in plan.Traced)
        {
            _ = ShouldProcess(ControlText.MakeNameVisible($"{traced.Name} ({traced.Hook}, {traced.InstructionCount} instructions that the verifier takes)"), "Attach BPF programs");
        }
    }

    /// <summary>Starts it, without the functions that the kernel refuses after all.</summary>
    private BpfTrace StartFunctions(FunctionTrace plan)
    {
        BpfTrace trace = Start(plan.Request() with { QueueBytes = BufferSize });
        plan.DropRefused(trace);
        return trace;
    }

    private void TellUntraced(IReadOnlyList<UntracedFunction> untraced, int traced)
    {
        UntracedFunction[] distinct = [.. untraced.Distinct()];
        TellSome(
            distinct, one => $"{one.Name} is not traced: {one.Reason}",
            (one, message) =>
            {
                if (traced > 0)
                {
                    WriteWarning(message);
                }
                else
                {
                    WriteError(CommandErrors.Create(
                        new InvalidOperationException(message), "FunctionNotTraceable", ErrorCategory.InvalidOperation, one.Name, message, "Get-TraceFunction shows in which ways a function can be traced, and why not in others."));
                }
            },
            $"{distinct.Length - MostShown} more are not traced, and {traced} are");
    }

    /// <summary>Tells the first of many things, and how many more there are.</summary>
    private void TellSome<T>(T[] items, Func<T, string> text, Action<T, string> tell, string more)
    {
        foreach (T item in items.Take(MostShown))
        {
            tell(item, ControlText.MakeVisible(text(item)));
        }

        if (items.Length > MostShown)
        {
            WriteWarning($"{more}; -Verbose names them.");
            foreach (T item in items.Skip(MostShown))
            {
                WriteVerbose(ControlText.MakeVisible(text(item)));
            }
        }
    }

    private FunctionTraceOptions Options() => new()
    {
        Properties = [.. IsCounting ? CountedProperties() : Property.Select(ToProperty)],
        Aggregation = Aggregation,
        RateLimit = RateLimit,
        Hook = Hook,
        Expand = Expand,
        Depth = Depth,
        Where = Where,
        WithReturn = Return,
        WithLatency = Latency,
        AsTree = Tree,
        WithStack = Stack,
        WithUserStack = UserStack,
        MinLatency = MinLatency,
        OnlyFailed = Failed,
        ProcessId = ProcessId,
        ProcessName = ProcessName,
        ControlGroup = Cgroup is { } group ? SessionState.Path.GetUnresolvedProviderPathFromPSPath(group) : null,
        SampleEvery = SampleEvery,
        TextSize = IsCounting && !MyInvocation.BoundParameters.ContainsKey(nameof(TextSize)) ? CountedTextSize : TextSize,
        ShellVariable = name => SessionState.PSVariable.GetValue(name) is PSObject wrapped ? wrapped.BaseObject : SessionState.PSVariable.GetValue(name),
    };

    /// <summary>A path as it is; or as Select-Object has it, @{ Name = 'device'; Expression = 'skb->dev->name' }, or shorter, @{ device = 'skb->dev->name' }.</summary>
    private static TraceProperty ToProperty(object given)
    {
        object value = (given as PSObject)?.BaseObject ?? given;
        if (value is not IDictionary table)
        {
            string path = value.ToString()!.Trim();
            return new TraceProperty(path, path);
        }

        string? name = null, expression = null;
        foreach (DictionaryEntry entry in table)
        {
            string key = entry.Key.ToString()!;
            string text = entry.Value?.ToString()?.Trim() ?? "";
            bool isName = table.Count > 1 && (key.Equals("Name", StringComparison.OrdinalIgnoreCase) || key.Equals("Label", StringComparison.OrdinalIgnoreCase) || key is "n" or "l");
            bool isExpression = table.Count > 1 && (key.Equals("Expression", StringComparison.OrdinalIgnoreCase) || key is "e");
            (name, expression) = isName ? (text, expression) : isExpression ? (name, text) : table.Count == 1 ? (key, text) : throw Unknown(key);
        }

        return name is { Length: > 0 } && expression is { Length: > 0 } ? new TraceProperty(name, expression) : throw Unknown("neither");

        static PSArgumentException Unknown(string key) => new($"expected a property @{{ Name = ...; Expression = ... }}, have {key}");
    }
}
