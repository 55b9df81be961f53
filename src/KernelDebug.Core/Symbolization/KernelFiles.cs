using KernelDebug.IO;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>A file, or why there is none.</summary>
internal sealed record FileAnswer(KernelObject? Object, UnresolvedReason? Reason);

/// <summary>The vmlinux and the modules of one crash: found, checked against the log, opened once.</summary>
internal sealed class KernelFiles : IDisposable
{
    /// <summary>Modules, and complaints, that are kept: a kernel has a few hundred; a log made to harm has no end of them.</summary>
    private const int MaxKept = 4096;

    private readonly SymbolizerOptions _options;
    private readonly Action<Diagnostic> _report;
    private readonly HashSet<(string Id, string? Target)> _complaints = [];
    private readonly DebugFileLoader _loader;
    private readonly ModuleLocator _moduleFiles;
    private readonly KernelObject? _named;
    private readonly Dictionary<string, FileAnswer> _modules = [];
    private FileAnswer? _vmlinux;

    /// <exception cref="IOException">The vmlinux named cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">It is not ELF, or damaged.</exception>
    public KernelFiles(SymbolizerOptions options, Action<Diagnostic> report)
    {
        _options = options;
        _report = diagnostic => ReportOnce(report, diagnostic);
        _loader = new DebugFileLoader([$"{options.Root}/usr/lib/debug"], Tell);
        _moduleFiles = new ModuleLocator(Tell);
        Release = options.Release;
        if (options.Vmlinux is { } path)
        {
            _named = _loader.Open(path);
            if (_named.Elf.Type == Elf.ElfType.Relocatable)
            {
                _named.Dispose();
                throw new BinaryFormatException(path, "ELF header", 16, "expected a linked vmlinux, have a relocatable file (a module goes to -ModulePath)");
            }
        }
    }

    /// <summary>The release to look for: named, or the log's.</summary>
    public string? Release { get; private set; }

    /// <summary>The kernel's build-id as the log prints it.</summary>
    public string? LogBuildId { get; private set; }

    /// <summary>The release as the log prints it, which a named vmlinux must have.</summary>
    public string? LogRelease { get; private set; }

    /// <summary>What the log prints behind the release.</summary>
    public string? LogVersion { get; private set; }

    /// <summary>True where no vmlinux can be looked for yet: none named, and the log has not said its release.</summary>
    public bool IsWaitingForRelease => _options.Vmlinux is null && Release is null && LogBuildId is null;

    /// <summary>Takes what a line of the log says about its kernel; another kernel's report makes the files looked up anew.</summary>
    /// <returns>True where files that were open may be closed by now.</returns>
    public bool TellLogKernel(string? release, string? version, string? buildId)
    {
        if ((release is null || release == LogRelease) && (version is null || version == LogVersion) && (buildId is null || buildId == LogBuildId))
        {
            return false;
        }

        string? before = Release;
        LogVersion = version ?? (release is null ? LogVersion : null);
        LogRelease = release ?? LogRelease;
        LogBuildId = buildId ?? (release is null ? LogBuildId : null);
        Release = _options.Release ?? LogRelease;
        ForgetModules();
        if (_vmlinux?.Object is { } old && !ReferenceEquals(old, _named))
        {
            if (Release == before && (_options.Force || Disagreement(old, LogBuildId, LogRelease, LogVersion) is null))
            {
                // The release was named, and the log's first word on it agrees with the file found by that.
                return true;
            }

            old.Dispose();
        }

        _vmlinux = null;
        return true;
    }

    /// <summary>The vmlinux.</summary>
    public FileAnswer Vmlinux => _vmlinux ??= FindVmlinux();

    /// <summary>A module's file.</summary>
    public FileAnswer Module(string name, string? buildId)
    {
        string key = $"{name} {buildId}";
        if (!_modules.TryGetValue(key, out FileAnswer? known))
        {
            if (_modules.Count >= MaxKept)
            {
                ForgetModules();
            }

            known = FindModule(name, buildId);
            _modules[key] = known;
        }

        return known;
    }

