using System.Collections;
using KernelDebug.Formatting;
using KernelDebug.Records;

namespace KernelDebug.Tracing;

/// <summary>One frame of a stack of the running kernel, or of a process.</summary>
public sealed class TraceStackFrame
{
    internal TraceStackFrame(ulong address, SymbolLocation location)
    {
        Address = address;
        Location = location;
    }

    /// <summary>The runtime address: where the function called returns to, or the instruction itself where that is known.</summary>
    public ulong Address { get; }

    /// <summary>What is known of it.</summary>
    public SymbolLocation Location { get; }

    /// <summary>The function; null where unknown.</summary>
    public string? Symbol => Location.Symbol;

    /// <summary>Bytes from the function's start.</summary>
    public ulong? Offset => Location.Offset;

    /// <summary>Bytes from the function to the next symbol; null where unknown.</summary>
    public ulong? Size => Location.Size;

    /// <summary>The module; null for the kernel proper. Of user space the program or library, by its file's name.</summary>
    public string? Module => Location.Module;

    /// <summary>The source frames, innermost first: what is inlined there, and the function itself last. Empty where no debug file is at hand.</summary>
    public IReadOnlyList<SourceFrame> Frames => Location.Frames;

    /// <summary>The innermost source file; null where unknown.</summary>
    public string? File => Location.File;

    /// <summary>The innermost 1-based line; null where unknown.</summary>
    public int? Line => Location.Line;

    /// <summary>Why the function or its source place is not known; null where both are.</summary>
    public UnresolvedReason? Reason => Location.Reason;

    /// <summary>The functions here, outermost first: the function itself, then what is inlined there; one of a module has <c> [module]</c> behind it, an unknown one is its address.</summary>
    public IEnumerable<string> FunctionNames()
    {
        string suffix = Module is null ? "" : $" [{Module}]";
        return Frames.Count == 0
            ? [(Symbol ?? $"0x{Address:x}") + suffix]
            : Frames.Reverse().Select((frame, place) => ((place == 0 ? Symbol : frame.Function) ?? "?") + suffix);
    }

    /// <summary><c>function+0x12/0x40 file.c:123 [module]</c>, or the address and why it is unknown.</summary>
    public override string ToString() => TraceStackFormatter.Line(Location);
}

/// <summary>
/// A stack of the running kernel, or of a process, innermost frame first. What its addresses are is found out when it is first looked at, since of most
/// events nobody looks.
/// </summary>
public sealed class TraceStack : IReadOnlyList<TraceStackFrame>
{
    private readonly ulong[] _addresses;
    private readonly Func<int, TraceStackFrame> _find;
    private TraceStackFrame[]? _frames;

    /// <summary>Makes a stack; nothing is looked up.</summary>
    /// <param name="addresses">Runtime addresses, innermost first; they must not change.</param>
    /// <param name="isTruncated">True where frames further out are missing.</param>
    /// <param name="isFirstExact">True where the first address is the instruction itself (of a kprobe's registers); false where it is a return address as the others.</param>
    /// <param name="symbols">What the addresses are; null for the running kernel with the files of the usual places.</param>
    public TraceStack(ulong[] addresses, bool isTruncated = false, bool isFirstExact = false, StackSymbols? symbols = null)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        _addresses = addresses;
        IsTruncated = isTruncated;
        _find = place => (symbols ?? StackSymbols.OfRunningKernel).Find(addresses[place], place == 0 && isFirstExact);
    }

    /// <summary>Makes a stack of another kind of addresses; nothing is looked up.</summary>
    /// <param name="addresses">The addresses, innermost first; they must not change.</param>
    /// <param name="isTruncated">True where frames further out are missing.</param>
    /// <param name="find">Looks a frame up, by its place.</param>
    internal TraceStack(ulong[] addresses, bool isTruncated, Func<int, TraceStackFrame> find)
    {
        _addresses = addresses;
        IsTruncated = isTruncated;
        _find = find;
    }

    /// <summary>The runtime addresses, innermost first.</summary>
    public IReadOnlyList<ulong> Addresses => _addresses;

    /// <summary>True where the depth that was recorded is reached, so that frames further out may be missing.</summary>
    public bool IsTruncated { get; }

    /// <summary>Number of frames.</summary>
    public int Count => _addresses.Length;

    /// <summary>A frame; 0 is the innermost.</summary>
    public TraceStackFrame this[int index] => Frames[index];

    private TraceStackFrame[] Frames => _frames ??= [.. Enumerable.Range(0, Count).Select(_find)];

    /// <summary>The functions, outermost first, inlined ones as frames of their own, as a flame graph has them.</summary>
    public IEnumerable<string> FunctionNames() => Frames.Reverse().SelectMany(frame => frame.FunctionNames());

    /// <inheritdoc/>
    public IEnumerator<TraceStackFrame> GetEnumerator() => ((IEnumerable<TraceStackFrame>)Frames).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A frame a line, inlined callers on lines of their own.</summary>
    public override string ToString() => TraceStackFormatter.Lines(Frames.Select(frame => frame.Location), IsTruncated ? Count : null);
}
