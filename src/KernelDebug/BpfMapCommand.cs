using System.Management.Automation;
using KernelDebug.Bpf;

namespace KernelDebug.Commands;

/// <summary>A cmdlet about the elements of maps: by number, by name, or pinned.</summary>
public abstract class BpfMapCommand : PSCmdlet
{
    private protected const string IdSet = "Id";
    private protected const string NameSet = "Name";
    private protected const string PathSet = "LiteralPath";

    /// <summary>The map's number.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet, ValueFromPipelineByPropertyName = true)]
    public uint Id { get; set; }

    /// <summary>The map's name.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>The file of the BPF file system the map is pinned in.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string LiteralPath { get; set; } = "";

    /// <summary>Works on the map that is meant; what is refused is an error.</summary>
    private protected void Use(Action<BpfMapItems> work)
    {
        object target = ParameterSetName switch { IdSet => Id, NameSet => Name, _ => LiteralPath };
        try
        {
            using BpfMapItems? map = Open();
            if (map is not null)
            {
                work(map);
            }
        }
        catch (Exception cause) when (BpfErrors.IsExpected(cause))
        {
            WriteError(BpfErrors.Create(cause, target));
        }
    }

    private BpfMapItems? Open()
    {
        if (ParameterSetName == PathSet)
        {
            return BpfMapItems.OpenPinned(SessionState.Path.GetUnresolvedProviderPathFromPSPath(LiteralPath));
        }

        uint[] ids = ParameterSetName == IdSet ? [Id] : [.. BpfInventory.Maps().Where(map => map.Name == Name).Select(map => map.Id)];
        if (ids.Length > 1)
        {
            WriteError(CommandErrors.Create(
                new ArgumentException($"{ids.Length} maps have the name {Name}."), "BpfMapAmbiguous", ErrorCategory.InvalidArgument, Name,
                Formatting.ControlText.MakeNameVisible($"{ids.Length} maps have the name {Name}: {string.Join(", ", ids)}."), "Name one by its number: -Id."));
            return null;
        }

        if (ids is [var id] && BpfMapItems.Open(id) is { } map)
        {
            return map;
        }

        string shown = Formatting.ControlText.MakeNameVisible($"There is no map {(ParameterSetName == IdSet ? Id : Name)} in the kernel.");
        WriteError(CommandErrors.Create(new ItemNotFoundException(shown), "BpfMapNotFound", ErrorCategory.ObjectNotFound, ids is [var only] ? only : Name, shown, "Get-BpfMap lists the maps."));
        return null;
    }
}
