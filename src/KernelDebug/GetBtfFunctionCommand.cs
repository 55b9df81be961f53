using System.Management.Automation;
using KernelDebug.Btf;

namespace KernelDebug.Commands;

/// <summary>Get-BtfFunction: prototypes of the functions of a kernel, a module or a file.</summary>
[Cmdlet(VerbsCommon.Get, "BtfFunction", DefaultParameterSetName = KernelSet)]
[OutputType(typeof(BtfFunction))]
public sealed class GetBtfFunctionCommand : BtfCommand
{
    private static readonly BtfKind[] Functions = [BtfKind.Function];
    private List<BtfFile> _files = [];

    /// <summary>Names; with wildcards they are patterns, and ignore case.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void BeginProcessing() => _files = [.. OpenFiles()];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
                _files.ForEach(file => Write(BtfSearch.Matching(file, pattern.IsMatch, Functions), name));
                continue;
            }

            string exact = WildcardPattern.Unescape(name);
            bool any = false;
            _files.ForEach(file => any |= Write(BtfSearch.Named(file, exact, Functions), name));
            if (!any && _files.Count > 0)
            {
                WriteNotFound(
                    "BtfFunctionNotFound", name, $"There is no function {exact}.",
                    $"A pattern finds its like: Get-BtfFunction '*{exact}*'. BTF has no functions that were inlined everywhere or changed by the compiler.");
            }
        }
    }
}
