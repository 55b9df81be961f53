using System.Management.Automation;
using KernelDebug.Btf;

namespace KernelDebug.Commands;

/// <summary>Get-BtfType: types of a kernel, a module or a file, by name, id and kind, and by what they use.</summary>
[Cmdlet(VerbsCommon.Get, "BtfType", DefaultParameterSetName = KernelSet)]
[OutputType(typeof(BtfType))]
public sealed class GetBtfTypeCommand : BtfCommand
{
    private List<BtfSearchPlace> _places = [];

    /// <summary>Names; with wildcards they are patterns, and ignore case.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Ids.</summary>
    [Parameter]
    public uint[] Id { get; set; } = [];

    /// <summary>The kinds that are wanted, and no others.</summary>
    [Parameter]
    public BtfKind[] Kind { get; set; } = [];

    /// <summary>Put the members of anonymous structures and unions in their place.</summary>
    [Parameter]
    public SwitchParameter Expand { get; set; }

    /// <summary>Types the functions that are wanted take.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] Parameter { get; set; } = [];

    /// <summary>Types the structures that are wanted have in them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] Contains { get; set; } = [];

    /// <summary>Types a member of the structures that are wanted points to.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] PointsTo { get; set; } = [];

    /// <summary>Names of members of the structures that are wanted; with wildcards they are patterns, and ignore case.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Member { get; set; } = [];

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _places = OpenPlaces(new BtfUses { Parameters = Parameter, Contents = Contains, PointedTo = PointsTo, Member = MemberCondition() });
        foreach (BtfSearchPlace place in _places)
        {
            foreach (uint id in Id)
            {
                BtfFile file = place.File;
                if (id >= file.EndId)
                {
                    WriteNotFound("BtfIdNotFound", $"{id}", $"{file.Path} has no type {id}: its ids are 1 to {file.EndId - 1}.", "Get-BtfType -Name '*' lists them.");
                }
                else
                {
                    Write(new[] { id }.Where(at => place.Uses?.Matches(at) != false).Select(at => Shown(file[at])), $"{id}");
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Name.Length == 0 && !MyInvocation.ExpectingInput && Id.Length == 0)
        {
            _places.ForEach(place => Write(BtfSearch.Matching(place.File, null, Kind, place.Uses).Select(Shown), place.File.Path));
        }

        foreach (string name in Name)
        {
            if (!WriteNamed(_places, name, Kind, Shown))
            {
                string exact = WildcardPattern.Unescape(name);
                WriteNotFound(
                    "BtfTypeNotFound", name, _places[0].Uses is null ? $"There is no type {exact}." : $"There is no type {exact} that meets the conditions.",
                    $"A pattern finds its like: Get-BtfType '*{exact}*'. A module's own types need -Module or -Path.");
            }
        }
    }

    private Func<string, bool>? MemberCondition()
    {
        Func<string, bool>[] conditions = Array.ConvertAll(Member, name => NameCondition(name) ?? (member => member == WildcardPattern.Unescape(name)));
        return conditions.Length == 0 ? null : member => Array.Exists(conditions, matches => matches(member));
    }

    private BtfType Shown(BtfType type) => Expand && type is BtfStruct structure ? structure.Expand() : type;
}
