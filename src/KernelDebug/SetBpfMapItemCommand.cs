using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>Set-BpfMapItem: writes an element of a map, encoded by its types.</summary>
[Cmdlet(VerbsCommon.Set, "BpfMapItem", DefaultParameterSetName = NameSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Bpf.BpfMapItem))]
public sealed class SetBpfMapItemCommand : BpfMapCommand
{
    /// <summary>The key.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    public object Key { get; set; } = "";

    /// <summary>The value; of a structure the members that are to change.</summary>
    [Parameter(Mandatory = true, Position = 2)]
    [ValidateNotNull]
    public object Value { get; set; } = "";

    /// <summary>Return the element as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Use(map =>
    {
        if (!ShouldProcess($"{map.Info.Name} (map {map.Info.Id})", Formatting.ControlText.MakeNameVisible($"Set the element {Key}")))
        {
            return;
        }

        map.Set(BpfValues.Plain(Key), BpfValues.Plain(Value));
        if (PassThru)
        {
            WriteObject(map.Get(BpfValues.Plain(Key)));
        }
    });
}
