using System.Diagnostics;
using System.Management.Automation;
using KernelDebug.Decoding;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>Export-KernelSymbol: what decoding needs of a vmlinux and modules, or of the functions logs name, in one compact file.</summary>
[Cmdlet(VerbsData.Export, "KernelSymbol", DefaultParameterSetName = WholeSet, SupportsShouldProcess = true)]
[OutputType(typeof(SymbolExport))]
public sealed class ExportKernelSymbolCommand : KernelFileCommand, IDisposable
{
    private const string WholeSet = "Whole";
    private const string InputObjectSet = "InputObject";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly ProgressRecord _progress = new(3, "Exporting symbols", "...");
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private TimeSpan _nextProgress = TimeSpan.FromMilliseconds(500);
    private SymbolExporter? _exporter;
    private string _target = "";
    private string? _tracePath;
    private bool _hasLog;
    private bool _showsProgress;

    /// <summary>The bundle to write.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string OutputPath { get; set; } = "";

    /// <summary>Lines of a log, reports of Get-PanicTrace, or file objects: only the functions they name are written.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [AllowEmptyString]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Log files; wildcards allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Log files, taken as written.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath", "FullName")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Replace a bundle that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _target = Rooted(OutputPath, static (unknown, path) => CommandErrors.Create(
            unknown, "PathNotFound", ErrorCategory.ObjectNotFound, path, unknown.Message, "Name a file of the file system."));
        if (Directory.Exists(_target) || (File.Exists(_target) && !Force))
        {
            ThrowTerminatingError(CommandErrors.OutputTaken(_target, OutputPath));
        }

        _exporter = new SymbolExporter(FileOptions(), new EngineStreams(this).Report, ShowProgress, _stop.Token);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName is PathSet or LiteralPathSet)
        {
            bool isLiteral = ParameterSetName == LiteralPathSet;
            AddFiles(Input.Resolve(isLiteral ? LiteralPath : Path, isLiteral));
            return;
        }

        switch (InputObject?.BaseObject)
        {
            case null:
                break;
            case string text:
                AddLines(LogFile.LinesOf(text));
                break;
            case PanicTrace trace:
                if (_tracePath != trace.Path)
                {
                    _exporter!.EndLog();
                    _tracePath = trace.Path;
                }

                AddLines(LogFile.LinesOf(trace.RawText));
                break;
            case FileSystemInfo file:
                AddFiles([file.FullName]);
                break;
            case PathInfo path:
                AddFiles(Input.Resolve([path.Path], isLiteral: true));
                break;
            case var other:
                WriteError(CommandErrors.NotALog(other, InputObject, "Export-KernelSymbol panic.gsym"));
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        bool isWhole = !_hasLog && !MyInvocation.ExpectingInput && ParameterSetName == WholeSet;
        if (Input.IsStopping || !ShouldProcess(_target, isWhole ? "Export kernel symbols" : "Export kernel symbols of the functions in the logs"))
        {
            return;
        }

        bool hasAny = false;
        Read(() => hasAny = isWhole ? _exporter!.ReadWhole() : _exporter!.ReadLogs());
        if (_showsProgress)
        {
            _progress.RecordType = ProgressRecordType.Completed;
            WriteProgress(_progress);
        }

        if (hasAny)
        {
            WriteObject(Save());
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        Input.Stop();
        _stop.Cancel();
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _exporter?.Dispose();
        _stop.Dispose();
    }

    private void AddFiles(IEnumerable<string> files)
    {
        foreach (string file in files)
        {
            _exporter!.EndLog();
            AddLines(Input.ReadLines(file));
        }
    }

    private void AddLines(IEnumerable<string> lines)
    {
        _hasLog = true;
        foreach (string line in lines)
        {
            Read(() => _exporter!.Add(line));
        }
    }

    /// <summary>A vmlinux that cannot be read ends the command.</summary>
    private void Read(Action work)
    {
        try
        {
            work();
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception cause) when (Vmlinux is not null && CommandErrors.IsFileProblem(cause))
        {
            ThrowTerminatingError(CommandErrors.UnusableVmlinux(cause, Vmlinux));
        }
    }

    private SymbolExport Save()
    {
        try
        {
            return _exporter!.Save(_target);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception cause) when (CommandErrors.IsFileProblem(cause))
        {
            ThrowTerminatingError(CommandErrors.OutputFailed(cause, OutputPath));
            throw;
        }
    }

    private void ShowProgress(string what, int percent)
    {
        if (_elapsed.Elapsed < _nextProgress)
        {
            return;
        }

        _showsProgress = true;
        _nextProgress = _elapsed.Elapsed + Pace;
        _progress.StatusDescription = what;
        _progress.PercentComplete = Math.Clamp(percent, 0, 100);
        WriteProgress(_progress);
    }
}
