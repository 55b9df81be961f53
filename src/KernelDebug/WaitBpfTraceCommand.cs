using System.Diagnostics;
using System.Management.Automation;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Wait-BpfTrace: returns when traces have ended, or have so many events.</summary>
[Cmdlet(VerbsLifecycle.Wait, "BpfTrace", DefaultParameterSetName = SessionSet)]
[OutputType(typeof(BpfTraceSession))]
public sealed class WaitBpfTraceCommand : BpfSessionCommand
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(20);
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private volatile bool _stop;

    /// <summary>Seconds to wait at most; without, no end.</summary>
    [Parameter]
    [Alias("TimeoutSec")]
    [ValidateRange(0, int.MaxValue)]
    public int? Timeout { get; set; }

    /// <summary>Also enough: so many events have come.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Count { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (BpfTraceSession session in Sessions())
        {
            if (Count is not null && session.Trace.IsCounting)
            {
                string message = $"{session.Name} counts in the kernel, and no events come of it: -Count would wait without end.";
                WriteError(CommandErrors.Create(new PSInvalidOperationException(message), "BpfTraceCounts", ErrorCategory.InvalidOperation, session, message, "Wait for a time, -Timeout, and Receive-BpfTrace shows what was counted until then."));
                continue;
            }

            while (session.State == BpfTraceState.Running && !(session.ReceivedCount >= Count))
            {
                if (_stop || _elapsed.Elapsed.TotalSeconds >= Timeout)
                {
                    return;
                }

                Thread.Sleep(s_pace);
            }

            WriteObject(session);
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop = true;
}
