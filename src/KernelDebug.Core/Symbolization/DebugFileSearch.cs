using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>Where the files of kernels are or could be had, place by place.</summary>
public sealed class DebugFileSearch : IDisposable
{
    private readonly DebugFileLocator _locator;

    // Many reports of one kernel want the same files: once is enough.
    private readonly HashSet<(DebugFileKind Kind, string? Name, string? Release, string? BuildId)> _asked = [];

    /// <summary>Looks where the decoder would.</summary>
    /// <param name="options">Where to look.</param>
    /// <param name="tell">Takes what was tried on the way to a file's debug information.</param>
    public DebugFileSearch(SymbolizerOptions options, Action<string> tell)
    {
        ArgumentNullException.ThrowIfNull(options);
        _locator = new DebugFileLocator(options, DebugFileLoader.For(options, tell));
    }

    /// <summary>Each place of each file, as it is tried; those asked for before are left out.</summary>
    /// <param name="request">The files.</param>
    /// <param name="kinds">Of which kinds.</param>
    /// <param name="confirm">Given what a server has, says whether to fetch it; null to fetch nothing.</param>
    /// <exception cref="OperationCanceledException">The user stopped a download.</exception>
    public IEnumerable<DebugFile> Find(DebugFileRequest request, IReadOnlySet<DebugFileKind> kinds, Func<DebugFile, bool>? confirm)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(kinds);
        var build = new WantedBuild(request.Release, request.Version, request.BuildId);
        DebugFile? vmlinux = null;
        if ((request.Release ?? request.BuildId) is not null && kinds.Contains(DebugFileKind.Vmlinux) && _asked.Add((DebugFileKind.Vmlinux, request.Version, request.Release, request.BuildId)))
        {
            foreach (DebugFile file in Closed(_locator.Vmlinux(build, confirm)))
            {
                vmlinux ??= file.IsUsable ? file : null;
                yield return file;
            }
        }

        foreach (ModuleRequest module in kinds.Contains(DebugFileKind.Module) ? request.Modules : [])
        {
            if (_asked.Add((DebugFileKind.Module, module.Name, request.Release, module.BuildId)))
            {
                (string, string?)? beside = vmlinux is null ? null : (vmlinux.Path!, vmlinux.Release);
                foreach (DebugFile file in Closed(_locator.Module(module, request.Release, request.Version, beside, confirm)))
                {
                    yield return file;
                }
            }
        }

        IEnumerable<SourceRequest?> sources = kinds.Contains(DebugFileKind.Source) ? [.. request.Release is null ? Array.Empty<SourceRequest?>() : [null], .. request.Sources] : [];
        foreach (SourceRequest? source in sources)
        {
            string? id = source is null || source.Module is null ? request.BuildId ?? source?.BuildId ?? vmlinux?.BuildId : source.BuildId;
            if (_asked.Add((DebugFileKind.Source, source?.Path, request.Release, id)))
            {
                foreach (DebugFile file in _locator.Source(source, build with { BuildId = id }, confirm))
                {
                    yield return file;
                }
            }
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _locator.Dispose();

    private static IEnumerable<DebugFile> Closed(IEnumerable<TriedPlace> places)
    {
        foreach (TriedPlace place in places)
        {
            place.Object?.Dispose();
            yield return place.File;
        }
    }
}
