using System.Management.Automation;
using KernelDebug.Bpf;

namespace KernelDebug.Commands;

/// <summary>Get-BpfLink: the links of BPF in the running kernel.</summary>
[Cmdlet(VerbsCommon.Get, "BpfLink", DefaultParameterSetName = TargetSet)]
[OutputType(typeof(BpfLinkInfo))]
public sealed class GetBpfLinkCommand : BpfListCommand<BpfLinkInfo>
{
    private const string TargetSet = "Target";

    /// <summary>What they are attached to, with wildcards.</summary>
    [Parameter(Position = 0, ParameterSetName = TargetSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Target { get; set; } = ["*"];

    private protected override string ErrorId => "BpfLinkNotFound";

    private protected override string What => "link";

    /// <inheritdoc/>
    protected override void ProcessRecord() => Write(Target, item => item.Target ?? "");

    private protected override IReadOnlyList<BpfLinkInfo> List() => BpfInventory.Links();

    private protected override uint IdOf(BpfLinkInfo item) => item.Id;
}
