using System.Management.Automation;
using KernelDebug.Btf;

namespace KernelDebug.Commands;

/// <summary>A cmdlet that asks for types: the parameters that say of which kernel, module or file.</summary>
public abstract class BtfCommand : BtfFileCommand
{
    private protected const string KernelSet = "Kernel";

    /// <summary>Modules of the running kernel.</summary>
    [Parameter(ParameterSetName = KernelSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BtfModuleCompleter))]
    public string[] Module { get; set; } = [];

    /// <summary>The files that were asked for. What cannot be opened is an error, and the next goes on.</summary>
    private protected IEnumerable<BtfFile> OpenFiles() => ParameterSetName != KernelSet
        ? OpenNamedFiles()
        : (Module.Length == 0 ? ["vmlinux"] : Module).Select(module => Guard(module, () => BtfCache.OpenModule(module))).OfType<BtfFile>();

    /// <summary>The files that were asked for, each with the search for what its types must use.</summary>
    private protected List<BtfSearchPlace> OpenPlaces(BtfUses uses)
    {
        if (uses.AreOfFunctions && uses.AreOfStructures)
        {
            const string Message = "Parameter is a condition on functions, Contains, PointsTo and Member are on structures: no type meets both.";
            ThrowTerminatingError(CommandErrors.Create(
                new PSArgumentException(Message), "BtfSearchImpossible", ErrorCategory.InvalidArgument, null, Message, "Ask for one kind at a time."));
        }

        bool isConditional = uses.AreOfFunctions || uses.AreOfStructures;
        var places = new List<BtfSearchPlace>();
        foreach (BtfFile file in OpenFiles())
        {
            BtfUseSearch? search = isConditional ? Guard(file.Path, () => new BtfUseSearch(file, uses)) : null;
            if (search is not null || !isConditional)
            {
                places.Add(new BtfSearchPlace(file, search));
            }
        }

        // Of several files, one may well not have the type.
        if (places.Count == 0 || !isConditional)
        {
            return places;
        }

        WriteMissingTypes(places.Select(place => place.Uses!.Missing).Aggregate((some, others) => [.. some.Intersect(others)]));
        return places;
    }

    /// <summary>Writes the types of a name or pattern; says whether there was any.</summary>
    private protected bool WriteNamed(List<BtfSearchPlace> places, string name, BtfKind[] kinds, Func<BtfType, BtfType> shown)
    {
        bool any = false;
        Func<string, bool>? pattern = NameCondition(name);
        string exact = WildcardPattern.Unescape(name);
        foreach (BtfSearchPlace place in places)
        {
            any |= Write((pattern is null ? BtfSearch.Named(place.File, exact, kinds, place.Uses) : BtfSearch.Matching(place.File, pattern, kinds, place.Uses)).Select(shown), name);
        }

        return any || pattern is not null || places.Count == 0;
    }

    /// <summary>Writes what is found; damage ends the list with an error. Says whether there was any.</summary>
    private protected bool Write(IEnumerable<object?> found, string target)
    {
        bool any = false;
        _ = Guard(target, () =>
        {
            foreach (object? item in found.TakeWhile(_ => !Stopping))
            {
                any = true;
                WriteObject(item);
            }

            return found;
        });
        return any;
    }
}

/// <summary>A file to search, and what its types must use; null for no such condition.</summary>
internal sealed record BtfSearchPlace(BtfFile File, BtfUseSearch? Uses);
