using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>
/// From what a log says of a place to the source frames there. An answer that is not certain is none: the location says why.
/// </summary>
public sealed class KernelSymbolizer : IDisposable
{
    /// <summary>Addresses of a file whose frames are kept: a log repeats a few hundred; one made to harm has no end.</summary>
    private const int MaxKnownAddresses = 1 << 16;

    private readonly SymbolizerOptions _options;
    private readonly Action<Diagnostic> _report;
    private readonly KernelFiles _files;
    private readonly Dictionary<string, FileAgreement> _agreements = [];
    private readonly Dictionary<KernelObject, Dictionary<ulong, Looked>> _known = [];
    private BasePath? _basePath;
    private ulong? _kaslrOffset;

    /// <summary>Opens the vmlinux if one is named; all else is opened when first needed.</summary>
    /// <param name="options">What the user says about files.</param>
    /// <param name="report">Takes what was tried, warnings and errors.</param>
    /// <exception cref="IOException">The vmlinux named cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">It is not ELF, or damaged.</exception>
    public KernelSymbolizer(SymbolizerOptions options, Action<Diagnostic> report)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(report);
        _options = options;
        _report = report;
        _files = new KernelFiles(options, report);
        _basePath = options.BasePath is null ? null : new BasePath(options.BasePath);
        _kaslrOffset = options.KaslrOffset;
    }

    /// <summary>True while nothing named a vmlinux and the log has not said its release: look-ups had better wait for it.</summary>
    public bool IsWaitingForRelease => _files.IsWaitingForRelease;

    /// <summary>The vmlinux in use; null where there is none.</summary>
    public KernelObject? Vmlinux => _files.Vmlinux.Object;

    /// <summary>A module's file; null where none was found, which was reported.</summary>
    public KernelObject? Module(string name) => _files.Module(name, null).Object;

    /// <summary>Takes the release, the version (<c>#1  Debian 6.1.192-2</c>) and the build-id a line of the log states.</summary>
    public void TellLogKernel(string? release, string? version, string? buildId)
    {
        if (_files.TellLogKernel(release, version, buildId))
        {
            _known.Clear();
            _basePath = _options.BasePath is null ? null : new BasePath(_options.BasePath);
        }
    }

    /// <summary>Takes the log's <c>Kernel Offset</c>, in bytes; null where another boot begins, whose offset is not known.</summary>
    public void TellKaslrOffset(ulong? offset) => _kaslrOffset = _options.KaslrOffset ?? offset;

    /// <summary>Resolves one reference.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="isExact">True where the address itself is meant, false for a return address.</param>
    public SymbolLocation Resolve(SymbolReference reference, bool isExact)
    {
        ArgumentNullException.ThrowIfNull(reference);
        isExact = isExact || _options.DecodeReturnAddress || reference.Offset == 0;
        var location = new SymbolLocation
        {
            Reference = reference,
            Symbol = reference.Symbol,
            Offset = reference.Offset,
            Size = reference.Size,
            BuildId = reference.BuildId,
            IsExact = isExact,
        };
        if (reference.IsUserSpace)
        {
            return location with { Reason = new(UnresolvedKind.UserSpace, "an address of user space") };
        }

        if (reference.MayBeCut)
        {
            return location with { Reason = new(UnresolvedKind.CutLine, "the line ends in the offset, which may lack digits") };
        }

        if (reference is { Symbol: null, Module: { } owner })
        {
            return location with { Reason = new(UnresolvedKind.OutsideKernelImage, $"a bare address of {owner}, and the log does not tell where that module was loaded") };
        }

        try
        {
            FileAnswer answer = AnswerFor(reference);
            if (answer.Object is not { } file)
            {
                return location with { Reason = answer.Reason };
            }

            location = location with { BuildId = reference.BuildId ?? file.BuildId };
            return reference.Symbol is { } symbol && reference.Offset is { } offset
                ? ResolveSymbol(file, location, symbol, offset)
                : ResolveAddress(file, location, reference.Address ?? 0);
        }
        catch (Exception damaged) when (damaged is BinaryFormatException or DllNotFoundException)
        {
            return location with { Reason = new(UnresolvedKind.MalformedFile, damaged.Message) };
        }
    }

    /// <summary>The source frames at an address of a file, as <see cref="Resolve"/> makes them, for disassembly.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public IReadOnlyList<SourceFrame> FramesAt(KernelObject file, ulong address, string? symbol) => Look(file, address, symbol).Frames;

    /// <summary>The file a location was resolved in; null where it was not.</summary>
    public KernelObject? FileOf(SymbolLocation location)
    {
        ArgumentNullException.ThrowIfNull(location);
        return location.Candidates.Count > 0 ? AnswerFor(location.Reference).Object : null;
    }

    /// <summary>The file a reference is looked up in; null where there is none.</summary>
    internal KernelObject? FileOf(SymbolReference reference) => AnswerFor(reference).Object;

    /// <summary>
    /// Looks for proof that a file is another build's in all that a report says, before any of it is resolved: a name whose size
    /// differs makes every answer from that file a guess.
    /// </summary>
    public void Check(IEnumerable<SymbolReference> references)
    {
        ArgumentNullException.ThrowIfNull(references);
        foreach (SymbolReference reference in references)
        {
            if (reference is not { Symbol: { } symbol, Offset: { } offset, IsUserSpace: false })
            {
                continue;
            }

            try
            {
                if (AnswerFor(reference).Object is not { } file)
                {
                    continue;
                }

                SymbolMatch match = SymbolMatcher.Match(file.Elf, symbol, offset, reference.Size);
                if (match.Outcome == MatchOutcome.SizeMismatch)
                {
                    AgreementOf(file).Note(reference, OtherSize(file, symbol, match.OtherSize, reference.Size));
                }
            }
            catch (Exception damaged) when (damaged is BinaryFormatException or DllNotFoundException)
            {
                // Resolve says so of each place in that file.
            }
        }
    }

    /// <summary>Reports, once, the files whose symbols have other sizes than the log states. Call at the log's end.</summary>
    public void ReportDisagreements()
    {
        foreach ((string path, FileAgreement agreement) in _agreements)
        {
            if (agreement.OfOtherSize > 0)
            {
                _report(new Diagnostic(
                    DiagnosticSeverity.Warning,
                    "SymbolSizeMismatch",
                    $"{agreement.OfOtherSize + agreement.Missing} of {agreement.Asked} names in the log do not fit {path}: it is not the one that crashed.",
                    "Find the file of the build that crashed; "
                        + (agreement.Proof is null ? "names that do not fit stay undecoded." : "from this one nothing more is decoded, unless with -Force."),
                    path));
            }
            else if (agreement.Missing > 0)
            {
                // No proof of another build: code made at run time, a BPF program's, has a name and is in no file.
                _report(new Diagnostic(
                    DiagnosticSeverity.Warning,
                    "SymbolNotFound",
                    $"{agreement.Missing} of {agreement.Asked} names in the log are not in {path}: "
                        + (agreement.IsOfPartial ? "it is a bundle of the functions of other logs." : "code made at run time, or another build."),
                    agreement.IsOfPartial ? "Name the vmlinux, or export a bundle with the functions of this log." : null,
                    path));
            }
        }

        _agreements.Clear();
    }

    /// <summary>Forgets how far files fit what was asked so far, where what is asked next is not of the same log.</summary>
    public void ForgetAgreements() => _agreements.Clear();

    /// <summary>Closes the files.</summary>
    public void Dispose() => _files.Dispose();

    private SymbolLocation ResolveSymbol(KernelObject file, SymbolLocation location, string symbol, ulong offset)
    {
        SymbolMatch match = SymbolMatcher.Match(file.Elf, symbol, offset, location.Size);
        FileAgreement agreement = Count(file, match.Outcome);
        switch (match.Outcome)
        {
            case MatchOutcome.NoSuchSymbol:
                return location with { Reason = new(UnresolvedKind.NoSuchSymbol, $"{file.Path} has {(file.Symbols.IsPartial ? "some functions only, not" : "no function")} {symbol}") };
            case MatchOutcome.SizeMismatch:
                UnresolvedReason proof = OtherSize(file, symbol, match.OtherSize, location.Size);
                agreement.Note(location.Reference, proof);
                return location with { Reason = proof };
            case MatchOutcome.OffsetOutOfRange:
                return location with { Reason = new(UnresolvedKind.OffsetOutOfRange, $"{symbol} has 0x{match.OtherSize:x} bytes, fewer than the offset 0x{offset:x}") };
            default:
                break;
        }

        if (agreement.Proof is { } why && !_options.Force)
        {
            return location with { Reason = new(UnresolvedKind.BuildIdMismatch, $"{file.Path} is not the file that crashed: {why}") };
        }

        if (!location.IsReliable && location.Size == offset && offset > 0)
        {
            return location with { Reason = NotAReturnAddress(symbol) };
        }

        if (location.Reference.Role == LocationRole.LinkRegister && offset == 0)
        {
            // arm and arm64 print a saved link register by the function it points at: behind a call that never returns, the next one.
            return location with
            {
                Reason = new(UnresolvedKind.NotAReturnAddress, $"the address is {symbol}'s start: behind a call at the end of the function before it, which is not told"),
            };
        }

        var candidates = new List<SymbolCandidate>(match.Symbols.Length);
        UnresolvedReason? reason = null;
        foreach (ElfSymbol found in match.Symbols)
        {
            ulong address = found.Address + offset - (location.IsExact ? 0u : 1u);
            string name = file.Symbols.NameOf(found);
            Looked looked = Look(file, address, name);
            reason ??= looked.Reason;
            candidates.Add(new SymbolCandidate(name, address, file.Path, looked.Frames));
        }

        ulong size = location.Size ?? SymbolMatcher.SizeOf(file.Elf, match.Symbols[0]);
        return Conclude(location with { Size = size }, candidates, reason);
    }

    private SymbolLocation ResolveAddress(KernelObject file, SymbolLocation location, ulong address)
    {
        // The first page is never mapped (vm.mmap_min_addr): a jump to it is a call through a null pointer, or a member of one.
        const ulong FirstPage = 0x1000;
        if (address < FirstPage)
        {
            return location with
            {
                Reason = new(UnresolvedKind.OutsideKernelImage, "no code: a call through a null function pointer; the first caller below made it"),
            };
        }

        if (_kaslrOffset is not { } kaslr)
        {
            return location with
            {
                Reason = new(UnresolvedKind.UnknownKaslrOffset, "a bare address, and the log has not told the kernel's load offset (Kernel Offset: 0x...)"),
            };
        }

        ulong linked = unchecked(address - kaslr);
        // A return address belongs to the function of the call before it, as the kernel's own %pB has it.
        ulong lookedUp = location.IsExact ? linked : unchecked(linked - 1);
        ElfSymbol[] symbols = file.Elf.FindCodeSection(lookedUp) is null ? [] : file.Symbols.ByAddress.At(lookedUp);
        if (symbols.Length == 0)
        {
            return location with { Reason = new(UnresolvedKind.OutsideKernelImage, $"0x{address:x} lies outside the {(file.Symbols.IsPartial ? "functions" : "code")} of {file.Path}") };
        }

        ElfSymbol symbol = symbols[0];
        string name = file.Symbols.NameOf(symbol);
        if (!location.IsReliable && !location.IsExact && file.Symbols.ByAddress.NextAfter(symbol.Address) == linked)
        {
            return location with { Reason = NotAReturnAddress(name) };
        }

        Looked looked = Look(file, lookedUp, name);
        return Conclude(
            location with { Symbol = name, Offset = linked - symbol.Address, Size = SymbolMatcher.SizeOf(file.Elf, symbol) },
            [new SymbolCandidate(name, lookedUp, file.Path, looked.Frames)],
            looked.Reason);
    }

    private static UnresolvedReason NotAReturnAddress(string symbol) =>
        new(UnresolvedKind.NotAReturnAddress, $"the address is {symbol}'s end: a pointer to the next function rather than a return address");

    /// <summary>One answer where every candidate says the same; all of them, and none chosen, where they differ.</summary>
    private static SymbolLocation Conclude(SymbolLocation location, List<SymbolCandidate> candidates, UnresolvedReason? reason)
    {
        bool agree = candidates.TrueForAll(c => c.Frames.SequenceEqual(candidates[0].Frames));
        return agree
            ? location with { Frames = candidates[0].Frames, Candidates = candidates, Reason = reason }
            : location with
            {
                Candidates = candidates,
                IsAmbiguous = true,
                Reason = new(UnresolvedKind.Ambiguous, $"{candidates.Count} functions named {location.Symbol} fit: {string.Join(", ", candidates.Select(Place))}"),
            };
    }

    private static string Place(SymbolCandidate candidate) =>
        candidate.Frames.Count > 0 ? candidate.Frames[^1].Place : $"0x{candidate.LinkAddress:x}";

    private Looked Look(KernelObject file, ulong address, string? symbol)
    {
        if (!_known.TryGetValue(file, out Dictionary<ulong, Looked>? ofFile))
        {
            _known[file] = ofFile = [];
        }

        if (!ofFile.TryGetValue(address, out Looked? known))
        {
            if (ofFile.Count >= MaxKnownAddresses)
            {
                ofFile.Clear();
            }

            ofFile[address] = known = LookAnew(file, address, symbol);
        }

        return known;
    }

    private Looked LookAnew(KernelObject file, ulong address, string? symbol)
    {
        if (!file.HasDebugInfo)
        {
            return new Looked([], new(UnresolvedKind.NoDebugInfo, $"{file.Path} has no debug information"));
        }

        CodeLookup found = file.Find(address);
        if (found.Frames.Count == 0)
        {
            return new Looked([], new(UnresolvedKind.NotCovered, $"the debug information of {file.Path} does not cover {symbol ?? $"0x{address:x}"}"));
        }

        BasePath strip = _basePath ??= Vmlinux is { HasDebugInfo: true } vmlinux ? BasePath.Auto(vmlinux) : new BasePath(null);
        return new Looked(SourceFrames.Of(found, strip, symbol), SourceFrames.Lack(found));
    }

    private FileAnswer AnswerFor(SymbolReference reference) =>
        reference.Module is { } module ? _files.Module(module, reference.BuildId) : _files.Vmlinux;

    private static UnresolvedReason OtherSize(KernelObject file, string symbol, ulong? own, ulong? logs) =>
        new(UnresolvedKind.SizeMismatch, $"{symbol} has 0x{own:x} bytes in {file.Path}, 0x{logs:x} in the log: another build");

    private FileAgreement Count(KernelObject file, MatchOutcome outcome)
    {
        FileAgreement agreement = AgreementOf(file);
        agreement.Asked++;
        agreement.OfOtherSize += outcome == MatchOutcome.SizeMismatch ? 1 : 0;
        agreement.Missing += outcome == MatchOutcome.NoSuchSymbol ? 1 : 0;
        return agreement;
    }

    private FileAgreement AgreementOf(KernelObject file)
    {
        if (!_agreements.TryGetValue(file.Path, out FileAgreement? agreement))
        {
            _agreements[file.Path] = agreement = new FileAgreement(file.Symbols.IsPartial);
        }

        return agreement;
    }

    /// <summary>The frames at an address, or why there are none.</summary>
    private sealed record Looked(IReadOnlyList<SourceFrame> Frames, UnresolvedReason? Reason);
}
