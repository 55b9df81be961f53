using System.Management.Automation;
using KernelDebug.Bpf;

namespace KernelDebug.Commands;

/// <summary>Get-BpfProgram: the programs of BPF in the running kernel.</summary>
[Cmdlet(VerbsCommon.Get, "BpfProgram", DefaultParameterSetName = NameSet)]
[OutputType(typeof(BpfProgramInfo))]
public sealed class GetBpfProgramCommand : BpfListCommand<BpfProgramInfo>
{
    /// <summary>Names, with wildcards.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    private protected override string ErrorId => "BpfProgramNotFound";

    private protected override string What => "program";

    /// <inheritdoc/>
    protected override void ProcessRecord() => Write(Name, item => item.Name);

    private protected override IReadOnlyList<BpfProgramInfo> List() => BpfInventory.Programs();

    private protected override uint IdOf(BpfProgramInfo item) => item.Id;
}
