using System.Management.Automation;
using KernelDebug.Decoding;
using KernelDebug.Formatting;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>Resolve-KernelAddress: <c>name+offset/size [module]</c> or an address, to its source file and line.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "KernelAddress")]
[OutputType(typeof(SymbolLocation))]
public sealed class ResolveKernelAddressCommand : KernelAddressCommand, IDisposable
{
    /// <summary>The name of the view with the frames, in front of the type's own.</summary>
    private const string ViewName = "KernelDebug.ResolvedAddress";

    private EngineStreams? _streams;
    private AddressResolver? _resolver;

    /// <summary>Places: text, numbers, frames and references of a report, symbols, or objects with the properties of one.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Address", "Symbol")]
    [AllowEmptyString]
    [AllowNull]
    public PSObject?[]? InputObject { get; set; }

    /// <summary>What is typed is a return address: the call before it is meant.</summary>
    [Parameter]
    public SwitchParameter ReturnAddress { get; set; }

    /// <summary>The very address is meant of frames and log lines too.</summary>
    [Parameter]
    public SwitchParameter Exact { get; set; }

    /// <summary>Read the source lines around each place.</summary>
    [Parameter]
    public SwitchParameter List { get; set; }

    /// <summary>The directory of the source.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SourcePath { get; set; }

    /// <summary>Use files although their build-id or release is not that of the place.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _streams = new EngineStreams(this);
        var files = FileOptions() with { Force = Force };
        string? source = SourcePath is null ? null : Rooted(SourcePath, CommandErrors.UnusableSourcePath);
        try
        {
            _resolver = new AddressResolver(files, List, source, _streams.Report);
        }
        catch (Exception cause) when (files.Vmlinux is { } path && CommandErrors.IsFileProblem(cause))
        {
            ThrowTerminatingError(CommandErrors.UnusableVmlinux(cause, path));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (PSObject? input in InputObject ?? [])
        {
            IReadOnlyList<SymbolLocation> found = _streams!.Timed(() => Resolve(input));
            foreach (SymbolLocation location in found)
            {
                var shown = new PSObject(location);
                shown.TypeNames.Insert(0, ViewName);
                WriteObject(shown);
            }

            if (found.Count == 0 && input is not null)
            {
                string text = ControlText.MakeNameVisible(input.ToString() ?? "");
                WriteError(CommandErrors.Create(
                    new PSArgumentException($"'{text}' is no address."), "NotAnAddress", ErrorCategory.InvalidArgument, input.BaseObject,
                    $"'{text}' names no place in a kernel.", "Write it as the kernel prints it: Resolve-KernelAddress 'kfree+0x10/0x110'."));
            }
        }
    }

    /// <summary>Closes the files. Not earlier: what maps them may be reading while StopProcessing runs on its own thread.</summary>
    public void Dispose() => _resolver?.Dispose();

    private IReadOnlyList<SymbolLocation> Resolve(PSObject? input) => input?.BaseObject switch
    {
        null => [],
        string text => _resolver!.Resolve(text, ReturnAddress, Exact),
        SymbolReference reference => [_resolver!.Resolve(reference, Exact || AddressResolver.IsExact(reference))],
        SymbolLocation location => [Again(location)],
        TraceFrame frame => [Again(frame.Location)],
        KernelSymbol symbol => [_resolver!.ResolveTyped(symbol.ToReference(), ReturnAddress)],
        int or long or uint or ulong => [_resolver!.ResolveTyped(Number(input.BaseObject), ReturnAddress)],
        _ when PropertyReference.Read(input) is { } reference => [_resolver!.ResolveTyped(reference, ReturnAddress)],
        // A match of Select-String, say, is the line it found.
        _ => _resolver!.Resolve(input.ToString() ?? "", ReturnAddress, Exact),
    };

    /// <summary>A frame that was decoded tells whether its address is exact.</summary>
    private SymbolLocation Again(SymbolLocation location) =>
        _resolver!.Resolve(location.Reference, Exact || location.IsExact || AddressResolver.IsExact(location.Reference));

    private static SymbolReference Number(object number) => new()
    {
        Start = 0,
        Length = 0,
        Role = LocationRole.InstructionPointer,
        Address = AddressTransformationAttribute.Bits(number),
    };
}
