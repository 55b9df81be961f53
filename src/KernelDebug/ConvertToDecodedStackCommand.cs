using System.Management.Automation;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>ConvertTo-DecodedStack: log lines, or crash reports, with the source places of what they name.</summary>
[Cmdlet(VerbsData.ConvertTo, "DecodedStack", DefaultParameterSetName = InputObjectSet)]
[OutputType(typeof(DecodedLine), typeof(PanicTrace))]
public sealed class ConvertToDecodedStackCommand : KernelAddressCommand, IDisposable
{
    private const string InputObjectSet = "InputObject";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private DecodingSession? _session;

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
            Symbols = FileOptions() with { Force = Force, DecodeReturnAddress = DecodeReturnAddress },
        });
        _session.Open();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName != InputObjectSet)
        {
            bool isLiteral = ParameterSetName == LiteralPathSet;
            DecodeFiles(Input.Resolve(isLiteral ? LiteralPath : Path, isLiteral));
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
                DecodeFiles(Input.Resolve([path.Path], isLiteral: true));
                break;
            case var other:
                WriteError(CommandErrors.NotALog(other, InputObject, "ConvertTo-DecodedStack"));
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => _session!.EndLog();

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        Input.Stop();
        _session?.Stop();
    }

    /// <summary>Closes the files. Not earlier: what maps them may be reading while StopProcessing runs on its own thread.</summary>
    public void Dispose() => _session?.Dispose();

    private void DecodeFiles(IEnumerable<string> files)
    {
        foreach (string file in files)
        {
            _session!.EndLog();
            foreach (string line in Input.ReadLines(file))
            {
                _session.Add(line);
            }

            if (!Input.IsStopping)
            {
                _session.EndLog();
            }
        }
    }
}
