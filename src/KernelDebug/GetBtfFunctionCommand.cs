using System.Management.Automation;
using KernelDebug.Btf;

namespace KernelDebug.Commands;

/// <summary>Get-BtfFunction: prototypes of the functions of a kernel, a module or a file.</summary>
[Cmdlet(VerbsCommon.Get, "BtfFunction", DefaultParameterSetName = KernelSet)]
[OutputType(typeof(BtfFunction))]
public sealed class GetBtfFunctionCommand : BtfCommand
{
    private static readonly BtfKind[] Functions = [BtfKind.Function];
    private List<BtfSearchPlace> _places = [];

    /// <summary>Names; with wildcards they are patterns, and ignore case.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Types the functions take.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] Parameter { get; set; } = [];

    /// <inheritdoc/>
    protected override void BeginProcessing() => _places = OpenPlaces(new BtfUses { Parameters = Parameter });

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            if (!WriteNamed(_places, name, Functions, type => type))
            {
                string exact = WildcardPattern.Unescape(name);
                WriteNotFound(
                    "BtfFunctionNotFound", name, _places[0].Uses is null ? $"There is no function {exact}." : $"There is no function {exact} that meets the conditions.",
                    $"A pattern finds its like: Get-BtfFunction '*{exact}*'. BTF has no functions that were inlined everywhere or changed by the compiler.");
            }
        }
    }
}
