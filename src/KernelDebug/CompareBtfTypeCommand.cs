using System.Management.Automation;
using KernelDebug.Btf;
using KernelDebug.IO;

namespace KernelDebug.Commands;

/// <summary>Compare-BtfType: what differs between the types of two kernels, modules or files.</summary>
[Cmdlet(VerbsData.Compare, "BtfType")]
[OutputType(typeof(BtfTypeDifference))]
public sealed class CompareBtfTypeCommand : PSCmdlet
{
    /// <summary>The file with the types code was compiled against.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string ReferencePath { get; set; } = "";

    /// <summary>The file whose types are compared with them; left out, the running kernel.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? DifferencePath { get; set; }

    /// <summary>The vmlinux whose types those of the first file continue.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ReferenceBase { get; set; }

    /// <summary>The vmlinux whose types those of the second file continue.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DifferenceBase { get; set; }

    /// <summary>The names that are compared; wildcards allowed.</summary>
    [Parameter(Position = 2)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The kinds that are compared; left out, structures, unions, enumerations, typedefs and functions.</summary>
    [Parameter]
    public BtfKind[] Kind { get; set; } = [];

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Open(ReferencePath, ReferenceBase) is not { } old || Open(DifferencePath, DifferenceBase) is not { } changed)
        {
            return;
        }

        // Names without wildcards are C's, which knows case.
        WildcardPattern[] patterns = [.. Name.Select(name => WildcardPattern.Get(
            name, WildcardOptions.CultureInvariant | (WildcardPattern.ContainsWildcardCharacters(name) ? WildcardOptions.IgnoreCase : 0)))];
        Predicate<string>? wanted = patterns.Length == 0 ? null : name => Array.Exists(patterns, pattern => pattern.IsMatch(name));
        try
        {
            foreach (BtfTypeDifference difference in BtfComparison.Compare(old, changed, wanted, Kind).TakeWhile(_ => !Stopping))
            {
                WriteObject(difference);
            }
        }
        catch (BinaryFormatException damage)
        {
            WriteError(CommandErrors.UnusableBtf(damage, damage.File));
        }
    }

    private BtfFile? Open(string? path, string? basePath)
    {
        try
        {
            return path is null
                ? BtfCache.OpenModule(null)
                : BtfCache.OpenFile(Rooted(path), basePath is null ? null : Rooted(basePath));
        }
        catch (Exception cause) when (cause is BtfBaseMismatchException || CommandErrors.IsFileProblem(cause))
        {
            WriteError(CommandErrors.UnusableBtf(cause, path ?? "vmlinux"));
            return null;
        }
    }

    private string Rooted(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
}
