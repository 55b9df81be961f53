namespace KernelDebug.Tracing;

/// <summary>
/// The letters behind the processor of an event, <c>d..2.</c> (kernel/trace/trace_output.c, <c>trace_print_lat_fmt</c>): interrupts, rescheduling,
/// kind of interrupt, depth of disabled preemption, and since Linux 5.12 depth of disabled migration.
/// </summary>
public sealed record TraceFlags
{
    private TraceFlags(string text) => Text = text;

    /// <summary>The letters.</summary>
    public string Text { get; }

    /// <summary>What they say of the processor; null where one is not known, as in kernels with other columns.</summary>
    public TraceState? State { get; private init; }

    /// <summary>How many times preemption was disabled; null as <see cref="State"/>.</summary>
    public int? PreemptDepth { get; private init; }

    /// <summary>How many times migration was disabled; null as <see cref="State"/>, and where the kernel does not say.</summary>
    public int? MigrateDisableDepth { get; private init; }

    /// <summary>Reads the letters.</summary>
    public static TraceFlags Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is 4 or 5
            && Interrupts(text[0]) is { } interrupts && Resched(text[1]) is { } resched && Context(text[2]) is { } context
            && Depth(text[3]) is { } preempt && Depth(text[^1]) is { } last
            ? new TraceFlags(text) { State = interrupts | resched | context, PreemptDepth = preempt, MigrateDisableDepth = text.Length == 5 ? last : null }
            : new TraceFlags(text);
    }

    /// <summary>The letters.</summary>
    public override string ToString() => Text;

    private static TraceState? Interrupts(char letter) => letter switch
    {
        '.' => TraceState.None,
        'd' => TraceState.InterruptsOff,
        'b' => TraceState.SoftInterruptsOff,
        'D' => TraceState.InterruptsOff | TraceState.SoftInterruptsOff,
        'X' => TraceState.InterruptsUnknown,
        _ => null,
    };

    private static TraceState? Resched(char letter) => letter switch
    {
        '.' => TraceState.None,
        'n' => TraceState.NeedResched,
        'l' => TraceState.NeedReschedLazy,
        'b' => TraceState.NeedResched | TraceState.NeedReschedLazy,
        'p' => TraceState.PreemptResched,
        'N' => TraceState.NeedResched | TraceState.PreemptResched,
        'L' => TraceState.NeedReschedLazy | TraceState.PreemptResched,
        'B' => TraceState.NeedResched | TraceState.NeedReschedLazy | TraceState.PreemptResched,
        _ => null,
    };

    private static TraceState? Context(char letter) => letter switch
    {
        '.' => TraceState.None,
        's' => TraceState.SoftInterrupt,
        'h' => TraceState.HardInterrupt,
        'H' => TraceState.HardInterrupt | TraceState.SoftInterrupt,
        'z' => TraceState.NonMaskableInterrupt,
        'Z' => TraceState.NonMaskableInterrupt | TraceState.HardInterrupt,
        _ => null,
    };

    private static int? Depth(char digit) => digit == '.' ? 0 : char.IsAsciiHexDigitLower(digit) ? Convert.ToInt32(digit.ToString(), 16) : null;
}
