using System.Management.Automation;
using KernelDebug.Btf;

namespace KernelDebug.Commands;

/// <summary>Get-BtfType: types of a kernel, a module or a file, by name, id and kind.</summary>
[Cmdlet(VerbsCommon.Get, "BtfType", DefaultParameterSetName = KernelSet)]
[OutputType(typeof(BtfType))]
public sealed class GetBtfTypeCommand : BtfCommand
{
    private List<BtfFile> _files = [];

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

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _files = [.. OpenFiles()];
        foreach (BtfFile file in _files)
        {
            foreach (uint id in Id)
            {
                if (id >= file.EndId)
                {
                    WriteNotFound("BtfIdNotFound", $"{id}", $"{file.Path} has no type {id}: its ids are 1 to {file.EndId - 1}.", "Get-BtfType -Name '*' lists them.");
                }
                else
                {
                    Write(Enumerable.Repeat(id, 1).Select(at => Shown(file[at])), $"{id}");
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Name.Length == 0 && !MyInvocation.ExpectingInput && Id.Length == 0)
        {
            _files.ForEach(file => Write(BtfSearch.Matching(file, null, Kind).Select(Shown), file.Path));
        }

        foreach (string name in Name)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
                _files.ForEach(file => Write(BtfSearch.Matching(file, pattern.IsMatch, Kind).Select(Shown), name));
                continue;
            }

            string exact = WildcardPattern.Unescape(name);
            bool any = false;
            _files.ForEach(file => any |= Write(BtfSearch.Named(file, exact, Kind).Select(Shown), name));
            if (!any && _files.Count > 0)
            {
                WriteNotFound("BtfTypeNotFound", name, $"There is no type {exact}.", $"A pattern finds its like: Get-BtfType '*{exact}*'. A module's own types need -Module or -Path.");
            }
        }
    }

    private BtfType Shown(BtfType type) => Expand && type is BtfStruct structure ? structure.Expand() : type;
}
