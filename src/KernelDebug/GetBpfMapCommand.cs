using System.Management.Automation;
using KernelDebug.Bpf;

namespace KernelDebug.Commands;

/// <summary>Get-BpfMap: the maps of BPF in the running kernel.</summary>
[Cmdlet(VerbsCommon.Get, "BpfMap", DefaultParameterSetName = NameSet)]
[OutputType(typeof(BpfMapInfo))]
public sealed class GetBpfMapCommand : BpfListCommand<BpfMapInfo>
{
    /// <summary>Names, with wildcards.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    private protected override string ErrorId => "BpfMapNotFound";

    private protected override string What => "map";

    /// <inheritdoc/>
    protected override void ProcessRecord() => Write(Name, item => item.Name);

    private protected override IReadOnlyList<BpfMapInfo> List() => BpfInventory.Maps();

    private protected override uint IdOf(BpfMapInfo item) => item.Id;
}
