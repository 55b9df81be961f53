namespace KernelDebug.Records;

/// <summary>What a symbol names.</summary>
public enum SymbolKind
{
    /// <summary>The source does not tell (a <c>W</c> of kallsyms is code or data).</summary>
    Unknown,
    /// <summary>Code.</summary>
    Text,
    /// <summary>Writable data.</summary>
    Data,
    /// <summary>Read-only data.</summary>
    ReadOnlyData,
    /// <summary>Data that begins as zeros (<c>.bss</c>).</summary>
    ZeroedData,
    /// <summary>A number that is no address of the image.</summary>
    Absolute,
}

/// <summary>Who may refer to a symbol (gABI, "Symbol Table": STB_LOCAL, STB_GLOBAL, STB_WEAK).</summary>
public enum SymbolBinding
{
    /// <summary>Its own object file alone.</summary>
    Local,
    /// <summary>Every object file.</summary>
    Global,
    /// <summary>Every object file, unless a global one takes its place.</summary>
    Weak,
}

/// <summary>What an address counts from.</summary>
public enum AddressBase
{
    /// <summary>The address the file was linked at.</summary>
    LinkTime,
    /// <summary>The address in a running kernel.</summary>
    Runtime,
    /// <summary>Bytes from the start of the symbol's section: a module has no addresses before it is loaded.</summary>
    Section,
}

/// <summary>Where a size comes from.</summary>
public enum SymbolSizeSource
{
    /// <summary>There is none.</summary>
    None,
    /// <summary>The symbol table states it (st_size).</summary>
    Declared,
    /// <summary>The distance to the next symbol, which the kernel prints as a size; padding is in it.</summary>
    NextSymbol,
}

/// <summary>A symbol of a kernel or a module.</summary>
public sealed record KernelSymbol
{
    /// <summary>The name in the symbol table.</summary>
    public required string Name { get; init; }
    /// <summary>What a Rust or C++ programmer wrote; null for another name.</summary>
    public string? DemangledName { get; init; }
    /// <summary>Where it begins, counted from <see cref="AddressBase"/>; null where the kernel hides it from this user.</summary>
    public ulong? Address { get; init; }
    /// <summary>What <see cref="Address"/> counts from.</summary>
    public AddressBase AddressBase { get; init; }
    /// <summary>Bytes from the symbol's start to the address that was asked for; null where a name was.</summary>
    public ulong? Offset { get; init; }
    /// <summary>Bytes; null where unknown.</summary>
    public ulong? Size { get; init; }
    /// <summary>Where <see cref="Size"/> comes from.</summary>
    public SymbolSizeSource SizeSource { get; init; }
    /// <summary>The letter nm prints, and <c>/proc/kallsyms</c>: <c>T</c>, <c>d</c>, <c>W</c> (nm(1)).</summary>
    public required char Type { get; init; }
    /// <summary>What it names.</summary>
    public SymbolKind Kind { get; init; }
    /// <summary>Who may refer to it.</summary>
    public SymbolBinding Binding { get; init; }
    /// <summary>The section it is in; null where the source does not tell.</summary>
    public string? Section { get; init; }
    /// <summary>The module; null for the kernel proper.</summary>
    public string? Module { get; init; }
    /// <summary>Other symbols of this name in the same source: their addresses, null for hidden ones.</summary>
    public IReadOnlyList<ulong?> Duplicates { get; init; } = [];
    /// <summary>Other names of the same address.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
    /// <summary>The file that has the symbol.</summary>
    public required string Source { get; init; }
    /// <summary>Where the function begins in its source; null where that was not asked for, or no debug information has it.</summary>
    public SourceFrame? Place { get; init; }
    /// <summary>The source file; null as <see cref="Place"/>.</summary>
    public string? File => Place?.File;
    /// <summary>The 1-based line; null as <see cref="Place"/>.</summary>
    public int? Line => Place?.Line;
    /// <summary>The symbol as a place: its start, or where in it the address asked for is. Its size only where it is the one the kernel prints.</summary>
    public SymbolReference ToReference() => new()
    {
        Start = 0,
        Length = 0,
        Role = LocationRole.InstructionPointer,
        Symbol = Name,
        Offset = Offset ?? 0,
        Size = SizeSource == SymbolSizeSource.NextSymbol ? Size : null,
        Module = Module,
    };
    /// <summary><c>name</c>, <c>name+0x10</c>, <c>name [module]</c>.</summary>
    public override string ToString() => Name + (Offset is { } offset ? $"+0x{offset:x}" : "") + (Module is null ? "" : $" [{Module}]");
}
