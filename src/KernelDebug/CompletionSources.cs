using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using KernelDebug.Symbolization;

namespace KernelDebug.Commands;

/// <summary>The files a command line names, as far as it is written.</summary>
internal static class CompletionSources
{
    /// <returns>Null where one of them cannot be made out.</returns>
    public static SymbolSources? Read(IDictionary bound)
    {
        try
        {
            return ModulePatterns.Select(new SymbolSources
            {
                Files = new SymbolizerOptions
                {
                    Vmlinux = Path(bound, "Vmlinux"),
                    ModulePaths = Texts(bound, "ModulePath").SelectMany(Expand).ToArray(),
                    Release = Texts(bound, "Release").FirstOrDefault(),
                },
                Kallsyms = Path(bound, "Kallsyms"),
                SystemMap = Path(bound, "SystemMap"),
            }, Texts(bound, "Module"));
        }
        catch (Exception unknown) when (unknown is RuntimeException)
        {
            return null;
        }
    }

    /// <summary>The file a parameter names; null where it names none.</summary>
    public static string? Path(IDictionary bound, string name) => Texts(bound, name) is [var path, ..]
        ? Ask<string>("param($path) $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)", path).FirstOrDefault()
        : null;

    private static IEnumerable<string> Expand(string path) => Ask<string>("param($path) (Resolve-Path -Path $path -ErrorAction Ignore).ProviderPath", path);

    /// <summary>Only a script may ask a runspace that is busy completing where it is.</summary>
    private static Collection<T> Ask<T>(string script, string path)
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddScript(script, useLocalScope: true).AddArgument(path).Invoke<T>();
    }

    /// <summary>What a parameter is given.</summary>
    public static string[] Texts(IDictionary bound, string name) => bound[name] switch
    {
        string text => [text],
        IEnumerable several => [.. several.OfType<object>().Select(item => item.ToString() ?? "")],
        _ => [],
    };
}
