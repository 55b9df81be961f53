using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using KernelDebug.Formatting;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Measure-TraceLatency: how long functions took, from the events of a trace.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "TraceLatency")]
[OutputType(typeof(LatencySummary))]
public sealed class MeasureTraceLatencyCommand : PSCmdlet
{
    private const string LatencyProperty = "Latency";

    /// <summary>The same of an event of Start-BpfTrace, to the nanosecond.</summary>
    private const string ExactProperty = "LatencyNs";
    private const string FunctionProperty = "Function";
    private const string EventProperty = "Event";

    /// <summary>The group of those beyond the limit.</summary>
    private const string OthersName = "(others)";

    /// <summary>Groups that are told apart; memory is bounded by them.</summary>
    private const int MaxGroups = 10_000;

    private static readonly string[] s_function = [FunctionProperty];
    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private TimeSpan _last;
    private long _ungrouped;
    private Group? _others;

    /// <summary>Events with a property <c>Latency</c>: a TimeSpan, or a number of nanoseconds.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>The properties whose values are told apart; left out, the function.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TraceHeaderCompleter))]
    public string[] By { get; set; } = [];

    /// <summary>Sum up each time this has gone by, and begin anew.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Interval { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Interval <= TimeSpan.Zero)
        {
            ThrowTerminatingError(CommandErrors.Create(
                new PSArgumentOutOfRangeException(nameof(Interval)), "IntervalNotPositive", ErrorCategory.InvalidArgument, Interval,
                "The interval is not longer than nothing.", "Name seconds, -Interval 1, or a TimeSpan."));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null)
        {
            return;
        }

        if (Interval is { } interval && _elapsed.Elapsed - _last >= interval)
        {
            WriteSummaries();
            _last = _elapsed.Elapsed;
        }

        var own = InputObject.BaseObject as TraceEventObject;
        object? latency = own is null ? InputObject.Properties[LatencyProperty]?.Value : own.GetMember(ExactProperty) ?? own.GetMember(LatencyProperty);
        if (Nanoseconds((latency as PSObject)?.BaseObject ?? latency) is { } time)
        {
            GroupOf(InputObject, own).Times.Add(time);
        }
        else
        {
            string message = latency is null
                ? "The object has no Latency." : ControlText.MakeNameVisible($"The Latency {latency} is no length of time.");
            WriteError(CommandErrors.Create(
                new PSArgumentException(message), "LatencyMissing", ErrorCategory.InvalidArgument, InputObject, message,
                "Give it the events of a trace with latencies, Start-BpfTrace -Latency, or objects whose property Latency is a TimeSpan or a number of nanoseconds."));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        WriteSummaries();
        if (_ungrouped > 0)
        {
            WriteWarning($"{_ungrouped} events had values of {ByText} beyond the first {MaxGroups}: they are measured together, as '{OthersName}'.");
        }
    }

    private string ByText => string.Join(", ", Properties);

    private string[] Properties => By.Length == 0 ? s_function : By;

    /// <summary>What the cmdlet takes for a length of time; null for anything else.</summary>
    private static long? Nanoseconds(object? latency) => latency switch
    {
        TimeSpan { Ticks: >= 0 } time when time.Ticks <= long.MaxValue / TimeSpan.NanosecondsPerTick => time.Ticks * TimeSpan.NanosecondsPerTick,
        int or long or uint or short or ushort or byte when Convert.ToInt64(latency, CultureInfo.InvariantCulture) is >= 0 and var number => number,
        ulong number and <= long.MaxValue => (long)number,
        double number and >= 0 and < long.MaxValue => (long)number,
        _ => null,
    };

    /// <summary>A property; an event has no function but what happened.</summary>
    private static object? ValueOf(PSObject input, TraceEventObject? own, string name) =>
        !name.Equals(FunctionProperty, StringComparison.OrdinalIgnoreCase) ? input.Properties[name]?.Value
        : own is not null ? own.GetEventName()
        : input.Properties[FunctionProperty]?.Value ?? input.Properties[EventProperty]?.Value;

    private Group GroupOf(PSObject input, TraceEventObject? own)
    {
        object?[] values = [.. Properties.Select(name => ValueOf(input, own, name))];
        string[] texts = [.. values.Select(value => Convert.ToString((value as PSObject)?.BaseObject ?? value, CultureInfo.InvariantCulture) ?? "")];
        string key = string.Join('\0', texts);
        if (_groups.TryGetValue(key, out Group? group))
        {
            return group;
        }

        if (_groups.Count >= MaxGroups)
        {
            _ungrouped++;
            return _others ??= new Group(OthersName, [], new LatencyHistogram());
        }

        return _groups[key] = new Group(string.Join(", ", texts), values, new LatencyHistogram());
    }

    private void WriteSummaries()
    {
        DateTimeOffset now = DateTimeOffset.Now;
        IEnumerable<Group> groups = _others is null ? _groups.Values : _groups.Values.Append(_others);
        foreach (Group group in groups.OrderByDescending(group => group.Times.Total).ThenBy(group => group.Name, StringComparer.Ordinal))
        {
            var shown = new PSObject(new LatencySummary(ByText, group.Name, group.Times, now));
            // What was grouped by is a property again, for what comes behind in the pipeline.
            for (int i = 0; i < group.Values.Length; i++)
            {
                if (shown.Properties[Properties[i]] is null)
                {
                    shown.Properties.Add(new PSNoteProperty(Properties[i], group.Values[i]));
                }
            }

            WriteObject(shown);
        }

        _groups.Clear();
        _others = null;
    }

    /// <summary>Events of the same values.</summary>
    private sealed record Group(string Name, object?[] Values, LatencyHistogram Times);
}
