using System.Management.Automation;
using KernelDebug.Formatting;
using KernelDebug.KernelLog;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>Get-PanicTrace: the crash reports of logs, one object a report.</summary>
[Cmdlet(VerbsCommon.Get, "PanicTrace", DefaultParameterSetName = PathSet)]
[OutputType(typeof(PanicTrace))]
public sealed class GetPanicTraceCommand : PSCmdlet, IDisposable
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string InputObjectSet = "InputObject";
    private const string LiveSet = "Live";

    private readonly LogInput _input;
    private readonly ReportFeed _pipeline = new();
    private string? _firstLine;
    private int _count;

    /// <summary>Makes the command.</summary>
    public GetPanicTraceCommand() => _input = new LogInput(this);

    /// <summary>Log files; wildcards allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Log files, taken as written; file objects from the pipeline bind here.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath", "FullName", "ProviderPath")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Lines of a log, one an object or many.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [LinesTransformation]
    [AllowEmptyString]
    [AllowNull]
    public string? InputObject { get; set; }

    /// <summary>The running kernel's log, and the crashes that pstore kept over a reboot.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiveSet)]
    public SwitchParameter Live { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case InputObjectSet:
                AddText(InputObject ?? "");
                break;
            case LiveSet when Live:
                foreach (LiveLog log in LiveLogs.Read(this, _input))
                {
                    ReadLines(log.Lines, log.Path);
                }

                break;
            case LiveSet:
                break;
            default:
                bool isLiteral = ParameterSetName == LiteralPathSet;
                foreach (string file in _input.Resolve(isLiteral ? LiteralPath : Path, isLiteral))
                {
                    Write(_input.ReadReports(file), file);
                }

                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Write(_pipeline.Complete(), null);
        if (_count == 0 && _firstLine is { Length: > 0 } && File.Exists(System.IO.Path.Combine(SessionState.Path.CurrentFileSystemLocation.Path, _firstLine)))
        {
            string name = ControlText.MakeVisible(_firstLine);
            WriteWarning($"The text '{name}' was taken as a line of a log. To read the file of that name: Get-PanicTrace -Path '{name}'.");
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _input.Stop();

    /// <inheritdoc/>
    public void Dispose() => _input.Dispose();

    // One line, or with Get-Content's -Raw or -ReadCount many.
    private void AddText(string text)
    {
        if (!text.Contains('\n', StringComparison.Ordinal))
        {
            _firstLine ??= text;
            Write(_pipeline.Add(text.AsMemory()), null);
            return;
        }

        foreach (ReadOnlyMemory<char> line in ReportFeed.Lines(text))
        {
            _firstLine ??= line.ToString();
            Write(_pipeline.Add(line), null);
            if (_input.IsStopping)
            {
                break;
            }
        }
    }

    private void ReadLines(IEnumerable<string> lines, string path)
    {
        var feed = new ReportFeed();
        foreach (string line in lines)
        {
            Write(feed.Add(line.AsMemory()), path);
        }

        if (!_input.IsStopping)
        {
            Write(feed.Complete(), path);
        }
    }

    private void Write(IEnumerable<PanicTrace> traces, string? path)
    {
        foreach (PanicTrace trace in traces)
        {
            _count++;
            WriteObject(trace with { Path = path });
        }
    }

    private void Write(IReadOnlyList<PanicTrace> traces, string? path)
    {
        if (traces.Count > 0)
        {
            Write((IEnumerable<PanicTrace>)traces, path);
        }
    }
}
