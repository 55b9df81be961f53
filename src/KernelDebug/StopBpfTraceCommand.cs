using System.Management.Automation;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Stop-BpfTrace: detaches and unloads.</summary>
[Cmdlet(VerbsLifecycle.Stop, "BpfTrace", DefaultParameterSetName = SessionSet, SupportsShouldProcess = true)]
[OutputType(typeof(BpfTraceSession))]
public sealed class StopBpfTraceCommand : BpfSessionCommand
{
    /// <summary>Keep the trace in the list, so that what it sent can still be received.</summary>
    [Parameter]
    public SwitchParameter Keep { get; set; }

    /// <summary>Return the trace.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (BpfTraceSession session in Sessions())
        {
            if (!ShouldProcess(session.Name, "Detach and unload"))
            {
                continue;
            }

            BpfTraceNotes.Stop(this, session.Trace);
            if (!Keep)
            {
                BpfSessions.Remove(session);
            }

            if (BpfTraceNotes.DeadText(session.DeadProbes) is { } dead)
            {
                WriteWarning($"{session.Name}: {dead}");
            }

            if (session.Drops.Total > 0)
            {
                WriteWarning($"{session.Name}: {BpfEventObjects.DropText(session.Drops)}");
            }

            foreach (string text in BpfTraceNotes.EndTexts(session.Trace))
            {
                WriteWarning($"{session.Name}: {text}");
            }

            if (PassThru)
            {
                WriteObject(session);
            }
        }
    }
}
