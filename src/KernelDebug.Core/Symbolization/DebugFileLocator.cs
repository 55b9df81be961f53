using KernelDebug.Debuginfod;
using KernelDebug.IO;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>A place that was tried. The file, where it could be opened, is the taker's to close.</summary>
internal sealed record TriedPlace(DebugFile File, KernelObject? Object);

/// <summary>
/// The one list of places where the files of a kernel are: each is tried when it is asked for, the files here before any server, and
/// says what became of it. The decoder takes the first that is usable; who asks where the files are takes them all.
/// </summary>
/// <param name="options">Where to look.</param>
/// <param name="loader">Opens what is found.</param>
internal sealed class DebugFileLocator(SymbolizerOptions options, DebugFileLoader loader) : IDisposable
{
    private readonly ModuleLocator _moduleFiles = new();
    private DebuginfodClient? _client;

    /// <summary>This machine's distribution; null where it does not say.</summary>
    public OsRelease? Machine => field ??= OsRelease.Read(options.Root);

    private DebuginfodClient Client => _client ??= new DebuginfodClient(options.Debuginfod ?? DebuginfodOptions.FromEnvironment());

    /// <summary>The places of a vmlinux.</summary>
    /// <param name="build">What is known of the kernel.</param>
    /// <param name="confirm">Given what a server has, says whether to fetch it; null to fetch nothing.</param>
    public IEnumerable<TriedPlace> Vmlinux(WantedBuild build, Func<DebugFile, bool>? confirm)
    {
        var place = new DebugFile { Kind = DebugFileKind.Vmlinux, Status = DebugFileStatus.Absent, BuildId = build.BuildId, Release = build.Release };
        IEnumerable<string> paths = build.Release is { } release && VmlinuxLocator.IsPlainRelease(release) ? VmlinuxLocator.Places(options.Root, release).Concat(BundleLocator.Places(options.Root, release)) : [];
        return Search(place, paths.Select(path => new ModulePlace(path, null)), build, () => RunningKernel.BuildId(options.Root, build), hasPackage: true, confirm);
    }

    /// <summary>The places of a module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="release">The release a file of it must be of; null where not known.</param>
    /// <param name="version">What a log prints behind the release; null where not known.</param>
    /// <param name="vmlinux">Path and release of the vmlinux it goes with; null where there is none.</param>
    /// <param name="confirm">As above.</param>
    public IEnumerable<TriedPlace> Module(ModuleRequest module, string? release, string? version, (string Path, string? Release)? vmlinux, Func<DebugFile, bool>? confirm)
    {
        var build = new WantedBuild(release, null, module.BuildId);
        var place = new DebugFile { Kind = DebugFileKind.Module, Name = module.Name, Status = DebugFileStatus.Absent, BuildId = build.BuildId, Release = release };
        SearchPlace[] named = [.. options.ModulePaths.Select(path => new SearchPlace(path, IsDeep: true))];
        IEnumerable<ModulePlace> found = _moduleFiles.Find(module.Name, named)
            .Concat(Bundles(module.Name, vmlinux?.Path))
            .Concat(_moduleFiles.Find(module.Name, ModulePlaces(release ?? vmlinux?.Release, vmlinux?.Path)))
            .Concat(RenamedFiles(module.Name).Select(path => new ModulePlace(path, null)));
        return Search(place, found, build, static () => null, !module.IsOutOfTree, confirm, version);
    }

    /// <summary>The places of a source file, or of the kernel's source.</summary>
    /// <param name="file">The file; null for the trees.</param>
    /// <param name="build">What is known of the kernel; the build-id of what the file is compiled into.</param>
    /// <param name="confirm">As above.</param>
    public IEnumerable<DebugFile> Source(SourceRequest? file, WantedBuild build, Func<DebugFile, bool>? confirm)
    {
        var place = new DebugFile { Kind = DebugFileKind.Source, Name = file?.Path, Status = DebugFileStatus.Absent, Release = build.Release };
        bool isFound = false;
        foreach (DebugFile tried in file is null ? SourceTrees(place, build.Release) : SourceFiles(place, file.Path, build.Release))
        {
            isFound |= tried.IsUsable;
            yield return tried;
        }

        if (file is not null)
        {
            DebuginfodArtifact? artifact = DebuginfodArtifact.Source(build.BuildId, file.Path);
            string why = build.BuildId is null ? "servers are asked by build-id, and none is known" : "servers are asked by absolute path, and this is none they could have";
            foreach (TriedPlace tried in AtServers(place, artifact, why, isFound, confirm, path => new TriedPlace(FoundSource(place, path), null)))
            {
                isFound |= tried.File.IsUsable;
                yield return tried.File;
            }
        }
        else if (!isFound && PackageOf(place, build) is { } package)
        {
            yield return package;
        }
    }

