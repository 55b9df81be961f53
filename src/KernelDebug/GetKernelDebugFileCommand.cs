using System.Management.Automation;
using KernelDebug.Debuginfod;
using KernelDebug.Formatting;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Commands;

/// <summary>Get-KernelDebugFile: where vmlinux, modules and source of a kernel are or could be had, place by place.</summary>
[Cmdlet(VerbsCommon.Get, "KernelDebugFile", SupportsShouldProcess = true)]
[OutputType(typeof(DebugFile))]
public sealed class GetKernelDebugFileCommand : PSCmdlet, IDisposable
{
    private const string All = "All";
    private readonly LogInput _input;
    private readonly DownloadDisplay _display;
    private readonly List<DebugFile> _failures = [];
    private DebugFileSearch? _search;
    private DebugFile? _last;

    /// <summary>Makes the command.</summary>
    public GetKernelDebugFileCommand()
    {
        _input = new LogInput(this);
        _display = new DownloadDisplay(this);
    }

    /// <summary>The kernel release.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("KernelRelease")]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? Release { get; set; }

    /// <summary>What a log prints behind the release.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("KernelVersion")]
    public string? Version { get; set; }

    /// <summary>The build-id: of the module where one is named, else of the kernel.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("KernelBuildId")]
    public string? BuildId { get; set; }

    /// <summary>Modules, by the names the kernel prints.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? Module { get; set; }

    /// <summary>Source files, as debug information names them.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("FullPath")]
    public string[]? SourceFile { get; set; }

    /// <summary>A report, a frame of one, or a release.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Which files.</summary>
    [Parameter]
    [ValidateSet(nameof(DebugFileKind.Vmlinux), nameof(DebugFileKind.Module), nameof(DebugFileKind.Source), All)]
    public string[] Kind { get; set; } = [All];

    /// <summary>Module files, and directories searched with all below them, before the usual places; wildcards allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] ModulePath { get; set; } = [];

    /// <summary>Directories with source, before the usual places; wildcards allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] SourcePath { get; set; } = [];

    /// <summary>Fetch what a debuginfod server has.</summary>
    [Parameter]
    public SwitchParameter Download { get; set; }

    /// <summary>The largest file to fetch, in bytes.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long MaximumSize { get; set; }

    /// <summary>How long a server may send next to nothing, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSec { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        DebuginfodOptions servers = _display.Options;
        _search = new DebugFileSearch(
            new SymbolizerOptions
            {
                ModulePaths = Resolve(ModulePath),
                SourcePaths = Resolve(SourcePath),
                Debuginfod = servers with
                {
                    MaxSize = MaximumSize > 0 ? MaximumSize : servers.MaxSize,
                    Timeout = TimeoutSec > 0 ? TimeSpan.FromSeconds(TimeoutSec) : servers.Timeout,
                },
            },
            message => WriteVerbose(ControlText.MakeVisible(message)));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Request() is not { } request)
        {
            return;
        }

        IReadOnlySet<DebugFileKind> kinds = Kind.Contains(All) ? Enum.GetValues<DebugFileKind>().ToHashSet() : Kind.Select(Enum.Parse<DebugFileKind>).ToHashSet();
        try
        {
            foreach (DebugFile file in _search!.Find(request, kinds, Download ? IsConfirmed : null))
            {
                Write(file);
            }

            Write(null);
        }
        catch (OperationCanceledException stopped)
        {
            throw new PipelineStoppedException("The download was stopped; what has come of it is kept.", stopped);
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        _input.Stop();
        _display.Stop();
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _search?.Dispose();
        _display.Dispose();
    }

    private string[] Resolve(string[] paths) => paths.Length == 0 ? [] : _input.Resolve(paths, isLiteral: false, keepDirectories: true).ToArray();

    private bool IsConfirmed(DebugFile file) =>
        ShouldProcess(ControlText.MakeVisible($"{file.Url}{(file.Size is { } size ? $", {ByteText.Size(size)}" : "")}"), "Download");

    /// <summary>What is asked for; null where it cannot be made sense of, with an error.</summary>
    private DebugFileRequest? Request()
    {
        if (BuildId is not null && DebuginfodArtifact.Normal(BuildId) is null)
        {
            WriteError(CommandErrors.Create(
                new PSArgumentException($"{BuildId} is no build-id."), "BuildIdInvalid", ErrorCategory.InvalidArgument, BuildId,
                $"'{ControlText.MakeVisible(BuildId)}' is no build-id.", "A build-id is hexadecimal, such as c0ba1fc41e904eec58ca79917d3711d50c1b5543: see readelf -n."));
            return null;
        }

        string? release = Release ?? InputObject?.BaseObject as string;
        DebugFileRequest given = DebugFileRequest.Of(release, Version, BuildId, Module, SourceFile);
        DebugFileRequest request = InputObject?.BaseObject switch
        {
            // Its build-id, which is bound by name, is the kernel's.
            PanicTrace trace => DebugFileRequest.Of(release, Version, null, Module, SourceFile).Or(DebugFileRequest.Of(release, Version, BuildId, null, null)).Or(DebugFileRequest.Of(trace)),
            TraceFrame frame => DebugFileRequest.Of(frame).Or(given),
            SymbolLocation place => DebugFileRequest.Of([place]).Or(given),
            _ => given,
        };
        return request.IsEmpty && !MyInvocation.ExpectingInput ? DebugFileRequest.OfThisMachine() : request;
    }

    /// <summary>Hands a place on. Of a file that was to be fetched and is not had, each server's failure is an error when its last place is through.</summary>
    private void Write(DebugFile? file)
    {
        if (_last is not null && (file is null || file.Kind != _last.Kind || file.Name != _last.Name))
        {
            foreach (DebugFile failed in _failures)
            {
                WriteError(CommandErrors.DownloadFailed(failed));
            }

            _failures.Clear();
        }

        _last = file;
        if (file is null)
        {
            return;
        }

        _display.Complete();
        if (file.IsUsable)
        {
            _failures.Clear();
        }
        else if (Download && file.Status is DebugFileStatus.Failed or DebugFileStatus.TooLarge)
        {
            _failures.Add(file);
        }

        WriteObject(file);
    }
}
