namespace KernelDebug.Records;

/// <summary>One function at an address as a file has it, with the place in it; nothing stripped or demangled.</summary>
/// <param name="Name">The function's name (DW_AT_name); null where not stated.</param>
/// <param name="LinkageName">The mangled name; null where not stated.</param>
/// <param name="Path">The source file's path as recorded, normalised; null where the line table has none.</param>
/// <param name="Line">1-based; null for "no line".</param>
/// <param name="Column">1-based; null for "no column".</param>
/// <param name="IsInlined">True when inlined into the next one.</param>
public sealed record CodeFrame(string? Name, string? LinkageName, string? Path, int? Line, int? Column, bool IsInlined);

/// <summary>What a file says of an address.</summary>
/// <param name="Frames">Innermost first; empty where nothing covers the address.</param>
/// <param name="DwoName">The <c>.dwo</c> file that has the functions, where this file has only the lines; null otherwise.</param>
/// <param name="CompilationDirectory">Where the compiler ran (DW_AT_comp_dir); null where not stated.</param>
public sealed record CodeLookup(IReadOnlyList<CodeFrame> Frames, string? DwoName, string? CompilationDirectory);
