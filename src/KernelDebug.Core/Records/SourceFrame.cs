namespace KernelDebug.Records;

/// <summary>One function on the way from an address to the function that holds it, innermost first in a chain.</summary>
/// <param name="Function">The function's name as the debug information has it, demangled for Rust and C++; null where none is recorded.</param>
/// <param name="File">The source file, with the build's base path stripped; null where the line table has none.</param>
/// <param name="Line">The 1-based line; null where the line table says "no line" (0) or has no row.</param>
/// <param name="Column">The 1-based column; null where none is recorded.</param>
/// <param name="IsInlined">True when this function was inlined into the next frame of the chain.</param>
public sealed record SourceFrame(string? Function, string? File, int? Line, int? Column, bool IsInlined)
{
    /// <summary>The file as the debug information has it, joined with its directories, before the base path was stripped.</summary>
    public string? FullPath { get; init; }

    /// <summary><c>function (file:line)</c>, with <c>?</c> for what is unknown.</summary>
    public override string ToString() => $"{Function ?? "?"} ({Place})";

    /// <summary><c>file:line</c>, the shape addr2line prints: <c>??</c> and <c>?</c> stand for what is unknown.</summary>
    public string Place => $"{File ?? "??"}:{Line?.ToString() ?? "?"}";
}
