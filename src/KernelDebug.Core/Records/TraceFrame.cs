namespace KernelDebug.Records;

/// <summary>One frame of a call trace.</summary>
public sealed record TraceFrame
{
    /// <summary>1-based line number in the log.</summary>
    public required int LineNumber { get; init; }
    /// <summary>The place, with <see cref="SymbolLocation.Frames"/> once decoded.</summary>
    public required SymbolLocation Location { get; init; }
    /// <summary>The stack it was found on.</summary>
    public TraceContext Context { get; init; }
    /// <summary>The symbol.</summary>
    public string? Symbol => Location.Symbol;
    /// <summary>Bytes from the symbol's start.</summary>
    public ulong? Offset => Location.Offset;
    /// <summary>The symbol's size in bytes.</summary>
    public ulong? Size => Location.Size;
    /// <summary>The module; null for the kernel proper.</summary>
    public string? Module => Location.Module;
    /// <summary>The build-id.</summary>
    public string? BuildId => Location.BuildId;
    /// <summary>False for a <c>?</c> frame.</summary>
    public bool IsReliable => Location.IsReliable;
    /// <summary>True when the frame's module is out of tree (<c>(O)</c> in the module list).</summary>
    public bool IsOutOfTree { get; init; }
    /// <summary>The source frames, innermost first, once decoded.</summary>
    public IReadOnlyList<SourceFrame> Frames => Location.Frames;
    /// <summary>Why there are none.</summary>
    public UnresolvedReason? Reason => Location.Reason;
    /// <summary><c>name+0x25/0x30 [module]</c>, with <c>? </c> before it where it is not reliable.</summary>
    public override string ToString() => IsReliable ? Location.ToString() : $"? {Location}";
}
