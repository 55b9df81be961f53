using System.Management.Automation;
using KernelDebug.Formatting;
using KernelDebug.KernelLog;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>Get-PanicTrace: the crash reports of logs, one object a report.</summary>
[Cmdlet(VerbsCommon.Get, "PanicTrace", DefaultParameterSetName = PathSet)]
[OutputType(typeof(PanicTrace))]
public sealed class GetPanicTraceCommand : PSCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string InputObjectSet = "InputObject";
    private const string LiveSet = "Live";

    private readonly LogInput _input;
    private readonly PanicTraceParser _pipeline = new();
    private string? _firstLine;
    private int _lineNumber;
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

    /// <summary>Lines of a log.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
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
                foreach (string line in LogFile.LinesOf(InputObject ?? ""))
                {
                    _firstLine ??= line;
                    Write(_pipeline.Add(PrintkLineParser.Parse(line, ++_lineNumber)), null);
                }

                break;
            case LiveSet when Live:
                foreach (LiveLog log in LiveLogs.Read(this, _input))
                {
                    ReadLog(log.Lines, log.Path);
                }

                break;
            case LiveSet:
                break;
            default:
                bool isLiteral = ParameterSetName == LiteralPathSet;
                foreach (string file in _input.Resolve(isLiteral ? LiteralPath : Path, isLiteral))
                {
                    ReadLog(_input.ReadLines(file), file);
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

    private void ReadLog(IEnumerable<string> lines, string path)
    {
        var parser = new PanicTraceParser();
        int number = 0;
        foreach (string line in lines)
        {
            Write(parser.Add(PrintkLineParser.Parse(line, ++number)), path);
        }

        if (!_input.IsStopping)
        {
            Write(parser.Complete(), path);
        }
    }

    private void Write(IReadOnlyList<PanicTrace> traces, string? path)
    {
        foreach (PanicTrace trace in traces)
        {
            _count++;
            WriteObject(trace with { Path = path });
        }
    }
}
