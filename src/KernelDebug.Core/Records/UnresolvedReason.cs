namespace KernelDebug.Records;

/// <summary>Why a location has no source place. An unknown is a value, never an exception.</summary>
public enum UnresolvedKind
{
    /// <summary>No vmlinux was given or found.</summary>
    NoVmlinux,
    /// <summary>No file of the module was given or found.</summary>
    NoModuleFile,
    /// <summary>The file was found, and is of another build than the one that crashed.</summary>
    BuildIdMismatch,
    /// <summary>The file has no symbol of this name.</summary>
    NoSuchSymbol,
    /// <summary>Symbols of this name exist; none has the size the log states: another build.</summary>
    SizeMismatch,
    /// <summary>The offset lies beyond the symbol's end.</summary>
    OffsetOutOfRange,
    /// <summary>The offset equals the size: most likely a pointer to the next function, not a return address.</summary>
    NotAReturnAddress,
    /// <summary>Several symbols of one name and size remain; each is in <see cref="SymbolLocation.Candidates"/>.</summary>
    Ambiguous,
    /// <summary>The line ends inside the reference: its offset may lack digits.</summary>
    CutLine,
    /// <summary>The file has no debug information (<c>.debug_info</c>, <c>.debug_line</c>).</summary>
    NoDebugInfo,
    /// <summary>The unit is a skeleton whose debug information is in a <c>.dwo</c> file.</summary>
    SplitDwarf,
    /// <summary>The debug information covers this address with no unit or line.</summary>
    NotCovered,
    /// <summary>A bare address, and the kernel's load offset (KASLR) is not known.</summary>
    UnknownKaslrOffset,
    /// <summary>A bare address outside the kernel's image: a module's, the stack's or a bad pointer.</summary>
    OutsideKernelImage,
    /// <summary>An address of user space, which no kernel file describes.</summary>
    UserSpace,
    /// <summary>The running kernel's list of symbols cannot be read, or hides its addresses from this user.</summary>
    HiddenSymbols,
    /// <summary>The file could not be read; the message has the reader's own words.</summary>
    MalformedFile,
}

/// <summary>Why there is no answer, as a kind to test for and a sentence to read.</summary>
/// <param name="Kind">The stable kind.</param>
/// <param name="Message">One sentence with names and numbers, and the next step where there is one.</param>
public sealed record UnresolvedReason(UnresolvedKind Kind, string Message)
{
    /// <summary>The sentence.</summary>
    public override string ToString() => Message;
}
