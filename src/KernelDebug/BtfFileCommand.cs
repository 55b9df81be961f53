using System.Management.Automation;
using KernelDebug.Btf;
using KernelDebug.Formatting;

namespace KernelDebug.Commands;

/// <summary>A cmdlet that can be asked about files with BTF.</summary>
public abstract class BtfFileCommand : PSCmdlet
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";

    /// <summary>Makes the command.</summary>
    protected BtfFileCommand() => Input = new LogInput(this);

    /// <summary>Files with BTF; wildcards allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Files with BTF, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The vmlinux whose types those of the files continue.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    public string? Base { get; set; }

    /// <summary>Resolves paths, with errors of this command.</summary>
    private LogInput Input { get; }

    /// <summary>The files that were named. What cannot be opened is an error, and the next goes on.</summary>
    private protected IEnumerable<BtfFile> OpenNamedFiles()
    {
        string? basePath = Base is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(Base);
        return Input.Resolve(ParameterSetName == PathSet ? Path : LiteralPath, ParameterSetName == LiteralPathSet)
            .Select(path => Guard(path, () => BtfCache.OpenFile(path, basePath))).OfType<BtfFile>();
    }

    /// <summary>The condition of a pattern, which ignores case; null for a name without wildcards.</summary>
    private protected static Func<string, bool>? NameCondition(string name) => WildcardPattern.ContainsWildcardCharacters(name)
        ? WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant).IsMatch
        : null;

    /// <summary>Types that are nowhere.</summary>
    private protected void WriteMissingTypes(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            WriteNotFound("BtfTypeNotFound", name, $"There is no type {name}.", $"A pattern finds its like: Get-BtfType '*{name}*'.");
        }
    }

    /// <summary>A name that is nowhere.</summary>
    private protected void WriteNotFound(string id, string name, string message, string action)
    {
        string shown = ControlText.MakeNameVisible(message);
        WriteError(CommandErrors.Create(new ItemNotFoundException(shown), id, ErrorCategory.ObjectNotFound, name, shown, ControlText.MakeNameVisible(action)));
    }

    /// <summary>Does what a file can make fail.</summary>
    private protected T? Guard<T>(string target, Func<T> work) where T : class
    {
        try
        {
            return work();
        }
        catch (Exception cause) when (cause is BtfBaseMismatchException || CommandErrors.IsFileProblem(cause))
        {
            WriteError(CommandErrors.UnusableBtf(cause, target));
            return null;
        }
    }
}
