using KernelDebug.Debuginfod;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>A module whose file is wanted.</summary>
/// <param name="Name">The name as the kernel prints it.</param>
/// <param name="BuildId">Its build-id; null where not known.</param>
/// <param name="IsOutOfTree">True where it is known to be built out of the kernel's tree: no package of the kernel has it.</param>
public sealed record ModuleRequest(string Name, string? BuildId, bool IsOutOfTree);

/// <summary>A source file that is wanted.</summary>
/// <param name="Path">The path as the debug information has it.</param>
/// <param name="Module">The module it is compiled into; null for the kernel proper.</param>
/// <param name="BuildId">The build-id of what it is compiled into; null where not known.</param>
public sealed record SourceRequest(string Path, string? Module, string? BuildId);

/// <summary>The files that decoding something needs.</summary>
public sealed record DebugFileRequest
{
    /// <summary>The kernel release; null where not known.</summary>
    public string? Release { get; init; }

    /// <summary>What a log prints behind the release, <c>#1  Debian 6.1.192-2</c>: it tells builds of one release apart; null where not known.</summary>
    public string? Version { get; init; }

    /// <summary>The kernel's build-id; null where not known.</summary>
    public string? BuildId { get; init; }

    /// <summary>The modules.</summary>
    public IReadOnlyList<ModuleRequest> Modules { get; init; } = [];

    /// <summary>The source files; with none, the trees of the kernel's source are looked for.</summary>
    public IReadOnlyList<SourceRequest> Sources { get; init; } = [];

    /// <summary>True where nothing is asked for.</summary>
    public bool IsEmpty => Release is null && BuildId is null && Modules.Count == 0 && Sources.Count == 0;

    /// <summary>What a user names.</summary>
    /// <param name="release">The kernel release.</param>
    /// <param name="version">What a log prints behind it.</param>
    /// <param name="buildId">The build-id: of the module where one is named, else of the kernel.</param>
    /// <param name="modules">Modules by name; <c>name(OE)</c>, as a list of loaded modules has it, is taken too.</param>
    /// <param name="sources">Source files.</param>
    public static DebugFileRequest Of(string? release, string? version, string? buildId, IReadOnlyList<string>? modules, IReadOnlyList<string>? sources)
    {
        string? id = DebuginfodArtifact.Normal(buildId);
        List<string> names = [.. (modules ?? []).Where(name => !string.IsNullOrEmpty(name)).Select(name => name.Split('(')[0])];
        return new DebugFileRequest
        {
            Release = release,
            Version = version,
            BuildId = names.Count == 0 ? id : null,
            Modules = [.. names.Select(name => new ModuleRequest(name, names.Count == 1 ? id : null, false))],
            Sources = [.. (sources ?? []).Where(path => !string.IsNullOrEmpty(path)).Select(path => new SourceRequest(path, names.FirstOrDefault(), id))],
        };
    }

    /// <summary>The kernel that runs here.</summary>
    public static DebugFileRequest OfThisMachine() => RunningKernel.Identity("") is { } build
        ? new DebugFileRequest { Release = build.Release, Version = build.Version, BuildId = build.BuildId }
        : new DebugFileRequest();

    /// <summary>This, and what another says where this says nothing; of a module that both name, its build-id too.</summary>
    public DebugFileRequest Or(DebugFileRequest other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with
        {
            Release = Release ?? other.Release,
            Version = Version ?? other.Version,
            BuildId = BuildId ?? other.BuildId,
            Modules = Modules.Count == 0 ? other.Modules
                : [.. Modules.Select(module => module.BuildId is not null ? module : other.Modules.FirstOrDefault(known => Canonical(known) == Canonical(module)) ?? module)],
            Sources = Sources.Count > 0 ? Sources : other.Sources,
        };
    }

    /// <summary>What a report needs: its kernel, the modules its frames name, the source files of frames that are decoded.</summary>
    public static DebugFileRequest Of(PanicTrace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        IEnumerable<SymbolLocation> places = trace.CallTrace.Select(frame => frame.Location);
        if (trace.InstructionPointer is { } stop)
        {
            places = places.Prepend(stop.Location);
        }

        var outOfTree = trace.Modules.Where(module => module.IsOutOfTree).Select(module => ModuleLocator.Canonical(module.Name)).ToHashSet(StringComparer.Ordinal);
        return Of(places) with
        {
            Release = trace.KernelRelease,
            Version = trace.KernelVersion,
            BuildId = trace.KernelBuildId,
            Modules = [.. Of(places).Modules.Select(module => module with { IsOutOfTree = outOfTree.Contains(Canonical(module)) })],
        };
    }

    /// <summary>What a frame of a report needs.</summary>
    public static DebugFileRequest Of(TraceFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        DebugFileRequest request = Of([frame.Location]);
        return request with { Modules = [.. request.Modules.Select(module => module with { IsOutOfTree = frame.IsOutOfTree })] };
    }

    /// <summary>What places of a log need; the kernel's release they do not know.</summary>
    public static DebugFileRequest Of(IEnumerable<SymbolLocation> places)
    {
        List<SymbolLocation> own = [.. places.Where(place => !place.Reference.IsUserSpace)];
        return new DebugFileRequest
        {
            BuildId = own.FirstOrDefault(place => place.Module is null && place.Symbol is not null)?.BuildId,
            Modules = [.. own.Where(place => place.Module is not null).Select(place => new ModuleRequest(place.Module!, place.BuildId, false)).Distinct()],
            Sources =
            [
                .. own.SelectMany(place => place.Frames.Where(frame => frame.File is not null)
                    .Select(frame => new SourceRequest(frame.FullPath ?? frame.File!, place.Module, place.BuildId))).Distinct(),
            ],
        };
    }

    private static string Canonical(ModuleRequest module) => ModuleLocator.Canonical(module.Name);
}