    /// <summary>Every module of the paths named, with its file; of several files of one name the first.</summary>
    public IEnumerable<(string Name, string Path)> NamedModules()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string place in _options.ModulePaths)
        {
            foreach (string file in _moduleFiles.All(new SearchPlace(place, IsDeep: true)))
            {
                string name = ModuleLocator.Canonical(ModuleLocator.NameOf(Path.GetFileName(file.AsSpan())) ?? Path.GetFileNameWithoutExtension(file));
                if (seen.Add(name))
                {
                    yield return (name, file);
                }
            }
        }
    }

    public void Dispose()
    {
        _named?.Dispose();
        _vmlinux?.Object?.Dispose();
        ForgetModules();
    }

    private FileAnswer FindVmlinux()
    {
        if (_named is not null)
        {
            return CheckNamed(_named);
        }

        if (_options.Release is { } named && LogRelease is { } own && named != own && !_options.Force)
        {
            string why = $"release {named} was named, the log is of {own}";
            _report(new Diagnostic(DiagnosticSeverity.Error, "BuildIdMismatch", $"{char.ToUpperInvariant(why[0])}{why[1..]}.", "Name the release of the log, or use -Force.", named));
            return new FileAnswer(null, new UnresolvedReason(UnresolvedKind.BuildIdMismatch, why));
        }

        string? passedOver = null;
        foreach (string path in VmlinuxPlaces())
        {
            if (!File.Exists(path))
            {
                Tell($"vmlinux: not there: {path}");
                continue;
            }

            if (TryOpen(path) is not { } found)
            {
                continue;
            }

            if (Disagreement(found, LogBuildId, Release, LogVersion) is { } why && !_options.Force)
            {
                passedOver ??= $"{path} {why}";
                Tell($"vmlinux: {path} {why}: passed over");
            }
            else if (!found.HasDebugInfo)
            {
                passedOver ??= $"{path} has no debug information";
                Tell($"vmlinux: {path} has no debug information: passed over");
            }
            else
            {
                Tell($"vmlinux: using {path}");
                return new FileAnswer(found, null);
            }

            found.Dispose();
        }

        string what = Release is { } release ? $"release {release}" : "this log, which does not name its release";
        string remedy = Release is { } known && VmlinuxLocator.IsPlainRelease(known) ? VmlinuxLocator.Remedy(known) : "Name it with -Vmlinux.";
        var reason = new UnresolvedReason(UnresolvedKind.NoVmlinux, $"no vmlinux with debug information was found for {what}");
        _report(new Diagnostic(DiagnosticSeverity.Warning, "VmlinuxNotFound", $"No vmlinux with debug information was found for {what}{(passedOver is null ? "" : $" ({passedOver})")}; names stay undecoded.", remedy, Release));
        return new FileAnswer(null, reason);
    }

    private FileAnswer CheckNamed(KernelObject named)
    {
        if (Disagreement(named, LogBuildId, LogRelease, LogVersion) is not { } why || _options.Force)
        {
            return new FileAnswer(named, null);
        }

        _report(new Diagnostic(DiagnosticSeverity.Error, "BuildIdMismatch", $"{named.Path} {why}: it is not the kernel that crashed.", "Name the vmlinux of that kernel, or use -Force.", named.Path));
        return new FileAnswer(null, new UnresolvedReason(UnresolvedKind.BuildIdMismatch, $"{named.Path} {why}"));
    }

    private IEnumerable<string> VmlinuxPlaces()
    {
        if (Release is { } release && VmlinuxLocator.IsPlainRelease(release))
        {
            foreach (string place in VmlinuxLocator.Places(_options.Root, release))
            {
                yield return place;
            }

            foreach (string place in BundleLocator.Places(_options.Root, release))
            {
                yield return place;
            }
        }

        if (LogBuildId is { } id)
        {
            if (_loader.FindByBuildId(id) is { } path)
            {
                yield return path;
            }

            if (Debuginfod.Find(id, Tell) is { } downloaded)
            {
                yield return downloaded;
            }
        }
    }

    private FileAnswer FindModule(string name, string? buildId)
    {
        UnresolvedReason? refused = null;
        KernelObject? best = null;
        foreach (string path in ModuleCandidates(name, buildId))
        {
            if (TryOpen(path, name) is not { } found)
            {
                refused ??= new UnresolvedReason(UnresolvedKind.MalformedFile, $"{path} cannot be used");
                continue;
            }

            string? why = Disagreement(found, buildId, LogRelease ?? Release, null);
            if (why is not null && !_options.Force)
            {
                Tell($"module {name}: {path} {why}: passed over");
                refused ??= new UnresolvedReason(UnresolvedKind.BuildIdMismatch, $"{path} {why}");
                found.Dispose();
            }
            else if (found.HasDebugInfo)
            {
                best?.Dispose();
                best = found;
                break;
            }
            else if (best is null)
            {
                best = found;
            }
            else
            {
                found.Dispose();
            }
        }

        if (best is null)
        {
            return refused is null ? Missing(name) : Refused(name, refused);
        }

        Tell($"module {name}: using {best.Path}");
        if (!best.HasDebugInfo)
        {
            _report(new Diagnostic(DiagnosticSeverity.Warning, "ModuleWithoutDebugInfo", $"{best.Path} has no debug information; frames of module {name} stay undecoded.", "Name a directory with the unstripped module by -ModulePath.", name));
        }

        return new FileAnswer(best, null);
    }

    private FileAnswer Missing(string name)
    {
        _report(new Diagnostic(DiagnosticSeverity.Warning, "ModuleNotFound", $"No file of module {name} was found; its frames stay undecoded.", "Name the module's .ko file, or a directory above it, by -ModulePath.", name));
        return new FileAnswer(null, new UnresolvedReason(UnresolvedKind.NoModuleFile, $"no file of module {name} was found"));
    }

    private FileAnswer Refused(string name, UnresolvedReason reason)
    {
        bool isOther = reason.Kind == UnresolvedKind.BuildIdMismatch;
        _report(new Diagnostic(DiagnosticSeverity.Error, isOther ? "BuildIdMismatch" : "ModuleUnusable", $"Module {name}: {reason.Message}.", isOther ? "Name the module that crashed by -ModulePath, or use -Force." : "Name another copy of the module by -ModulePath.", name));
        return new FileAnswer(null, reason);
    }

    private IEnumerable<string> ModuleCandidates(string name, string? buildId)
    {
        SearchPlace[] named = [.. _options.ModulePaths.Select(path => new SearchPlace(path, IsDeep: true))];
        var places = new List<SearchPlace>();
        if (Vmlinux.Object is { } vmlinux && Path.GetDirectoryName(Path.GetFullPath(vmlinux.Path)) is { } directory)
        {
            // The modules of a kernel build lie below its vmlinux; any other directory is not searched through.
            bool isBuildTree = File.Exists(Path.Combine(directory, "modules.order")) || File.Exists(Path.Combine(directory, "Module.symvers"));
            places.Add(new SearchPlace(directory, isBuildTree));
        }

        if ((Release ?? Vmlinux.Object?.Release) is { } release && VmlinuxLocator.IsPlainRelease(release))
        {
            places.Add(new SearchPlace($"{_options.Root}/usr/lib/debug/lib/modules/{release}", IsDeep: true));
            places.Add(new SearchPlace($"{_options.Root}/lib/modules/{release}", IsDeep: true));
        }

        IEnumerable<string> found = _moduleFiles.Find(name, named).Concat(Bundles(name)).Concat(_moduleFiles.Find(name, places)).Concat(RenamedFiles(name));
        if (buildId is null)
        {
            return found;
        }

        return found.Concat(Lazily(() => _loader.FindByBuildId(buildId))).Concat(Lazily(() => Debuginfod.Find(buildId, Tell)));
    }

    /// <summary>The bundles named by the user that have the module, then the one the vmlinux is from.</summary>
    private IEnumerable<string> Bundles(string name)
    {
        IEnumerable<string> all = _options.ModulePaths.Where(IsBundle);
        foreach (string path in Vmlinux.Object is { IsBundled: true } vmlinux ? all.Append(vmlinux.Path) : all)
        {
            bool hasIt = false;
            try
            {
                hasIt = SymbolBundle.Open(path).Modules.Any(own => ModuleLocator.Canonical(own) == ModuleLocator.Canonical(name));
            }
            catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException)
            {
                _report(new Diagnostic(DiagnosticSeverity.Warning, "FileUnusable", $"{path} cannot be used: {unusable.Message}", null, path));
            }

            Tell(hasIt ? $"module {name}: found in {path}" : $"module {name}: not in {path}");
            if (hasIt)
            {
                yield return path;
            }
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
        foreach (string path in _options.ModulePaths.Where(File.Exists))
        {
            if (ModuleLocator.IsNamed(path, name) || IsBundle(path) || TryOpen(path) is not { } file)
            {
                continue;
            }

            bool isIt = file.ModuleName is { } own && ModuleLocator.Canonical(own) == ModuleLocator.Canonical(name);
            file.Dispose();
            if (isIt)
            {
                Tell($"module {name}: it is in {path}");
                yield return path;
            }
        }
    }

    private static IEnumerable<string> Lazily(Func<string?> find)
    {
        if (find() is { } path)
        {
            yield return path;
        }
    }

    /// <summary>How a file disagrees with the log; null where it does not, or neither says.</summary>
    private static string? Disagreement(KernelObject file, string? buildId, string? release, string? version)
    {
        if (buildId is not null && file.BuildId is not null)
        {
            return buildId == file.BuildId ? null : $"has build-id {file.BuildId}, the log {buildId}";
        }

        return release is not null && file.Release is { } own && own != release ? $"is of release {own}, the log of {release}"
            : version is not null && file.Banner is { } banner ? KernelBanner.Disagreement(banner, version)
            : null;
    }

    /// <summary>A candidate with the parts read that decide about it: one that turns out damaged must not end the search for others.</summary>
    private KernelObject? TryOpen(string path, string? module = null)
    {
        KernelObject? opened = null;
        try
        {
            opened = _loader.Open(path, module);
            _ = opened.HasDebugInfo;
            _ = opened.Release;
            return opened;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException or DllNotFoundException)
        {
            _report(new Diagnostic(DiagnosticSeverity.Warning, "FileUnusable", $"{path} cannot be used: {unusable.Message}", null, path));
            opened?.Dispose();
            return null;
        }
    }

    /// <summary>What was searched is told each time, a complaint of a file or a module once.</summary>
    private void ReportOnce(Action<Diagnostic> report, Diagnostic diagnostic)
    {
        if (diagnostic.Severity != DiagnosticSeverity.Verbose)
        {
            if (_complaints.Count >= MaxKept)
            {
                _complaints.Clear();
            }

            if (!_complaints.Add((diagnostic.Id, diagnostic.Target)))
            {
                return;
            }
        }

        report(diagnostic);
    }

    private void ForgetModules()
    {
        foreach (FileAnswer answer in _modules.Values)
        {
            answer.Object?.Dispose();
        }

        _modules.Clear();
    }

    private void Tell(string message) => _report(new Diagnostic(DiagnosticSeverity.Verbose, "Search", message, null, null));
}
