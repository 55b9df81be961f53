using System.Management.Automation;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Receive-BpfTrace: the events of traces that run beside the prompt.</summary>
[Cmdlet(VerbsCommunications.Receive, "BpfTrace", DefaultParameterSetName = SessionSet)]
[OutputType(typeof(Btf.BtfRecordObject), typeof(BpfEvent), typeof(TraceLine), typeof(TraceEventObject), typeof(TraceCountObject), typeof(TraceHistogram), typeof(TraceCall))]
public sealed class ReceiveBpfTraceCommand : BpfSessionCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);
    private volatile bool _stop;

    /// <summary>Go on until the trace ends, not only with what is there.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Events of each trace at most.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Count { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (BpfTraceSession session in Sessions())
        {
            if (session.Trace.IsCounting)
            {
                // What was counted so far, or with -Wait in the end.
                while (Wait && !_stop && session.State == BpfTraceState.Running)
                {
                    Thread.Sleep(Patience);
                }

                WriteObject(session.Trace.ReadCounts().Select(BpfEventObjects.Shown), enumerateCollection: true);
                continue;
            }

            for (long count = 0; !_stop && count != Count;)
            {
                if (session.Trace.Read(Wait ? Patience : TimeSpan.Zero) is { } item)
                {
                    count++;
                    WriteObject(BpfEventObjects.Shown(item));
                }
                else if (!Wait || session.Trace.IsDrained)
                {
                    break;
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop = true;
}
