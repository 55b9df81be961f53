namespace KernelDebug.Records;

/// <summary>How an address in a log came to be there, which decides what it points at.</summary>
public enum LocationRole
{
    /// <summary>A return address of a call trace: the instruction meant is the one before it.</summary>
    ReturnAddress,
    /// <summary>The instruction pointer itself (<c>RIP:</c>, <c>pc :</c>, <c>WARNING: ... at</c>): the instruction meant is the one at it.</summary>
    InstructionPointer,
    /// <summary>The link register (<c>lr :</c>, <c>X from Y</c>'s Y): a return address held in a register.</summary>
    LinkRegister,
}

/// <summary>
/// A place the log names, <c>name+offset/size [module build-id]</c> or a bare address, as it stands in the line:
/// text only, nothing looked up.
/// </summary>
public sealed record SymbolReference
{
    /// <summary>0-based column in the raw line where the reference begins (after a segment such as <c>0010:</c>).</summary>
    public required int Start { get; init; }
    /// <summary>Length in UTF-16 units, from the name (or address) to the end of <c>[module]</c>.</summary>
    public required int Length { get; init; }
    /// <summary>The symbol's name with its suffixes (<c>.isra.0</c>, <c>.cold</c>); null for a bare address.</summary>
    public string? Symbol { get; init; }
    /// <summary>Bytes from the symbol's start; null for a bare address.</summary>
    public ulong? Offset { get; init; }
    /// <summary>The symbol's size in bytes as the kernel printed it: to the next symbol; null where the log has none.</summary>
    public ulong? Size { get; init; }
    /// <summary>The runtime address where the log prints one (<c>[&lt;ffffffff81234567&gt;]</c>, <c>0010:0xffff...</c>); null otherwise.</summary>
    public ulong? Address { get; init; }
    /// <summary>The module's name as the log has it; null for the kernel proper.</summary>
    public string? Module { get; init; }
    /// <summary>The build-id the log prints in the brackets (lower-case hex); null where it has none.</summary>
    public string? BuildId { get; init; }
    /// <summary>False for <c>? name+...</c>: the unwinder found the address on the stack and does not vouch for it.</summary>
    public bool IsReliable { get; init; } = true;
    /// <summary>What kind of address this is.</summary>
    public LocationRole Role { get; init; }
    /// <summary>True when the line ends in this reference: its last digits may be lost.</summary>
    public bool EndsLine { get; init; }
    /// <summary>True when the line ends in this reference's offset: the kernel always prints a size, so the offset may be cut too.</summary>
    public bool MayBeCut => EndsLine && Size is null && Symbol is not null;
    /// <summary>True when the segment before the reference is a user-space one (<c>0033:</c>), or the address lies in user space.</summary>
    public bool IsUserSpace { get; init; }
}

/// <summary>One symbol that fits what the log says.</summary>
/// <param name="Symbol">The symbol's name in the file.</param>
/// <param name="LinkAddress">The looked-up address in the file: the link-time address for vmlinux, section base plus offset for a module.</param>
/// <param name="ObjectPath">The file it is in.</param>
/// <param name="Frames">The frames at it, innermost first.</param>
public sealed record SymbolCandidate(string Symbol, ulong LinkAddress, string ObjectPath, IReadOnlyList<SourceFrame> Frames);

/// <summary>A place the log names, with what the debug information says about it.</summary>
public sealed record SymbolLocation
{
    /// <summary>The reference as it stands in the log.</summary>
    public required SymbolReference Reference { get; init; }
    /// <summary>The symbol's name: the log's, or for a bare address the one found.</summary>
    public string? Symbol { get; init; }
    /// <summary>Bytes from the symbol's start.</summary>
    public ulong? Offset { get; init; }
    /// <summary>The symbol's size in bytes.</summary>
    public ulong? Size { get; init; }
    /// <summary>The module; null for the kernel proper.</summary>
    public string? Module => Reference.Module;
    /// <summary>The build-id: the log's where it prints one, else that of the file used.</summary>
    public string? BuildId { get; init; }
    /// <summary>False for a <c>?</c> frame.</summary>
    public bool IsReliable => Reference.IsReliable;
    /// <summary>True when the frames are of the very address; false when of the instruction before it (a return address).</summary>
    public bool IsExact { get; init; }
    /// <summary>True when several symbols fit and their frames differ: <see cref="Candidates"/> has each, <see cref="Frames"/> is empty.</summary>
    public bool IsAmbiguous { get; init; }
    /// <summary>Why there is no answer, or no certain one; null where there is.</summary>
    public UnresolvedReason? Reason { get; init; }
    /// <summary>The frames, innermost first; empty where unresolved or ambiguous.</summary>
    public IReadOnlyList<SourceFrame> Frames { get; init; } = [];
    /// <summary>Every symbol that fits; one where the answer is certain.</summary>
    public IReadOnlyList<SymbolCandidate> Candidates { get; init; } = [];
    /// <summary>The source lines around each frame, where they were asked for; one for each of <see cref="Frames"/>.</summary>
    public IReadOnlyList<SourceExcerpt> Source { get; init; } = [];
    /// <summary>The innermost source file; null where unresolved.</summary>
    public string? File => Frames.Count > 0 ? Frames[0].File : null;
    /// <summary>The innermost 1-based line; null where unresolved.</summary>
    public int? Line => Frames.Count > 0 ? Frames[0].Line : null;
    /// <summary><c>name+0x25/0x30 [module]</c>, or the bare address.</summary>
    public override string ToString() => (Symbol is null ? $"0x{Reference.Address ?? 0:x}" : $"{Symbol}+0x{Offset ?? 0:x}")
        + (Symbol is not null && Size is { } size ? $"/0x{size:x}" : "") + (Module is null ? "" : $" [{Module}]");
}
