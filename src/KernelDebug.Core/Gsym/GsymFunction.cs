namespace KernelDebug.Gsym;

/// <summary>A function's fixed data (LLVM, <c>DebugInfo/GSYM/FunctionInfo.h</c>).</summary>
/// <param name="Start">Address of its first byte.</param>
/// <param name="Size">Bytes; 0 where the symbol table gave none.</param>
/// <param name="Name">Offset of its name in the strings.</param>
/// <param name="PartsAt">File offset of its parts: line table and inlined calls.</param>
internal readonly record struct GsymFunction(ulong Start, uint Size, uint Name, long PartsAt)
{
    /// <summary>Bytes of size and name.</summary>
    public const int FixedSize = 8;
}

/// <summary>A place in a source file.</summary>
/// <param name="File">Index of the file; 0 for none.</param>
/// <param name="Line">1-based; 0 for none.</param>
internal readonly record struct GsymPlace(uint File, uint Line);

/// <summary>A row of a line table: the place of the code from its address to the next row's.</summary>
internal readonly record struct GsymLine(ulong Address, uint File, uint Line);

/// <summary>An inlined function and the place it was called from; of the function itself, which comes first in a chain, no place.</summary>
/// <param name="Name">Offset of its name in the strings; 0 where the debug information has none.</param>
/// <param name="File">Index of the file of the call; 0 for none.</param>
/// <param name="Line">1-based line of the call; 0 for none.</param>
internal readonly record struct GsymCall(uint Name, uint File, uint Line);
