using System.Diagnostics;
using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>How far work is that knows its whole: shown once it takes a while, and then a few times a second.</summary>
internal sealed class PercentProgress(PSCmdlet command, string activity)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly ProgressRecord _record = new(4, activity, "0 %");
    private TimeSpan _next = Patience;

    /// <summary>Shows how far it is, unless it was shown a moment ago.</summary>
    public void Show(int percent)
    {
        if (_elapsed.Elapsed > _next)
        {
            _next = _elapsed.Elapsed + Pace;
            _record.StatusDescription = $"{percent} %";
            _record.PercentComplete = percent;
            command.WriteProgress(_record);
        }
    }

    /// <summary>Takes the display away, where there is one.</summary>
    public void Complete()
    {
        if (_next != Patience)
        {
            _record.RecordType = ProgressRecordType.Completed;
            command.WriteProgress(_record);
        }
    }
}
