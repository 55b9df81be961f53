using KernelDebug.IO;
using KernelDebug.Elf;

namespace KernelDebug.Symbolization;

/// <summary>The names of the modules that are meant where files and patterns are named.</summary>
internal static class ModuleNames
{
    /// <summary>Each name once: those named outright, then what lies in the module paths and, for a pattern, in the places of a release.</summary>
    /// <param name="sources">What was named.</param>
    /// <param name="release">The vmlinux's release; null where there is none.</param>
    public static IEnumerable<string> Of(SymbolSources sources, string? release)
    {
        IEnumerable<string> files = sources.Files.ModulePaths.SelectMany(InPath);
        if (sources.Files.Vmlinux is { } vmlinux && SymbolBundle.ModulesOf(vmlinux) is { } bundled)
        {
            files = files.Concat(bundled);
        }

        bool hasPattern = sources.IsModule is not null && sources.ModuleNames.Count == 0;
        if (hasPattern && (sources.Files.Release ?? release) is { } known && VmlinuxLocator.IsPlainRelease(known))
        {
            files = files.Concat(InPath($"{sources.Files.Root}/usr/lib/debug/lib/modules/{known}")).Concat(InPath($"{sources.Files.Root}/lib/modules/{known}"));
        }

        return sources.ModuleNames.Concat(files.Where(name => sources.IsModule?.Invoke(name) ?? true)).Select(ModuleLocator.Canonical).Distinct(StringComparer.Ordinal);
    }

    private static IEnumerable<string> InPath(string path) => Directory.Exists(path)
        ? new ModuleLocator().Names(path)
        : SymbolBundle.ModulesOf(path) ?? [ModuleLocator.NameOf(Path.GetFileName(path.AsSpan())) ?? NameInside(path) ?? Path.GetFileNameWithoutExtension(path)];

    /// <summary>A file that has another name than its module still states the module's.</summary>
    private static string? NameInside(string path)
    {
        try
        {
            using ElfFile file = ElfFile.Open(path);
            return KernelObject.ModuleNameOf(file);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException or DllNotFoundException)
        {
            // It is opened once more to look for the module, and what is wrong with it reported.
            return null;
        }
    }
}
