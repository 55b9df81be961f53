using KernelDebug.Disassembly;
using KernelDebug.Formatting;
using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Decoding;

/// <summary>
/// A log, line by line: each comes out decoded as soon as it is in. Only where no vmlinux is named and the log has not yet told its
/// release (a WARNING names a function before the line that has the release) a line waits, for a bounded number of others.
/// </summary>
public sealed class LogDecoder : IDisposable
{
    /// <summary>Lines that wait for the release at most; the kernel prints it within the first few of a report.</summary>
    private const int MaxWaiting = 40;

    private readonly DecodeOptions _options;
    private readonly KernelSymbolizer _symbolizer;
    private readonly List<PrintkLine> _waiting = [];
    private SymbolReference? _pointer;
    private SymbolLocation? _stop;
    private CodeBytes? _shownCode;
    private bool _isFirstFrame;
    private bool _isUserSpace;
    private bool _is32Bit;
    private int _lineNumber;

    /// <summary>Opens the vmlinux if one is named.</summary>
    /// <param name="options">How to decode.</param>
    /// <param name="report">Takes what was tried, warnings and errors.</param>
    /// <exception cref="IOException">The vmlinux named cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="IO.BinaryFormatException">It is not ELF, or damaged.</exception>
    public LogDecoder(DecodeOptions options, Action<Diagnostic> report)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _symbolizer = new KernelSymbolizer(options.Symbols, report);
    }

    /// <summary>True where a vmlinux is named or found.</summary>
    public bool HasVmlinux => _symbolizer.Vmlinux is not null;

    /// <summary>What resolves the log's places.</summary>
    internal KernelSymbolizer Symbolizer => _symbolizer;

    /// <summary>Takes the next line of the log, without its line end; the lines that are decoded by now, in their order.</summary>
    public IReadOnlyList<DecodedLine> Add(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        PrintkLine parsed = PrintkLineParser.Parse(line, ++_lineNumber);
        KernelFacts facts = KernelFacts.Read(parsed);
        if (facts.IsBoot)
        {
            _symbolizer.TellKaslrOffset(null);
        }

        TellFacts(facts);
        if (_waiting.Count > 0)
        {
            _waiting.Add(parsed);
            return _symbolizer.IsWaitingForRelease && _waiting.Count <= MaxWaiting ? [] : Release();
        }

        IReadOnlyList<SymbolReference> references = SymbolReferenceScanner.Scan(parsed);
        if (_symbolizer.IsWaitingForRelease && references.Any(r => !r.IsUserSpace))
        {
            _waiting.Add(parsed);
            return [];
        }

        return [Decode(parsed, references)];
    }

    /// <summary>The log is at its end: the lines that still waited.</summary>
    public IReadOnlyList<DecodedLine> Complete()
    {
        IReadOnlyList<DecodedLine> rest = Release();
        _symbolizer.ReportDisagreements();
        return rest;
    }

    /// <summary>Decodes a report: the same trace with frames in its call trace and instruction pointer.</summary>
    public PanicTrace Decode(PanicTrace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        TellFacts(new KernelFacts(trace.KernelRelease, trace.KernelVersion, trace.KernelBuildId, null));
        // Each boot has an offset of its own; another report's is not this one's.
        _symbolizer.TellKaslrOffset(trace.KaslrOffset);
        SymbolReference? pointer = trace.InstructionPointer?.Location.Reference;
        _symbolizer.Check([.. trace.CallTrace.Concat(trace.Stacks.SelectMany(s => s.Frames)).Select(frame => frame.Location.Reference), .. pointer is null ? [] : new[] { pointer }]);
        // The call trace is one of the stacks, and the guilty frame one of the frames: each is resolved once, and stays the same object.
        var decoded = new Dictionary<TraceFrame, TraceFrame>(ReferenceEqualityComparer.Instance);
        TraceFrame Decode(TraceFrame frame, bool isExact)
        {
            if (!decoded.TryGetValue(frame, out TraceFrame? known))
            {
                decoded[frame] = known = frame with { Location = _symbolizer.Resolve(frame.Location.Reference, isExact) };
            }

            return known;
        }

        TraceFrame[] DecodeAll(IReadOnlyList<TraceFrame> frames, SymbolReference? stopped) => frames.Select((frame, i) =>
            Decode(frame, frame.Location.Reference.Role == LocationRole.InstructionPointer || (i == 0 && IsSamePlace(frame.Location.Reference, stopped)))).ToArray();
        TraceFrame? stop = trace.InstructionPointer is { } stoppedAt ? Decode(stoppedAt, isExact: true) : null;
        TraceFrame[] callTrace = DecodeAll(trace.CallTrace, pointer);
        var stacks = trace.Stacks.Select(stack => stack with
        {
            Frames = ReferenceEquals(stack.Frames, trace.CallTrace) ? callTrace : DecodeAll(stack.Frames, stack.InstructionPointer?.Location.Reference),
            InstructionPointer = stack.InstructionPointer is null ? null : Decode(stack.InstructionPointer, isExact: true),
        }).ToArray();
        PanicTrace resolved = trace with
        {
            CallTrace = callTrace,
            Stacks = stacks,
            InstructionPointer = stop,
            GuiltyFrame = trace.GuiltyFrame is { } guilty ? Decode(guilty, guilty.Location.Reference.Role == LocationRole.InstructionPointer) : null,
            Member = FaultMember.Infer(_symbolizer, trace, stop, callTrace),
        };
        return resolved with
        {
            RegisterNotes = RegisterNames.Of(resolved, _symbolizer.Vmlinux, _options.Symbols.KaslrOffset ?? trace.KaslrOffset),
            Disassembly = trace.Code is { UnavailableReason: null } code
                ? Disassemble(code, stop?.Location, trace.Registers.ContainsKey("EAX"))
                : null,
        };
    }

    /// <summary>Reports, once, the files whose symbols do not fit the log.</summary>
    public void ReportDisagreements() => _symbolizer.ReportDisagreements();

    /// <summary>Closes the files.</summary>
    public void Dispose() => _symbolizer.Dispose();

    private DecodedLine[] Release()
    {
        var lines = new DecodedLine[_waiting.Count];
        for (int i = 0; i < lines.Length; i++)
        {
            lines[i] = Decode(_waiting[i], SymbolReferenceScanner.Scan(_waiting[i]));
        }

        _waiting.Clear();
        return lines;
    }

    private DecodedLine Decode(PrintkLine line, IReadOnlyList<SymbolReference> references)
    {
        if (KernelFacts.Read(line).Release is not null)
        {
            // The head of a report: what stopped in the one before it is no longer meant.
            _pointer = null;
            _stop = null;
        }

        // Only i386 names its instruction pointer so; 32-bit code under x86-64 is shown with RIP.
        _is32Bit = line.CleanMessage.Contains("EIP: ", StringComparison.Ordinal) || (_is32Bit && !line.CleanMessage.Contains("RIP: ", StringComparison.Ordinal));
        var locations = new SymbolLocation[references.Count];
        for (int i = 0; i < locations.Length; i++)
        {
            locations[i] = _symbolizer.Resolve(references[i], IsExact(references[i]));
            if (references[i].Role == LocationRole.InstructionPointer && !references[i].IsUserSpace)
            {
                _stop = locations[i];
            }
        }

        CodeDisassembly? disassembly = null;
        if (CodeLineParser.TryParse(line, _isUserSpace, out CodeBytes code))
        {
            // Each Code: line follows a pointer of its own. Where that one was lost, an earlier report's is not its place.
            disassembly = Disassemble(code, _stop, _is32Bit);
            _stop = null;
        }

        int? repeats = null;
        if (disassembly is { UnavailableReason: null })
        {
            // die() prints the registers and the code once more when the trace is over.
            repeats = _shownCode?.RawText == code.RawText ? _shownCode.LineNumber : null;
            _shownCode = repeats is null && !code.IsUserSpace ? code : _shownCode;
        }

        return new DecodedLine
        {
            LineNumber = line.LineNumber,
            RawText = line.RawText,
            Text = DecodedLineFormatter.Format(line, locations, disassembly, _options.Layout, repeats),
            Disassembly = disassembly,
            Locations = locations,
        };
    }

    /// <summary>
    /// An instruction pointer is exact; so is a trace's first frame that repeats it, which the unwinder took from the saved registers.
    /// </summary>
    private bool IsExact(SymbolReference reference)
    {
        if (reference.Role == LocationRole.InstructionPointer)
        {
            _isUserSpace = reference.IsUserSpace;
            _pointer = reference.IsUserSpace ? null : reference;
            _isFirstFrame = true;
            return true;
        }

        if (reference.Role == LocationRole.LinkRegister)
        {
            // arm64 prints it between the pointer and the trace: no frame.
            return false;
        }

        bool isExact = _isFirstFrame && IsSamePlace(reference, _pointer);
        _isFirstFrame = false;
        return isExact;
    }

    private CodeDisassembly Disassemble(CodeBytes code, SymbolLocation? stop, bool is32Bit)
    {
        string machine = code.UnitSize > 1 ? $"a machine of {code.UnitSize}-byte instruction words" : is32Bit ? "i386" : "x86_64";
        CodeDisassembly disassembly = CodeDisassembler.Disassemble(code, machine, _options.Syntax);
        bool wantsFunction = !code.IsUserSpace && code.FaultIndex is not null && _options.Layout == LineLayout.Log;
        return wantsFunction ? disassembly with { Function = FaultFunction.Disassemble(_symbolizer, stop, _options.Syntax) } : disassembly;
    }

    private static bool IsSamePlace(SymbolReference reference, SymbolReference? pointer) => pointer is not null
        && reference.Symbol == pointer.Symbol && reference.Offset == pointer.Offset && reference.Module == pointer.Module
        && (reference.Symbol is not null || reference.Address == pointer.Address);

    private void TellFacts(KernelFacts facts)
    {
        if (facts.Release is not null || facts.BuildId is not null)
        {
            _symbolizer.TellLogKernel(facts.Release, facts.Version, facts.BuildId);
        }

        if (facts.KaslrOffset is { } offset)
        {
            _symbolizer.TellKaslrOffset(offset);
        }
    }
}
