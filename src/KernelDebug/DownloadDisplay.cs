using System.Diagnostics;
using System.Management.Automation;
using KernelDebug.Debuginfod;
using KernelDebug.Formatting;

namespace KernelDebug.Commands;

/// <summary>Downloads of a command: shown as they go, and ended by Ctrl-C, which keeps what has come.</summary>
internal sealed class DownloadDisplay(PSCmdlet command) : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);
    private readonly CancellationTokenSource _stop = new();
    private readonly ProgressRecord _progress = new(3, "Downloading debug information", "...");
    private long _shown;

    /// <summary>The servers and the cache of the environment.</summary>
    public DebuginfodOptions Options => DebuginfodOptions.FromEnvironment() with { Progress = Show, Cancellation = _stop.Token };

    /// <summary>Ends a download; may be called from any thread.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Takes the bar away.</summary>
    public void Complete()
    {
        if (_shown != 0)
        {
            _shown = 0;
            _progress.RecordType = ProgressRecordType.Completed;
            command.WriteProgress(_progress);
        }
    }

    public void Dispose() => _stop.Dispose();

    private void Show(DownloadProgress progress)
    {
        if (_shown != 0 && Stopwatch.GetElapsedTime(_shown) < Pace)
        {
            return;
        }

        _shown = Stopwatch.GetTimestamp();
        _progress.RecordType = ProgressRecordType.Processing;
        _progress.StatusDescription = ByteText.Progress(progress.Received, progress.Total);
        _progress.CurrentOperation = ControlText.MakeVisible(progress.Url);
        _progress.PercentComplete = progress.Total is > 0 and var total ? (int)Math.Min(progress.Received * 100 / total, 100) : -1;
        command.WriteProgress(_progress);
    }
}
