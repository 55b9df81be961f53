using System.Diagnostics;
using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>How far a log is read, shown once it takes long.</summary>
internal sealed class ReadingProgress(PSCmdlet command, string path, long length)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly ProgressRecord _record = new(1, $"Reading {Path.GetFileName(path)}", "0 lines");
    private TimeSpan _next = Patience;

    /// <summary>Shows lines and bytes read so far, unless it was shown a moment ago.</summary>
    public void Show(long lines, long position)
    {
        if (_elapsed.Elapsed > _next)
        {
            _next = _elapsed.Elapsed + Pace;
            _record.StatusDescription = $"{lines:N0} lines";
            _record.PercentComplete = length > 0 ? (int)(position * 100 / length) : -1;
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
