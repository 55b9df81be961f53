namespace KernelDebug.Tracing;

/// <summary>A property of events, and what it is of a function's arguments.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Expression">What it is: <c>skb->dev->name</c>.</param>
public sealed record TraceProperty(string Name, string Expression);

/// <summary>What is asked of functions that are traced.</summary>
public sealed record FunctionTraceOptions
{
    /// <summary>How functions are met; null for what suits each.</summary>
    public TraceHookKind? Hook { get; init; }

    /// <summary>The events' properties; none for all arguments.</summary>
    public IReadOnlyList<TraceProperty> Properties { get; init; } = [];

    /// <summary>Pointers whose structures are wanted whole.</summary>
    public IReadOnlyList<string> Expand { get; init; } = [];

    /// <summary>How far the pointers of such a structure are followed to structures of their own: 0 for not at all.</summary>
    public int Depth { get; init; }

    /// <summary>The condition on events; null for all.</summary>
    public string? Where { get; init; }

    /// <summary>Events are wanted when functions return, with what they returned.</summary>
    public bool WithReturn { get; init; }

    /// <summary>Events are wanted when functions return, with how long that took.</summary>
    public bool WithLatency { get; init; }

    /// <summary>Calls are wanted with the calls within them.</summary>
    public bool AsTree { get; init; }

    /// <summary>Who called is wanted.</summary>
    public bool WithStack { get; init; }

    /// <summary>Who called is wanted in user space, too.</summary>
    public bool WithUserStack { get; init; }

    /// <summary>Calls are wanted that took as long at least; null for all.</summary>
    public TimeSpan? MinLatency { get; init; }

    /// <summary>Calls are wanted that returned an error.</summary>
    public bool OnlyFailed { get; init; }

    /// <summary>The process whose calls are wanted, as the namespace of this one numbers it; null for all.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The names of tasks whose calls are wanted, with wildcards; null for all.</summary>
    public string? ProcessName { get; init; }

    /// <summary>The directory of the control group whose tasks' calls are wanted; null for all.</summary>
    public string? ControlGroup { get; init; }

    /// <summary>What is counted in place of events, by the values of <see cref="Properties"/>; null for events.</summary>
    public TraceAggregation? Aggregation { get; init; }

    /// <summary>Events a second at most; what comes on top is counted, and not sent. null for no limit.</summary>
    public int? RateLimit { get; init; }

    /// <summary>Of so many events, one is wanted.</summary>
    public int SampleEvery { get; init; } = 1;

    /// <summary>Characters of a text at most.</summary>
    public int TextSize { get; init; } = 256;

    /// <summary>Variables of the shell, by name.</summary>
    public Func<string, object?>? ShellVariable { get; init; }

    /// <summary>True where there are several functions, none of which is to be seen before all are attached.</summary>
    internal bool BeginTogether { get; init; }

    /// <summary>True where events are of whole calls: sent when functions return, of what was there when they began.</summary>
    internal bool OfWholeCalls => WithReturn || WithLatency || AsTree || MinLatency is not null || OnlyFailed;
}
