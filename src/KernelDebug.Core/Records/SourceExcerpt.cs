namespace KernelDebug.Records;

/// <summary>A line of a source file.</summary>
/// <param name="Number">1-based.</param>
/// <param name="Text">The line as it stands in the file.</param>
/// <param name="IsMarked">True for the line that is meant.</param>
public sealed record SourceLine(int Number, string Text, bool IsMarked);

/// <summary>The source around a frame's line.</summary>
/// <param name="Path">The file read; null where none was found.</param>
/// <param name="Lines">The lines, that of the frame marked; empty where there are none.</param>
/// <param name="MissingReason">Why there are none; null where there are.</param>
public sealed record SourceExcerpt(string? Path, IReadOnlyList<SourceLine> Lines, string? MissingReason);
