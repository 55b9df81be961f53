using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Decoding;

/// <summary>Places that are typed or piped in one by one, to source frames; what scripts/faddr2line does for one file.</summary>
public sealed class AddressResolver : IDisposable
{
    private readonly KernelSymbolizer _symbolizer;
    private readonly SourceFiles? _sources;
    private readonly Action<Diagnostic> _report;
    private bool _isModule;
    private bool _meansRunning;

    /// <summary>Opens the vmlinux if one is named.</summary>
    /// <param name="options">Where files come from.</param>
    /// <param name="listsSource">True to read the source lines around each frame.</param>
    /// <param name="sourcePath">The directory of the source; null for where the build had it.</param>
    /// <param name="report">Takes what was tried, warnings and errors.</param>
    /// <exception cref="IOException">The vmlinux named cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="IO.BinaryFormatException">It is not ELF, or damaged.</exception>
    public AddressResolver(SymbolizerOptions options, bool listsSource, string? sourcePath, Action<Diagnostic> report)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(report);
        _report = report;
        _symbolizer = new KernelSymbolizer(options, Report);
        _meansRunning = options is { Vmlinux: null, Release: null, ModulePaths.Count: 0 };
        _sources = listsSource ? new SourceFiles(sourcePath) : null;
    }

    /// <summary>
    /// The places a text names: one as it is typed (<see cref="AddressText"/>), or all of a line of a log; none where it names no place.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="isReturnAddress">True to look at the call before what is typed.</param>
    /// <param name="isExact">True to look at the very address of what a line of a log says is a return address.</param>
    public IReadOnlyList<SymbolLocation> Resolve(string text, bool isReturnAddress, bool isExact)
    {
        ArgumentNullException.ThrowIfNull(text);
        return AddressText.TryParse(text, out SymbolReference typed)
            ? [ResolveTyped(typed, isReturnAddress)]
            : [.. SymbolReferenceScanner.Scan(PrintkLineParser.Parse(text, 1)).Select(reference => Resolve(reference, isExact || IsExact(reference)))];
    }

    /// <summary>Resolves a place that is of no log.</summary>
    /// <param name="typed">The place.</param>
    /// <param name="isReturnAddress">True to look at the call before it.</param>
    public SymbolLocation ResolveTyped(SymbolReference typed, bool isReturnAddress)
    {
        ArgumentNullException.ThrowIfNull(typed);
        if (_meansRunning)
        {
            // Who types a name and no file means the kernel he runs. What comes from a log may be of any.
            _meansRunning = false;
            WantedBuild? running = RunningKernel.Identity("");
            _symbolizer.TellLogKernel(running?.Release, null, running?.BuildId);
        }

        // The kernel prints name+size/size of a return address alone (%pB, of a call that does not return): the next function is not meant.
        isReturnAddress |= typed is { Offset: > 0, Size: not null } && typed.Offset == typed.Size;
        // Each is a question of its own: a size that fits no symbol says nothing of the next one's file.
        _symbolizer.ForgetAgreements();
        return Resolve(typed with { Role = isReturnAddress ? LocationRole.ReturnAddress : LocationRole.InstructionPointer }, isExact: !isReturnAddress);
    }

    /// <summary>Resolves a reference of a log.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="isExact">True where the address itself is meant, false for a return address.</param>
    public SymbolLocation Resolve(SymbolReference reference, bool isExact)
    {
        ArgumentNullException.ThrowIfNull(reference);
        _isModule = reference.Module is not null;
        SymbolLocation location = _symbolizer.Resolve(reference, isExact);
        if (location.Reason is { Kind: UnresolvedKind.UnknownKaslrOffset })
        {
            location = location with
            {
                Reason = new(UnresolvedKind.UnknownKaslrOffset, "an address without a name, and the kernel's load offset is not given (-KaslrOffset; 0 for a link-time address)"),
            };
        }

        return _sources is null || location.Frames.Count == 0 ? location : location with { Source = [.. location.Frames.Select(_sources.Around)] };
    }

    /// <summary>True where a reference of a log means the very address.</summary>
    public static bool IsExact(SymbolReference reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return reference.Role == LocationRole.InstructionPointer;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => _symbolizer.Dispose();

    /// <summary>A module is looked for beside the vmlinux too; its place does not want for one.</summary>
    private void Report(Diagnostic diagnostic)
    {
        if (!_isModule || diagnostic.Id != "VmlinuxNotFound")
        {
            _report(diagnostic);
        }
    }
}
