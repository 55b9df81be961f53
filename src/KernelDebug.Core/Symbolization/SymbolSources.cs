namespace KernelDebug.Symbolization;

/// <summary>Where symbols are looked for. Without any, in the running kernel.</summary>
public sealed record SymbolSources
{
    /// <summary>The symbols of the running kernel.</summary>
    public const string RunningKernel = "/proc/kallsyms";

    /// <summary>The vmlinux and the modules.</summary>
    public SymbolizerOptions Files { get; init; } = new();

    /// <summary>The modules wanted, by name or pattern; null for the kernel and all modules there are.</summary>
    public Func<string, bool>? IsModule { get; init; }

    /// <summary>Modules wanted by their names, which are looked for in the usual places of a release too.</summary>
    public IReadOnlyList<string> ModuleNames { get; init; } = [];

    /// <summary>A file in the format of <c>/proc/kallsyms</c>; null for none.</summary>
    public string? Kallsyms { get; init; }

    /// <summary>A System.map; null for none.</summary>
    public string? SystemMap { get; init; }

    /// <summary>Find where functions begin in their sources.</summary>
    public bool WithPlaces { get; init; }

    /// <summary>True where a vmlinux is named or a release to find it by.</summary>
    internal bool NamesKernel => Files.Vmlinux is not null || Files.Release is not null;

    /// <summary>True where nothing is named.</summary>
    internal bool IsRunningKernel => !NamesKernel && Files.ModulePaths.Count == 0 && Kallsyms is null && SystemMap is null;
}
