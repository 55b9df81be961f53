using System.Diagnostics;
using System.Management.Automation;
using KernelDebug.Formatting;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>What the engine reports, on the command's streams: searches to Verbose, and to progress where one takes long.</summary>
internal sealed class EngineStreams(PSCmdlet command)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private readonly ProgressRecord _progress = new(2, "Looking for debug information", "...");
    private readonly HashSet<(string Id, string? Target, string Message)> _told = [];
    private readonly Stopwatch _elapsed = new();
    private bool _showsProgress;

    /// <summary>Does work that may search; a progress bar it came to show is taken away behind it.</summary>
    public T Timed<T>(Func<T> work)
    {
        _elapsed.Restart();
        T result = work();
        if (_showsProgress)
        {
            _showsProgress = false;
            _progress.RecordType = ProgressRecordType.Completed;
            command.WriteProgress(_progress);
        }

        return result;
    }

    /// <summary>Takes what the engine reports.</summary>
    public void Report(Diagnostic raw)
    {
        // A message quotes names from the log.
        Diagnostic diagnostic = raw with { Message = ControlText.MakeVisible(raw.Message), RecommendedAction = raw.RecommendedAction is { } next ? ControlText.MakeVisible(next) : null };
        switch (diagnostic.Severity)
        {
            case DiagnosticSeverity.Verbose:
                command.WriteVerbose(diagnostic.Message);
                ShowProgress(diagnostic.Message);
                break;
            // Many logs of one kernel want for the same file: once is enough.
            case var _ when !_told.Add((diagnostic.Id, diagnostic.Target, diagnostic.Message)):
                break;
            case DiagnosticSeverity.Warning:
                command.WriteWarning(diagnostic.RecommendedAction is { } action ? $"{diagnostic.Message} What to do: {action}" : diagnostic.Message);
                break;
            default:
                command.WriteError(CommandErrors.FromDiagnostic(diagnostic));
                break;
        }
    }

    /// <summary>A search that takes long says what it is at.</summary>
    private void ShowProgress(string message)
    {
        if (_elapsed.Elapsed > Patience)
        {
            _showsProgress = true;
            _progress.RecordType = ProgressRecordType.Processing;
            _progress.StatusDescription = message;
            command.WriteProgress(_progress);
        }
    }
}
