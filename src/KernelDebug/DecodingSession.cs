using System.Management.Automation;
using KernelDebug.Decoding;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>
/// One decoder after another: a log's own facts (release, load offset, line numbers) are not the next log's. What the engine reports
/// goes to the command's streams.
/// </summary>
internal sealed class DecodingSession(PSCmdlet command, DecodeOptions options) : IDisposable
{
    private readonly EngineStreams _streams = new(command);
    private readonly DownloadDisplay _downloads = new(command);
    private LogDecoder? _decoder;
    private string? _tracePath;
    private bool _isUsed;

    /// <summary>Opens the vmlinux if one is named; one that cannot be used ends the command.</summary>
    public LogDecoder Open()
    {
        try
        {
            return _decoder ??= new LogDecoder(options with { Symbols = options.Symbols with { Debuginfod = _downloads.Options } }, _streams.Report);
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
        T result;
        try
        {
            result = _streams.Timed(() => work(Open()));
        }
        catch (OperationCanceledException stopped)
        {
            throw new PipelineStoppedException("The download was stopped; what has come of it is kept.", stopped);
        }

        _downloads.Complete();
        return result;
    }

    private void Write(IReadOnlyList<DecodedLine> lines)
    {
        foreach (DecodedLine line in lines)
        {
            command.WriteObject(line);
        }
    }
}
