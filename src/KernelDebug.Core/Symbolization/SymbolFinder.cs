using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Kallsyms;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>Symbols by name or address, from the files named, or of the running kernel. Each file is opened when first looked into.</summary>
public sealed class SymbolFinder : IDisposable
{
    private readonly SymbolSources _sources;
    private readonly Action<Diagnostic> _report;
    private readonly KernelSymbolizer _symbolizer;
    private readonly List<SymbolListing> _opened = [];
    private IEnumerator<SymbolListing>? _unopened;

    /// <summary>Opens the vmlinux if one is named.</summary>
    /// <param name="sources">Where to look.</param>
    /// <param name="report">Takes what was tried, warnings and errors.</param>
    /// <exception cref="IOException">The vmlinux named cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">It is not ELF, or damaged.</exception>
    public SymbolFinder(SymbolSources sources, Action<Diagnostic> report)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(report);
        _sources = sources;
        _report = report;
        _symbolizer = new KernelSymbolizer(sources.Files, ReportSearch);
    }

    /// <summary>False once a file could not be looked into, which was reported: what was not found may be there.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>The symbols of exactly this name.</summary>
    /// <exception cref="BinaryFormatException">A file is damaged.</exception>
    public IEnumerable<KernelSymbol> Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Listings().SelectMany(listing => listing.Describe(listing.Named(name)));
    }

    /// <summary>The symbols whose names fit, by file and name in the order of the file.</summary>
    /// <param name="fits">Decides.</param>
    /// <param name="part">ASCII text that every name that fits has in it, in either case; may be empty.</param>
    /// <exception cref="BinaryFormatException">A file is damaged.</exception>
    public IEnumerable<KernelSymbol> Find(Func<string, bool> fits, string part)
    {
        ArgumentNullException.ThrowIfNull(fits);
        ArgumentNullException.ThrowIfNull(part);
        return Listings().SelectMany(listing => listing.ByName(fits, part).Values.SelectMany(listing.Describe));
    }

    /// <summary>The symbol an address is in, in each file that has one.</summary>
    /// <param name="address">A runtime address; link-time for vmlinux and System.map where no KASLR offset is given.</param>
    /// <exception cref="BinaryFormatException">A file is damaged.</exception>
    public IEnumerable<KernelSymbol> At(ulong address) => Listings().Select(listing => listing.At(address)).OfType<KernelSymbol>();

    /// <summary>The names that begin so, for completion.</summary>
    /// <exception cref="BinaryFormatException">A file is damaged.</exception>
    public IEnumerable<string> NamesFrom(string start) => Listings().SelectMany(listing => listing.NamesFrom(start));

    /// <summary>The modules whose files the sources name, for completion; null where they name none.</summary>
    public static IEnumerable<string>? ModulesOf(SymbolSources sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        return sources.Files.ModulePaths.Count > 0 || sources.Files.Release is not null
            ? ModuleNames.Of(sources with { IsModule = _ => true, ModuleNames = [] }, null)
            : null;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _unopened?.Dispose();
        _symbolizer.Dispose();
    }

    private IEnumerable<SymbolListing> Listings()
    {
        for (int i = 0; ; i++)
        {
            if (i == _opened.Count)
            {
                _unopened ??= Open().GetEnumerator();
                if (!_unopened.MoveNext())
                {
                    yield break;
                }

                _opened.Add(_unopened.Current);
            }

            yield return _opened[i];
        }
    }

    private IEnumerable<SymbolListing> Open()
    {
        if (_sources.NamesKernel && _sources.IsModule is null && _symbolizer.Vmlinux is { } vmlinux)
        {
            yield return Listing(vmlinux, null);
        }

        if (_sources.Files.ModulePaths.Count > 0 || (_sources.NamesKernel && _sources.IsModule is not null))
        {
            foreach (string name in ModuleNames.Of(_sources, _symbolizer.Vmlinux?.Release))
            {
                if (_symbolizer.Module(name) is { } module)
                {
                    yield return Listing(module, name);
                }
            }
        }

        if (_sources.SystemMap is { } map && Read(map) is { } ofMap)
        {
            yield return new KallsymsListing(ofMap, isRunning: false, _sources.Files.KaslrOffset, _sources.IsModule);
        }

        if ((_sources.IsRunningKernel ? SymbolSources.RunningKernel : _sources.Kallsyms) is { } kallsyms && Read(kallsyms) is { } running)
        {
            if (running.IsHidden)
            {
                _report(new Diagnostic(
                    DiagnosticSeverity.Warning, "AddressesHidden", $"{kallsyms} shows this user no addresses: names are listed without them.",
                    "Run PowerShell as root with sysctl kernel.kptr_restrict at 0 or 1.", kallsyms));
            }

            yield return new KallsymsListing(running, isRunning: true, null, _sources.IsModule);
        }
    }

    private ElfListing Listing(KernelObject file, string? module)
    {
        return new ElfListing(file, module, _sources.Files.KaslrOffset, _sources.WithPlaces && file.HasDebugInfo ? Place : null);

        SourceFrame? Place(ElfSymbol symbol, string name)
        {
            // gcc leaves the NOPs of -fpatchable-function-entry out of a function's debug information (see BasePath).
            const ulong EntryPadding = 8;
            bool mayBePadded = file.Elf.Machine is ElfMachine.AArch64 or ElfMachine.RiscV && symbol.Size > EntryPadding;
            return FrameAt(file, symbol.Address, name) ?? (mayBePadded ? FrameAt(file, symbol.Address + EntryPadding, name) : null);
        }
    }

    /// <summary>The function itself, not what was inlined at its start.</summary>
    private SourceFrame? FrameAt(KernelObject file, ulong address, string name) => _symbolizer.FramesAt(file, address, name) is [.., var outer] ? outer : null;

    private KallsymsTable? Read(string path)
    {
        try
        {
            return KallsymsTable.Read(path);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException)
        {
            (string id, string action) = unusable switch
            {
                FileNotFoundException or DirectoryNotFoundException when path == SymbolSources.RunningKernel =>
                    ("SymbolFileNotFound", "Name a vmlinux with -Vmlinux: this kernel lists no symbols of its own (CONFIG_KALLSYMS)."),
                FileNotFoundException or DirectoryNotFoundException => ("SymbolFileNotFound", "Check the name and the current directory."),
                BinaryFormatException => ("SymbolFileUnusable", "Name a file whose lines are ADDRESS TYPE NAME; Debian keeps the real System.map in the -dbg package."),
                _ => ("SymbolFileUnusable", "Run PowerShell as a user who may read it."),
            };
            IsComplete = false;
            _report(new Diagnostic(DiagnosticSeverity.Error, id, $"The symbols of {path} cannot be read: {unusable.Message.TrimEnd('.')}.", action, path));
            return null;
        }
    }

    private void ReportSearch(Diagnostic diagnostic)
    {
        switch (diagnostic.Id)
        {
            // Modules are looked for beside the vmlinux too; where none was asked for, none is missed.
            case "VmlinuxNotFound" when !_sources.NamesKernel:
            // Names need no debug information.
            case "ModuleWithoutDebugInfo" when !_sources.WithPlaces:
                break;
            default:
                IsComplete &= diagnostic.Severity == DiagnosticSeverity.Verbose;
                _report(diagnostic);
                break;
        }
    }
}
