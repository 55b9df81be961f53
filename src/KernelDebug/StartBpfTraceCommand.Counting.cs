using System.Diagnostics;
using System.Management.Automation;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Start-BpfTrace that counts in the kernel, in place of events for each call.</summary>
public sealed partial class StartBpfTraceCommand
{
    /// <summary>Characters of a text that calls are told apart by: all of it is in the key.</summary>
    private const int CountedTextSize = 64;

    /// <summary>How often what was counted is written where no end is set.</summary>
    private static readonly TimeSpan s_usualInterval = TimeSpan.FromSeconds(5);

    /// <summary>Count calls by values, paths as in <see cref="Property"/>; <c>function</c> for the function alone.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateNotNullOrEmpty]
    public object[] CountBy { get; set; } = [];

    /// <summary>Count calls by who called.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    public SwitchParameter CountStack { get; set; }

    /// <summary>Count calls by the size of a number: a path, or <c>latency</c>.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateNotNullOrEmpty]
    public string? Histogram { get; set; }

    /// <summary>How wide the buckets of a histogram are, of latencies in nanoseconds; left out, each is twice as wide as the one before.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateRange(1, long.MaxValue)]
    public long? BucketWidth { get; set; }

    /// <summary>Write what was counted so far each time this has gone by; a number is seconds.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [DurationTransformation]
    public TimeSpan? Interval { get; set; }

    /// <summary>Events a second at most; those above it are counted, and not sent.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateRange(1, int.MaxValue)]
    public int? RateLimit { get; set; }

    private bool IsCounting => CountBy.Length > 0 || CountStack || Histogram is not null;

    private TraceAggregation? Aggregation => IsCounting ? new() { ByStack = CountStack, Histogram = Histogram, BucketWidth = BucketWidth } : null;

    /// <summary>What calls are told apart by: the function always is one of it.</summary>
    private IEnumerable<TraceProperty> CountedProperties() =>
        CountBy.Select(ToProperty).Where(property => !property.Expression.Equals("function", StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns false where parameters do not go together, and says so.</summary>
    private bool CheckCombination()
    {
        string[] events = [nameof(Property), nameof(Expand), nameof(Depth), nameof(Stack), nameof(UserStack), nameof(Return), nameof(Latency), nameof(Tree), nameof(Count), nameof(RateLimit)];
        string[] counts = [nameof(BucketWidth), nameof(Interval)];
        if (Tree && new[] { nameof(Failed), nameof(MinLatency), nameof(SampleEvery), nameof(RateLimit) }.FirstOrDefault(MyInvocation.BoundParameters.ContainsKey) is { } hole)
        {
            string problem = $"-{hole} would leave holes in the trees of calls.";
            WriteError(CommandErrors.Create(
                new PSArgumentException(problem), "TreeConflict", ErrorCategory.InvalidArgument, hole, problem, $"Leave out -{hole}, and ask the trees: Where-Object Error, Where-Object Latency -gt '00:00:00.01'."));
            return false;
        }

        string? wrong = (IsCounting ? events : counts).FirstOrDefault(name => MyInvocation.BoundParameters.ContainsKey(name)) ?? (Histogram is null && BucketWidth is not null ? nameof(BucketWidth) : null);
        (string? message, string remedy) = wrong switch
        {
            null when Interval <= TimeSpan.Zero => ("The interval is not longer than nothing.", "Name seconds, -Interval 1, or a TimeSpan."),
            null => (null, ""),
            nameof(BucketWidth) => ("-BucketWidth is of a histogram, and none is asked for.", "Ask for one: -Histogram 'skb->len' -BucketWidth 100."),
            nameof(Interval) => ("-Interval is of what is counted in the kernel, and events come as they are.", "Count calls: -CountBy, -CountStack or -Histogram."),
            _ => ($"-{wrong} is of events, and with -CountBy, -CountStack and -Histogram there are none: calls are counted in the kernel.", $"Leave out -{wrong}; what calls are told apart by is named by -CountBy."),
        };
        if (message is not null)
        {
            WriteError(CommandErrors.Create(new PSArgumentException(message), "CountingConflict", ErrorCategory.InvalidArgument, wrong, message, remedy));
        }

        return message is null;
    }

    /// <summary>Writes what is counted, from time to time and at the end.</summary>
    private void StreamCounts(BpfTrace trace)
    {
        var elapsed = Stopwatch.StartNew();
        TimeSpan? interval = Interval ?? (Duration is null ? s_usualInterval : null);
        for (TimeSpan next = interval ?? TimeSpan.MaxValue; !_stop.Token.WaitHandle.WaitOne(Patience);)
        {
            if (elapsed.Elapsed >= Duration)
            {
                BpfTraceNotes.Stop(this, trace);
                WriteCounts(trace);
                return;
            }

            TellDead(trace);
            if (elapsed.Elapsed >= next)
            {
                next += interval!.Value;
                WriteCounts(trace);
            }
        }
    }

    private void WriteCounts(BpfTrace trace)
    {
        foreach (object count in trace.ReadCounts())
        {
            WriteObject(BpfEventObjects.Shown(count));
        }
    }
}
