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
    private readonly DebugFileLocator _locator;
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
        _loader = DebugFileLoader.For(options, Tell);
        _locator = new DebugFileLocator(options, _loader);
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
            if (Release == before && (_options.Force || LogBuild.Disagreement(old) is null))
            {
                // The release was named, and the log's first word on it agrees with the file found by that.
                return true;
            }

            old.Dispose();
        }

        _vmlinux = null;
        return true;
    }

    /// <summary>The build the log is of.</summary>
    private WantedBuild LogBuild => new(LogRelease, LogVersion, LogBuildId);

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
    public IEnumerable<(string Name, string Path)> NamedModules() => _locator.NamedModules();

    public void Dispose()
    {
        _locator.Dispose();
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
        WantedBuild build = LogBuild with { Release = Release };
        foreach ((DebugFile place, KernelObject? found) in _locator.Vmlinux(build, Fetches))
        {
            if (place.IsUsable)
            {
                Tell($"vmlinux: using {found!.Path}");
                return new FileAnswer(found, null);
            }

            TellOf(place);
            found?.Dispose();
            passedOver ??= place.Status switch
            {
                DebugFileStatus.WrongBuild or DebugFileStatus.NoDebugInfo => $"{place.Path} {WhyNot(place)}",
                DebugFileStatus.Failed or DebugFileStatus.TooLarge => $"{place.Url}: {place.Reason}",
                _ => null,
            };
        }

        string what = Release is { } release ? $"release {release}" : "this log, which does not name its release";
        string remedy = Release is { } known && VmlinuxLocator.IsPlainRelease(known) ? DebugPackages.Remedy(build, _locator.Machine) : "Name it with -Vmlinux.";
        var reason = new UnresolvedReason(UnresolvedKind.NoVmlinux, $"no vmlinux with debug information was found for {what}");
        _report(new Diagnostic(DiagnosticSeverity.Warning, "VmlinuxNotFound", $"No vmlinux with debug information was found for {what}{(passedOver is null ? "" : $" ({passedOver})")}; names stay undecoded.", remedy, Release));
        return new FileAnswer(null, reason);
    }

    private FileAnswer CheckNamed(KernelObject named)
    {
        if (LogBuild.Disagreement(named) is not { } why || _options.Force)
        {
            return new FileAnswer(named, null);
        }

        _report(new Diagnostic(DiagnosticSeverity.Error, "BuildIdMismatch", $"{named.Path} {why}: it is not the kernel that crashed.", "Name the vmlinux of that kernel, or use -Force.", named.Path));
        return new FileAnswer(null, new UnresolvedReason(UnresolvedKind.BuildIdMismatch, $"{named.Path} {why}"));
    }

    private FileAnswer FindModule(string name, string? buildId)
    {
        UnresolvedReason? refused = null;
        KernelObject? best = null;
        (string, string?)? vmlinux = Vmlinux.Object is { } kernel ? (kernel.Path, kernel.Release) : null;
        foreach ((DebugFile place, KernelObject? found) in _locator.Module(new ModuleRequest(name, buildId, false), LogRelease ?? Release, LogVersion, vmlinux, Fetches))
        {
            TellOf(place);
            if (place.IsUsable)
            {
                best?.Dispose();
                best = found;
                break;
            }

            refused ??= place.Status switch
            {
                DebugFileStatus.Unreadable => new UnresolvedReason(UnresolvedKind.MalformedFile, $"{place.Path} cannot be used"),
                DebugFileStatus.WrongBuild => new UnresolvedReason(UnresolvedKind.BuildIdMismatch, $"{place.Path} {place.Reason}"),
                _ => null,
            };
            if (best is null && place.Status == DebugFileStatus.NoDebugInfo)
            {
                best = found;
            }
            else
            {
                found?.Dispose();
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

    /// <summary>What a server of the user's has is fetched: naming it in DEBUGINFOD_URLS is what asks for that.</summary>
    private static bool Fetches(DebugFile file) => true;

    private void TellOf(DebugFile place)
    {
        string what = place.Kind == DebugFileKind.Module ? $"module {place.Name}" : "vmlinux";
        switch (place.Status)
        {
            case DebugFileStatus.Unreadable:
                _report(new Diagnostic(DiagnosticSeverity.Warning, "FileUnusable", $"{place.Path} cannot be used: {place.Reason}", null, place.Path));
                break;
            case DebugFileStatus.WrongBuild or DebugFileStatus.NoDebugInfo:
                Tell($"{what}: {place.Path} {WhyNot(place)}: passed over");
                break;
            case DebugFileStatus.Found or DebugFileStatus.Downloaded:
                Tell($"{what}: found {place.Location}");
                break;
            case DebugFileStatus.Absent when place.Url is null:
                Tell($"{what}: {place.Reason}: {place.Path}");
                break;
            case DebugFileStatus.Installable:
                break;
            default:
                Tell($"{what}: debuginfod: {(place.Url is null ? "" : $"{place.Url}: ")}{place.Reason}");
                break;
        }
    }

    private static string WhyNot(DebugFile place) => place.Status == DebugFileStatus.NoDebugInfo ? "has no debug information" : place.Reason!;

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
