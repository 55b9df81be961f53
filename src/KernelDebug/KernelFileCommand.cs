using System.Management.Automation;
using KernelDebug.Symbolization;

namespace KernelDebug.Commands;

/// <summary>A cmdlet that asks the files of a kernel: the parameters that say which they are.</summary>
public abstract class KernelFileCommand : PSCmdlet
{
    /// <summary>Makes the command.</summary>
    protected KernelFileCommand() => Input = new LogInput(this);

    /// <summary>The vmlinux with debug information.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Vmlinux { get; set; }

    /// <summary>Module files, and directories searched with all below them; wildcards allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] ModulePath { get; set; } = [];

    /// <summary>The kernel release whose files are looked for.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? Release { get; set; }

    /// <summary>Resolves paths, with errors of this command.</summary>
    private protected LogInput Input { get; }

    /// <summary>What the parameters say of files.</summary>
    private protected virtual SymbolizerOptions FileOptions() => new()
    {
        Vmlinux = Vmlinux is null ? null : Rooted(Vmlinux, CommandErrors.UnusableVmlinux),
        ModulePaths = ModulePath.Length == 0 ? [] : Input.Resolve(ModulePath, isLiteral: false, keepDirectories: true).ToArray(),
        Release = Release,
    };

    /// <summary>A single file that cannot be used ends the command, so its path is resolved without an error of its own.</summary>
    private protected string Rooted(string path, Func<Exception, string, ErrorRecord> unusable)
    {
        try
        {
            return SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
        }
        catch (Exception unknown) when (LogInput.IsPathProblem(unknown))
        {
            ThrowTerminatingError(unusable(unknown, path));
            throw;
        }
    }
}
