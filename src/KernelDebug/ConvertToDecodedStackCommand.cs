using System.Management.Automation;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Commands;

/// <summary>ConvertTo-DecodedStack: log lines, or crash reports, with the source places of what they name.</summary>
[Cmdlet(VerbsData.ConvertTo, "DecodedStack", DefaultParameterSetName = InputObjectSet)]
[OutputType(typeof(DecodedLine), typeof(PanicTrace))]
public sealed class ConvertToDecodedStackCommand : PSCmdlet, IDisposable
{
    private const string InputObjectSet = "InputObject";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private readonly LogInput _input;
    private DecodingSession? _session;

    /// <summary>Makes the command.</summary>
    public ConvertToDecodedStackCommand() => _input = new LogInput(this);

    /// <summary>Lines of a log, reports of Get-PanicTrace, or file objects.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [AllowEmptyString]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Log files; wildcards allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Log files, taken as written.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath", "FullName")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The vmlinux with debug information.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Vmlinux { get; set; }

    /// <summary>Module files, and directories searched with all below them; wildcards allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] ModulePath { get; set; } = [];

    /// <summary>The kernel release whose files are looked for.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? Release { get; set; }

    /// <summary>The directory taken off source paths.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? BasePath { get; set; }

    /// <summary>Runtime minus link-time address of the kernel, in bytes.</summary>
    [Parameter]
    [AddressTransformation]
    public ulong? KaslrOffset { get; set; }

    /// <summary>The syntax of disassembled code.</summary>
    [Parameter]
    public AssemblySyntax Syntax { get; set; }

    /// <summary>Use files although their build-id or release is not the log's.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Look return addresses up as they are instead of at the call before them.</summary>
    [Parameter]
    public SwitchParameter DecodeReturnAddress { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _session = new DecodingSession(this, new Decoding.DecodeOptions
        {
            Syntax = Syntax,
            Symbols = new SymbolizerOptions
            {
                Vmlinux = Vmlinux is null ? null : Rooted(Vmlinux),
                ModulePaths = ModulePath.Length == 0 ? [] : _input.Resolve(ModulePath, isLiteral: false, keepDirectories: true).ToArray(),
                Release = Release,
                BasePath = BasePath,
                KaslrOffset = KaslrOffset,
                Force = Force,
                DecodeReturnAddress = DecodeReturnAddress,
            },
        });
        _session.Open();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName != InputObjectSet)
        {
            bool isLiteral = ParameterSetName == LiteralPathSet;
            DecodeFiles(_input.Resolve(isLiteral ? LiteralPath : Path, isLiteral));
            return;
        }

        switch (InputObject?.BaseObject)
        {
            case null:
                break;
            case string text:
                foreach (string line in LogFile.LinesOf(text))
                {
                    _session!.Add(line);
                }

                break;
            case PanicTrace trace:
                _session!.Decode(trace);
                break;
            case FileSystemInfo file:
                DecodeFiles([file.FullName]);
                break;
            case PathInfo path:
                DecodeFiles(_input.Resolve([path.Path], isLiteral: true));
                break;
            case var other:
                WriteError(CommandErrors.Create(
                    new PSArgumentException($"{other.GetType()} is no log."), "InputNotALog", ErrorCategory.InvalidType, InputObject,
                    $"An object of type {InputObject.TypeNames[0]} is neither text, nor a report of Get-PanicTrace, nor a file.",
                    "Give it lines of text: Get-Content panic.log | ConvertTo-DecodedStack."));
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => _session!.EndLog();

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        _input.Stop();
        _session?.Stop();
    }

    /// <summary>Closes the files. Not earlier: what maps them may be reading while StopProcessing runs on its own thread.</summary>
    public void Dispose() => _session?.Dispose();

    private void DecodeFiles(IEnumerable<string> files)
    {
        foreach (string file in files)
        {
            _session!.EndLog();
            foreach (string line in _input.ReadLines(file))
            {
                _session.Add(line);
            }

            if (!_input.IsStopping)
            {
                _session.EndLog();
            }
        }
    }

    /// <summary>An unusable vmlinux ends the command, so its path is resolved without an error of its own.</summary>
    private string Rooted(string path)
    {
        try
        {
            return SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
        }
        catch (Exception unknown) when (LogInput.IsPathProblem(unknown))
        {
            ThrowTerminatingError(CommandErrors.UnusableVmlinux(unknown, path));
            throw;
        }
    }
}
