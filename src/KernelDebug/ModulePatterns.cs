using System.Management.Automation;
using KernelDebug.Symbolization;

namespace KernelDebug.Commands;

/// <summary>Module names as PowerShell takes them, for the engine: <c>-</c> is <c>_</c> in a kernel, and patterns ignore case.</summary>
internal static class ModulePatterns
{
    /// <summary>The sources with the modules wanted.</summary>
    public static SymbolSources Select(SymbolSources sources, string[] modules)
    {
        if (modules.Length == 0)
        {
            return sources;
        }

        string[] names = Array.ConvertAll(modules, module => module.Replace('-', '_'));
        WildcardPattern[] patterns = Array.ConvertAll(names, name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase));
        return sources with
        {
            IsModule = module => Array.Exists(patterns, pattern => pattern.IsMatch(module.Replace('-', '_'))),
            ModuleNames = Array.Exists(names, WildcardPattern.ContainsWildcardCharacters) ? [] : names,
        };
    }

    /// <summary>The condition module names make, of which <c>vmlinux</c> is the kernel proper; null where there are none.</summary>
    public static Func<string?, bool>? Condition(string[] modules)
    {
        WildcardPattern[] patterns = Array.ConvertAll(modules, module => WildcardPattern.Get(module.Replace('-', '_'), WildcardOptions.IgnoreCase));
        return patterns.Length == 0 ? null : module => Array.Exists(patterns, pattern => pattern.IsMatch(module ?? "vmlinux"));
    }
}
