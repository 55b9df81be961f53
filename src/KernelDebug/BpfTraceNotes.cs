using System.Management.Automation;
using KernelDebug.Bpf;
using KernelDebug.Bpf.Native;
using KernelDebug.Formatting;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>What a command tells of a trace beside its events.</summary>
internal static class BpfTraceNotes
{
    private static readonly TimeSpan s_progressDelay = TimeSpan.FromSeconds(1), s_progressTurn = TimeSpan.FromMilliseconds(200);

    /// <summary>What is attached, and what of it may surprise.</summary>
    public static void TellStart(PSCmdlet command, BpfTrace trace)
    {
        Tell(command, trace.Messages);
        foreach (BpfAttachment attachment in trace.Attachments)
        {
            command.WriteVerbose(ControlText.MakeVisible($"{attachment} is attached"));
            if (attachment.OutlivesProcess)
            {
                command.WriteWarning($"{attachment.Program} stays attached where PowerShell is killed: this kernel has no links for tc. To take it away then: tc qdisc del dev {attachment.FilterInterface} clsact");
            }

            if (attachment.IsNeverCalled)
            {
                command.WriteWarning($"{attachment.Program} is attached and will not be called: the kernel was booted without bpf among its security modules (/sys/kernel/security/lsm). Boot it with bpf at the end of lsm=.");
            }
        }

        if (trace.WhyNoMessages is { } why)
        {
            command.WriteWarning($"What the programs print with bpf_printk is not shown: {why}.");
        }
    }

    /// <summary>Stops a trace, and shows how far that is where it takes long.</summary>
    public static void Stop(PSCmdlet command, BpfTrace trace)
    {
        Task stopping = Task.Run(trace.Stop);
        var progress = new ProgressRecord(1, "Detaching BPF programs", ControlText.MakeNameVisible(trace.Path));
        bool isShown = false;
        for (TimeSpan wait = s_progressDelay; !((IAsyncResult)stopping).AsyncWaitHandle.WaitOne(wait); wait = s_progressTurn)
        {
            progress.StatusDescription = $"{trace.DetachedCount} of {trace.Attachments.Count}";
            progress.PercentComplete = (int)(trace.DetachedCount * 100L / Math.Max(trace.Attachments.Count, 1));
            Show();
            isShown = true;
        }

        if (isShown)
        {
            progress.RecordType = ProgressRecordType.Completed;
            Show();
        }

        stopping.GetAwaiter().GetResult();

        void Show()
        {
            try
            {
                command.WriteProgress(progress);
            }
            catch (PipelineStoppedException)
            {
                // After Ctrl-C the pipeline's streams take nothing any more; the host does.
                command.Host.UI.WriteProgress(0, progress);
            }
        }
    }

    /// <summary>What libbpf said.</summary>
    public static void Tell(PSCmdlet command, IEnumerable<LibbpfMessage> messages)
    {
        foreach (LibbpfMessage message in messages)
        {
            string text = ControlText.MakeVisible($"libbpf: {message.Text}");
            if (message.Level == LibbpfLevel.Debug)
            {
                command.WriteDebug(text);
            }
            else
            {
                command.WriteVerbose(text);
            }
        }
    }

    /// <summary>What was dropped.</summary>
    public static void TellDrops(PSCmdlet command, BpfTrace trace)
    {
        if (trace.Drops is { Total: > 0 } drops)
        {
            Warn(command, BpfEventObjects.DropText(drops));
        }

        foreach (string text in EndTexts(trace))
        {
            Warn(command, text);
        }
    }

    /// <summary>What else did not come: what the limit of the rate kept back, and calls without an end.</summary>
    public static IEnumerable<string> EndTexts(BpfTrace trace)
    {
        if (trace.LimitedCount is > 0 and var limited)
        {
            yield return $"{limited} events were above the limit of the rate, and were not sent.";
        }

        if (trace.OpenCallCount is > 0 and var open)
        {
            yield return $"{open} probed calls were not seen to end: they go on, or the kernel did not follow them, of which it does a limited number at a time. Trampolines miss none (-Hook Fentry).";
        }
    }

    /// <summary>Which programs are called no more; true where it was told.</summary>
    public static bool TellDead(PSCmdlet command, BpfTrace trace)
    {
        if (DeadText(trace.DeadProbes) is not { } dead)
        {
            return false;
        }

        Warn(command, dead);
        return true;
    }

    /// <summary>Which programs are called no more; null where all are.</summary>
    public static string? DeadText(IReadOnlyList<BpfDeadProbe> dead) => dead.Count == 0 ? null : ControlText.MakeNameVisible(
        $"The module {string.Join(", ", dead.Select(probe => probe.Module).Distinct())} was unloaded while it was traced: {string.Join(", ", dead.Select(probe => probe.Program))} was not called any more, nor will be where the module is loaded again. Start the trace again then.");

    /// <summary>Warns also where the pipeline is being stopped, when its streams take nothing any more.</summary>
    private static void Warn(PSCmdlet command, string message)
    {
        if (command.Stopping)
        {
            command.Host.UI.WriteWarningLine(message);
            return;
        }

        try
        {
            command.WriteWarning(message);
        }
        catch (PipelineStoppedException)
        {
            // Select-Object -First has what it wants; this does not change that it was stopped.
            command.Host.UI.WriteWarningLine(message);
        }
    }
}
