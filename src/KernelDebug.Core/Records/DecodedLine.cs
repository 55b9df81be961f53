namespace KernelDebug.Records;

/// <summary>One line of a log, decoded.</summary>
public sealed record DecodedLine
{
    /// <summary>1-based line number in the input.</summary>
    public required int LineNumber { get; init; }
    /// <summary>The line as it came.</summary>
    public required string RawText { get; init; }
    /// <summary>What is shown: the line with source places in it, control characters made visible; several lines where code was disassembled.</summary>
    public required string Text { get; init; }
    /// <summary>The disassembly of a <c>Code:</c> line; null on any other.</summary>
    public CodeDisassembly? Disassembly { get; init; }
    /// <summary>One for each <c>name+off/size</c> or address in the line.</summary>
    public IReadOnlyList<SymbolLocation> Locations { get; init; } = [];
    /// <summary>What is shown.</summary>
    public override string ToString() => Text;
}
