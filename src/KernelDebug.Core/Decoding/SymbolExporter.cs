using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Decoding;

/// <summary>
/// Makes a symbol bundle: of a whole vmlinux and modules, or of the functions that logs name. A bundle is of one kernel.
/// </summary>
public sealed class SymbolExporter : IDisposable
{
    private readonly SymbolizerOptions _options;
    private readonly Action<Diagnostic> _report;
    private readonly Dictionary<string, ExportSource> _sources = [];
    private readonly SymbolBundleWriter _writer;
    private readonly List<ExportedObject> _objects = [];
    private LogDecoder? _decoder;
    private bool _isPartial;
    private int _named;

    /// <param name="options">Which vmlinux and modules.</param>
    /// <param name="report">Takes what was tried, warnings and errors.</param>
    /// <param name="progress">Told what is being read and how much of it, 0 to 100.</param>
    /// <param name="stop">Ends the work.</param>
    public SymbolExporter(SymbolizerOptions options, Action<Diagnostic> report, Action<string, int> progress, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(progress);
        _options = options;
        _report = report;
        _writer = new SymbolBundleWriter(progress, stop);
    }

    /// <summary>Takes a line of a log: the functions it names are wanted.</summary>
    /// <exception cref="IOException">The vmlinux named cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">It is not ELF, or damaged.</exception>
    public void Add(string line)
    {
        _decoder ??= new LogDecoder(new DecodeOptions { Symbols = _options }, _report);
        Want(_decoder.Add(line));
    }

    /// <summary>The log is at its end; what comes then is another.</summary>
    public void EndLog()
    {
        if (_decoder is not null)
        {
            Want(_decoder.Complete());
            _decoder.Dispose();
            _decoder = null;
        }
    }

    /// <summary>Reads the functions that the logs name.</summary>
    /// <returns>False where there is nothing to write, which is reported.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public bool ReadLogs()
    {
        EndLog();
        _isPartial = true;
        foreach (ExportSource source in _sources.Values.OrderBy(source => source.Module, StringComparer.Ordinal))
        {
            Read(source, source.Functions);
        }

        return HasAny(_named == 0 ? "the logs name no function" : $"none of the {_named} places the logs name is in a file with debug information");
    }

    /// <summary>Reads a whole vmlinux and all modules of the paths named.</summary>
    /// <returns>False where there is nothing to write, which is reported.</returns>
    /// <exception cref="IOException">The vmlinux named cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">It is not ELF, or damaged.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public bool ReadWhole()
    {
        using var files = new KernelFiles(_options, _report);
        bool wantsVmlinux = _options.Vmlinux is not null || _options.Release is not null;
        if (wantsVmlinux && files.Vmlinux.Object is { } vmlinux)
        {
            Read(new ExportSource(vmlinux.Path, "", vmlinux.Banner), null);
        }

        if (!wantsVmlinux || _objects.Count > 0)
        {
            foreach ((string name, string file) in files.NamedModules())
            {
                Read(new ExportSource(file, name, null), null);
            }
        }

        return HasAny("neither a vmlinux nor a module was found");
    }

    /// <summary>Writes what was read.</summary>
    /// <param name="path">The bundle; one that is there is replaced.</param>
    /// <exception cref="IOException">The bundle cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Its directory is not writable.</exception>
    /// <exception cref="InvalidDataException">It would be larger than GSYM can be.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public SymbolExport Save(string path) =>
        new() { Path = path, Length = _writer.Save(path), FunctionCount = _writer.Functions, IsPartial = _isPartial, Objects = _objects };

    /// <summary>Closes the files.</summary>
    public void Dispose() => _decoder?.Dispose();

    private void Want(IReadOnlyList<DecodedLine> lines)
    {
        foreach (DecodedLine line in lines)
        {
            foreach (SymbolLocation location in line.Locations)
            {
                _named++;
                try
                {
                    Want(location);
                }
                catch (BinaryFormatException damaged)
                {
                    _report(new Diagnostic(DiagnosticSeverity.Warning, "FileUnusable", $"{location} is left out: {damaged.Message}", null, damaged.File));
                }
            }
        }
    }

    private void Want(SymbolLocation location)
    {
        if (location.Reference.IsUserSpace || location.Reference is { Symbol: null, Module: not null } || _decoder!.Symbolizer.FileOf(location.Reference) is not { } file)
        {
            return;
        }

        // The vmlinux of a log with a module alone tells where the source tree begins.
        if (location.Reference.Module is not null && _decoder.Symbolizer.Vmlinux is { } vmlinux)
        {
            SourceOf(vmlinux, "");
        }

        if (SourceOf(file, location.Reference.Module ?? "") is not { } source)
        {
            return;
        }

        source.Want(file.Elf, location.Reference);
        foreach (SymbolCandidate candidate in location.Candidates)
        {
            source.WantAt(file.Elf, candidate.LinkAddress);
        }
    }

    private ExportSource? SourceOf(KernelObject file, string module)
    {
        if (!_sources.TryGetValue(module, out ExportSource? known))
        {
            _sources[module] = known = new ExportSource(file.Path, module, file.Banner);
            if (module.Length == 0)
            {
                known.WantBasePath(file.Elf);
            }
        }

        if (known.Path == file.Path)
        {
            return known;
        }

        _report(new Diagnostic(
            DiagnosticSeverity.Error, "SecondKernel", $"{file.Path} is of another kernel than {known.Path}: a bundle is of one kernel, so its functions are left out.",
            "Export the logs of each kernel to a bundle of their own.", file.Path));
        return null;
    }

    private void Read(ExportSource source, IReadOnlySet<ulong>? functions)
    {
        try
        {
            using KernelObject file = new DebugFileLoader([$"{_options.Root}/usr/lib/debug"], Tell).Open(source.Path);
            if (_objects.Count > 0 && _objects[0].Release is { } release && file.Release is { } own && own != release && !_options.Force)
            {
                throw new InvalidDataException($"{source.Path} is of release {own}, not {release}");
            }

            string name = source.Module.Length == 0 ? "" : file.ModuleName ?? source.Module;
            _writer.Add(file, name, functions, source.Banner);
            _objects.Add(new ExportedObject(name.Length == 0 ? "vmlinux" : name, file.Path, file.BuildId, file.Release ?? KernelObject.ReleaseOf(source.Banner)));
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException or InvalidDataException or DllNotFoundException)
        {
            _report(new Diagnostic(
                DiagnosticSeverity.Error, "ObjectNotExported", $"{(source.Module.Length == 0 ? "The vmlinux" : $"Module {source.Module}")} is not in the bundle: {unusable.Message}",
                "Name the file with debug information (DWARF).", source.Path));
        }
    }

    private bool HasAny(string nothing)
    {
        if (_objects.Count == 0)
        {
            _report(new Diagnostic(
                DiagnosticSeverity.Error, "NothingToExport", $"There is nothing to export: {nothing}.", "Name the vmlinux with -Vmlinux or -Release, and modules with -ModulePath.", null));
        }

        return _objects.Count > 0;
    }

    private void Tell(string message) => _report(new Diagnostic(DiagnosticSeverity.Verbose, "Search", message, null, null));
}
