using System.Diagnostics;
using System.Management.Automation;
using KernelDebug.Decoding;
using KernelDebug.Formatting;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>
/// One decoder after another: a log's own facts (release, load offset, line numbers) are not the next log's. What the engine reports
/// goes to the command's streams.
/// </summary>
internal sealed class DecodingSession(PSCmdlet command, DecodeOptions options) : IDisposable
{
    private readonly DownloadDisplay _downloads = new(command);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private readonly ProgressRecord _progress = new(2, "Looking for debug information", "...");
    private readonly HashSet<(string Id, string? Target, string Message)> _told = [];
    private readonly Stopwatch _elapsed = new();
    private LogDecoder? _decoder;
    private string? _tracePath;
    private bool _isUsed;
    private bool _showsProgress;

    /// <summary>Opens the vmlinux if one is named; one that cannot be used ends the command.</summary>
    public LogDecoder Open()
    {
        try
        {
            return _decoder ??= new LogDecoder(options with { Symbols = options.Symbols with { Debuginfod = _downloads.Options } }, Report);
        }
        catch (Exception cause) when (options.Symbols.Vmlinux is { } path && CommandErrors.IsFileProblem(cause))
        {
            command.ThrowTerminatingError(CommandErrors.UnusableVmlinux(cause, path));
            throw;
        }
    }

    /// <summary>Takes the log's next line and writes what is decoded by now.</summary>
    public void Add(string line) => Write(Timed(decoder => decoder.Add(line)));

    /// <summary>Writes a report decoded.</summary>
    public void Decode(PanicTrace trace)
    {
        if (_tracePath != trace.Path)
        {
            EndLog();
            _tracePath = trace.Path;
        }

        command.WriteObject(Timed(decoder => decoder.Decode(trace)));
    }

    /// <summary>Writes the lines that still waited; what comes then is another log.</summary>
    public void EndLog()
    {
        if (!_isUsed)
        {
            return;
        }

        Write(Timed(decoder => decoder.Complete()));
        _decoder?.Dispose();
        _decoder = null;
        _isUsed = false;
    }

    /// <summary>Ends a download; may be called from any thread.</summary>
    public void Stop() => _downloads.Stop();

    public void Dispose()
    {
        _decoder?.Dispose();
        _downloads.Dispose();
    }

    private T Timed<T>(Func<LogDecoder, T> work)
    {
        _isUsed = true;
        _elapsed.Restart();
        T result;
        try
        {
            result = work(Open());
        }
        catch (OperationCanceledException stopped)
        {
            throw new PipelineStoppedException("The download was stopped; what has come of it is kept.", stopped);
        }

        _downloads.Complete();
        if (_showsProgress)
        {
            _showsProgress = false;
            _progress.RecordType = ProgressRecordType.Completed;
            command.WriteProgress(_progress);
        }

        return result;
    }

    private void Write(IReadOnlyList<DecodedLine> lines)
    {
        foreach (DecodedLine line in lines)
        {
            command.WriteObject(line);
        }
    }

    private void Report(Diagnostic raw)
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
