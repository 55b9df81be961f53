using System.Management.Automation;
using KernelDebug.Btf;
using KernelDebug.Formatting;

namespace KernelDebug.Commands;

/// <summary>A cmdlet that asks for types: the parameters that say of which kernel, module or file.</summary>
public abstract class BtfCommand : PSCmdlet
{
    private protected const string KernelSet = "Kernel";
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";

    /// <summary>Makes the command.</summary>
    protected BtfCommand() => Input = new LogInput(this);

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

    /// <summary>Modules of the running kernel.</summary>
    [Parameter(ParameterSetName = KernelSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BtfModuleCompleter))]
    public string[] Module { get; set; } = [];

    /// <summary>The vmlinux whose types those of the files continue.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    public string? Base { get; set; }

    /// <summary>Resolves paths, with errors of this command.</summary>
    private LogInput Input { get; }

    /// <summary>The files that were asked for. What cannot be opened is an error, and the next goes on.</summary>
    private protected IEnumerable<BtfFile> OpenFiles()
    {
        if (ParameterSetName == KernelSet)
        {
            return (Module.Length == 0 ? ["vmlinux"] : Module)
                .Select(module => Guard(module, () => BtfCache.OpenModule(module))).OfType<BtfFile>();
        }

        string? basePath = Base is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(Base);
        return Input.Resolve(ParameterSetName == PathSet ? Path : LiteralPath, ParameterSetName == LiteralPathSet)
            .Select(path => Guard(path, () => BtfCache.OpenFile(path, basePath))).OfType<BtfFile>();
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
