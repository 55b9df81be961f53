using System.Management.Automation;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Get-BpfTrace: the traces that run beside the prompt.</summary>
[Cmdlet(VerbsCommon.Get, "BpfTrace", DefaultParameterSetName = NameSet)]
[OutputType(typeof(BpfTraceSession))]
public sealed class GetBpfTraceCommand : PSCmdlet
{
    private const string NameSet = "Name";
    private const string IdSet = "Id";

    /// <summary>Their names; all where none is given.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BpfSessionCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Their numbers.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    public int[] Id { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() =>
        WriteObject(ParameterSetName == IdSet ? BpfSessionCommand.ById(this, Id) : BpfSessionCommand.ByName(this, Name), enumerateCollection: true);
}