    /// <summary>Every module of the paths named, with its file; of several files of one name the first.</summary>
    public IEnumerable<(string Name, string Path)> NamedModules()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string file in options.ModulePaths.SelectMany(place => _moduleFiles.All(new SearchPlace(place, IsDeep: true))))
        {
            string name = ModuleLocator.Canonical(ModuleLocator.NameOf(Path.GetFileName(file.AsSpan())) ?? Path.GetFileNameWithoutExtension(file));
            if (seen.Add(name))
            {
                yield return (name, file);
            }
        }
    }

    public void Dispose() => _client?.Dispose();

    private IEnumerable<TriedPlace> Search(
        DebugFile place, IEnumerable<ModulePlace> paths, WantedBuild build, Func<string?> otherId, bool hasPackage, Func<DebugFile, bool>? confirm, string? version = null)
    {
        bool isFound = false;
        string? ownId = null;
        foreach (ModulePlace path in paths)
        {
            TriedPlace tried = path.WhyNot is null ? Try(path.Path, place, build) : new TriedPlace(place with { Path = path.Path, Reason = path.WhyNot }, null);
            isFound |= tried.File.IsUsable;
            // A stripped file of the right build says which debug information to ask for, where the log does not.
            ownId ??= tried.File.Status == DebugFileStatus.NoDebugInfo ? tried.File.BuildId : null;
            yield return tried;
        }

        string? id = build.BuildId ?? ownId ?? (isFound ? null : otherId());
        WantedBuild identified = build with { BuildId = id };
        foreach (string path in id is null ? [] : loader.PlacesOf(id))
        {
            TriedPlace tried = Try(path, place, identified);
            isFound |= tried.File.IsUsable;
            yield return tried;
        }

        const string NoId = "servers are asked by build-id, and neither the log nor a file here says it";
        foreach (TriedPlace tried in AtServers(place with { BuildId = id }, DebuginfodArtifact.DebugInfo(id), NoId, isFound, confirm, path => Try(path, place, identified)))
        {
            isFound |= tried.File.IsUsable;
            yield return tried;
        }

        if (!isFound && hasPackage && PackageOf(place, identified with { Version = build.Version ?? version }) is { } package)
        {
            yield return new TriedPlace(package, null);
        }
    }

    /// <summary>One place: opened, and with the parts read that decide about it, so that one that turns out damaged does not end the search.</summary>
    private TriedPlace Try(string path, DebugFile place, WantedBuild build)
    {
        place = place with { Path = path };
        if (!File.Exists(path))
        {
            return new TriedPlace(place with { Reason = "not there" }, null);
        }

        KernelObject? opened = null;
        try
        {
            long size = new FileInfo(path).Length;
            opened = loader.Open(path, place.Kind == DebugFileKind.Module ? place.Name : null);
            place = place with { Size = size, BuildId = opened.BuildId, Release = opened.Release ?? place.Release, HasDebugInfo = opened.HasDebugInfo };
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException or DllNotFoundException)
        {
            opened?.Dispose();
            return new TriedPlace(place with { Status = DebugFileStatus.Unreadable, Reason = unusable.Message, BuildId = null }, null);
        }

        string? misfit = build.Disagreement(opened);
        return new TriedPlace(
            misfit is not null && !options.Force ? place with { Status = DebugFileStatus.WrongBuild, Reason = misfit }
            : !opened.HasDebugInfo ? place with { Status = DebugFileStatus.NoDebugInfo, Reason = $"no debug information; {opened.Content}" }
            : place with { Status = DebugFileStatus.Found, Reason = opened.Path == path ? misfit : $"its debug information is in {opened.Path}" },
            opened);
    }

    /// <summary>The cache, then each server that the user names.</summary>
    /// <param name="place">What is looked for.</param>
    /// <param name="artifact">It in a server's words; null where there are none.</param>
    /// <param name="whyNone">Why there are none.</param>
    /// <param name="isFound">True where it is here already.</param>
    /// <param name="confirm">Says whether to fetch what a server has; null to fetch nothing.</param>
    /// <param name="take">Tries a file of the cache.</param>
    private IEnumerable<TriedPlace> AtServers(
        DebugFile place, DebuginfodArtifact? artifact, string whyNone, bool isFound, Func<DebugFile, bool>? confirm, Func<string, TriedPlace> take)
    {
        if (artifact is not null && Client.Cache.Has(artifact))
        {
            TriedPlace cached = take(Client.Cache.PathOf(artifact));
            yield return cached;
            isFound |= cached.File.IsUsable;
        }

        if (isFound)
        {
            yield break;
        }

        foreach (string word in Client.Options.UnusableServers)
        {
            yield return new TriedPlace(place with { Status = DebugFileStatus.NotAsked, Url = word, Reason = "DEBUGINFOD_URLS has it, and it is no http or https address" }, null);
        }

        if (artifact is null || Client.Options.Servers.Count == 0)
        {
            string why = artifact is null ? whyNone : "DEBUGINFOD_URLS names no server";
            yield return new TriedPlace(place with { Status = DebugFileStatus.NotAsked, Reason = why }, null);
        }
        else if (Client.Cache.MissingFor(artifact) is { } left)
        {
            string why = $"no server had it when last asked; they are asked again in {Math.Ceiling(left.TotalMinutes):0} min";
            yield return new TriedPlace(place with { Path = Client.Cache.PathOf(artifact), Reason = why }, null);
        }
        else
        {
            foreach (ServerAnswer answer in Client.Find(artifact, confirm is null ? null : answer => confirm(Row(answer))))
            {
                TriedPlace? fetched = answer.Path is { } path ? take(path) : null;
                yield return fetched is null ? new TriedPlace(Row(answer), null) : fetched with
                {
                    File = fetched.File with { Url = answer.Url, Status = fetched.File.IsUsable ? DebugFileStatus.Downloaded : fetched.File.Status },
                };
            }
        }

        DebugFile Row(ServerAnswer answer) => place with { Url = answer.Url, Status = answer.Status, Reason = answer.Reason, Size = answer.Size, BuildId = artifact!.BuildId };
    }

    private DebugFile? PackageOf(DebugFile place, WantedBuild build) => DebugPackages.Find(place.Kind, build, Machine) is not { } package ? null
        : place with { Status = DebugFileStatus.Installable, Package = package.Name, Command = package.Command, Reason = package.Note, BuildId = build.BuildId };

    private List<SearchPlace> ModulePlaces(string? release, string? vmlinux)
    {
        var places = new List<SearchPlace>();
        if (vmlinux is not null && Path.GetDirectoryName(Path.GetFullPath(vmlinux)) is { } directory)
        {
            // The modules of a kernel build lie below its vmlinux; any other directory is not searched through.
            bool isBuildTree = File.Exists(Path.Combine(directory, "modules.order")) || File.Exists(Path.Combine(directory, "Module.symvers"));
            places.Add(new SearchPlace(directory, isBuildTree));
        }

        if (release is not null && VmlinuxLocator.IsPlainRelease(release))
        {
            places.Add(new SearchPlace($"{options.Root}/usr/lib/debug/lib/modules/{release}", IsDeep: true));
            places.Add(new SearchPlace($"{options.Root}/lib/modules/{release}", IsDeep: true));
        }

        return places;
    }

    /// <summary>The bundles named by the user that have the module, then the one the vmlinux is from. One that is damaged is tried, and says so.</summary>
    private IEnumerable<ModulePlace> Bundles(string name, string? vmlinux)
    {
        foreach (string path in (vmlinux is null ? options.ModulePaths : options.ModulePaths.Append(vmlinux)).Where(IsBundle))
        {
            bool isTried;
            try
            {
                isTried = SymbolBundle.Open(path).Modules.Any(own => ModuleLocator.Canonical(own) == ModuleLocator.Canonical(name));
            }
            catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException)
            {
                isTried = true;
            }

            yield return new ModulePlace(path, isTried ? null : "not in");
        }
    }

    private static bool IsBundle(string path)
    {
        try
        {
            return SymbolBundle.IsBundle(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Whoever opens it as what it may be instead says so.
            return false;
        }
    }

    /// <summary>Files named by the user that hold the module under another file name.</summary>
    private IEnumerable<string> RenamedFiles(string name)
    {
        foreach (string path in options.ModulePaths.Where(path => File.Exists(path) && !IsBundle(path) && !ModuleLocator.IsNamed(path, name)))
        {
            if (loader.NameOf(path) is { } own && ModuleLocator.Canonical(own) == ModuleLocator.Canonical(name))
            {
                yield return path;
            }
        }
    }

    private IEnumerable<DebugFile> SourceTrees(DebugFile place, string? release)
    {
        foreach (string tree in options.SourcePaths.Concat(ReleaseTrees(release)))
        {
            yield return place with
            {
                Path = tree,
                Status = File.Exists(Path.Combine(tree, "init", "main.c")) ? DebugFileStatus.Found : DebugFileStatus.Absent,
                Reason = !Directory.Exists(tree) ? "not there" : File.Exists(Path.Combine(tree, "init", "main.c")) ? null : "there, without the kernel's source text",
            };
        }
    }

    /// <summary>Below the user's directories a name alone is enough; then the place it was compiled at, then the kernel's trees that are here.</summary>
    private IEnumerable<DebugFile> SourceFiles(DebugFile place, string file, string? release)
    {
        foreach (string tree in options.SourcePaths)
        {
            yield return Below(tree, leastNames: 1);
        }

        string asBuilt = options.Root + file;
        if (file.StartsWith('/') && !file.Split('/').Contains("..") && File.Exists(asBuilt))
        {
            yield return FoundSource(place, asBuilt);
        }

        foreach (string tree in ReleaseTrees(release).Where(Directory.Exists))
        {
            yield return Below(tree, leastNames: 2);
        }

        DebugFile Below(string tree, int leastNames) =>
            SourceLocator.Find(tree, file, leastNames) is { } path ? FoundSource(place, path) : place with { Path = tree, Reason = "not below" };
    }

    private IEnumerable<string> ReleaseTrees(string? release) =>
        release is not null && VmlinuxLocator.IsPlainRelease(release) ? SourceLocator.Trees(options.Root, release) : [];

    private static DebugFile FoundSource(DebugFile place, string path) => place with
    {
        Path = path,
        Status = DebugFileStatus.Found,
        Size = new FileInfo(path).Length,
        Reason = "found by its path: text does not say of which build it is",
    };
}
