using System.Management.Automation;
using KernelDebug.Bpf;

namespace KernelDebug.Commands;

/// <summary>Get-BpfMapItem: the elements of a map, decoded by its types.</summary>
[Cmdlet(VerbsCommon.Get, "BpfMapItem", DefaultParameterSetName = NameSet)]
[OutputType(typeof(BpfMapItem))]
public sealed class GetBpfMapItemCommand : BpfMapCommand
{
    private volatile bool _stop;

    /// <summary>The keys wanted; all elements where none is given.</summary>
    [Parameter(Position = 1)]
    public object[] Key { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() => Use(map =>
    {
        if (Key.Length == 0 && !map.IsListable)
        {
            WriteError(CommandErrors.Create(
                new NotSupportedException($"A map of type {map.Info.Type} has no elements to list."), "BpfMapNotListable", ErrorCategory.NotImplemented, map.Info.Id,
                $"{map.Info.Name} is of type {map.Info.Type}, whose elements cannot be listed without taking them out.", "Start-BpfTrace reads ring buffers and perf buffers."));
            return;
        }

        foreach (BpfMapItem item in Key.Length == 0 ? map.All() : Wanted(map))
        {
            if (_stop)
            {
                return;
            }

            WriteObject(item);
        }
    });

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop = true;

    private IEnumerable<BpfMapItem> Wanted(BpfMapItems map)
    {
        foreach (object key in Key)
        {
            if (map.Get(BpfValues.Plain(key)) is { } item)
            {
                yield return item;
            }
            else
            {
                WriteError(CommandErrors.Create(
                    new ItemNotFoundException($"{map.Info.Name} has no such key."), "BpfMapItemNotFound", ErrorCategory.ObjectNotFound, key,
                    Formatting.ControlText.MakeNameVisible($"{map.Info.Name} has no element of the key {key}."), "Without -Key all elements are listed."));
            }
        }
    }
}
