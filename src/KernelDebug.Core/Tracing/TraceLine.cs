namespace KernelDebug.Tracing;

/// <summary>What a line of the kernel's trace is.</summary>
public enum TraceLineKind
{
    /// <summary>An event, a traced function, or a message of <c>trace_printk</c>, <c>bpf_printk</c> or <c>trace_marker</c>.</summary>
    Event,
    /// <summary>Says that events are missing at this place.</summary>
    LostEvents,
    /// <summary>Anything else: a further line of a message, a line of a stack, the output of a tracer with lines of its own.</summary>
    Text,
}

/// <summary>A line of tracefs' <c>trace_pipe</c> or <c>trace</c> (kernel/trace/trace_output.c, <c>trace_print_context</c>).</summary>
public sealed record TraceLine
{
    /// <summary>What it is.</summary>
    public required TraceLineKind Kind { get; init; }

    /// <summary>The task's name (<c>comm</c>); <c>&lt;...&gt;</c> where the kernel no longer knew it, <c>&lt;idle&gt;</c> of a processor at rest.</summary>
    public string? Task { get; init; }

    /// <summary>What the kernel calls a pid: the id of the thread.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The id of the process the thread is of; null without tracefs' option record-tgid, and where the kernel did not know it.</summary>
    public int? ThreadGroupId { get; init; }

    /// <summary>The processor, of an event or of those that were lost.</summary>
    public int? Cpu { get; init; }

    /// <summary>The state of the processor; null without tracefs' option irq-info.</summary>
    public TraceFlags? Flags { get; init; }

    /// <summary>When, by the trace clock (usually since boot); to a microsecond.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>What a trace clock that does not count time shows: <c>counter</c>, <c>x86-tsc</c>.</summary>
    public ulong? Counter { get; init; }

    /// <summary>The event, the traced function, or the function that wrote the message, with <c> [module]</c> where it is a module's.</summary>
    public string? Function { get; init; }

    /// <summary>What follows it: the event's fields, the message, or <c>&lt;-</c> and the caller of a traced function.</summary>
    public string? Message { get; init; }

    /// <summary>How many events were lost; null where none, or where the kernel does not know how many.</summary>
    public ulong? LostEvents { get; init; }

    /// <summary>The line as it is; bytes that are not UTF-8 as <c>\xNN</c>.</summary>
    public required string Text { get; init; }

    /// <summary>The line.</summary>
    public override string ToString() => Text;
}
