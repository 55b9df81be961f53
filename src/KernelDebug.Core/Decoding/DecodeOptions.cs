using KernelDebug.Formatting;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Decoding;

/// <summary>How a log is decoded and shown.</summary>
public sealed record DecodeOptions
{
    /// <summary>Where files come from.</summary>
    public SymbolizerOptions Symbols { get; init; } = new();

    /// <summary>The syntax of disassembled code.</summary>
    public AssemblySyntax Syntax { get; init; }

    /// <summary>The shape of decoded lines.</summary>
    public LineLayout Layout { get; init; }
}
