namespace KernelDebug.Records;

/// <summary>A run of consecutive lines in a log.</summary>
/// <param name="FirstLine">1-based.</param>
/// <param name="LastLine">1-based, inclusive.</param>
/// <param name="StartOffset">Byte offset of its first byte in the input.</param>
/// <param name="EndOffset">Byte offset after its last.</param>
public sealed record LogPiece(int FirstLine, int LastLine, long StartOffset, long EndOffset);
