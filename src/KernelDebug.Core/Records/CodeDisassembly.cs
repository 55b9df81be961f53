namespace KernelDebug.Records;

/// <summary>Assembler syntax.</summary>
public enum AssemblySyntax
{
    /// <summary>AT&amp;T, objdump's default.</summary>
    Att,
    /// <summary>Intel, <c>objdump -M intel</c>.</summary>
    Intel,
}

/// <summary>One instruction, or bytes that are none.</summary>
/// <param name="Offset">Bytes from the block's start.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Text">Mnemonic and operands as <c>objdump -d</c> prints them; <c>(bad)</c> or <c>.byte 0x0f</c> where it decodes to none.</param>
/// <param name="IsFaulting">True for the instruction at the marker, or that the marker falls into where none begins at it.</param>
public sealed record DisassembledInstruction(int Offset, IReadOnlyList<byte> Bytes, string Text, bool IsFaulting)
{
    /// <summary>The function the branch target lies in, <c>name+0x12</c>, where symbols were at hand; null otherwise.</summary>
    public string? Target { get; init; }
    /// <summary>The source place where debug information was at hand; null otherwise.</summary>
    public SourceFrame? Source { get; init; }
}

/// <summary>
/// The function at a fault, from its file rather than from the log. The kernel patches its code as it runs (tracing, mitigations,
/// alternatives): where the log's bytes differ, those ran.
/// </summary>
/// <param name="Symbol">The function's symbol.</param>
/// <param name="ObjectPath">The file it was read from.</param>
/// <param name="FaultOffset">Bytes from the function's start to the faulting instruction.</param>
/// <param name="Instructions">All of it, offsets counted from the function's start.</param>
public sealed record FunctionDisassembly(string Symbol, string ObjectPath, ulong FaultOffset, IReadOnlyList<DisassembledInstruction> Instructions);

/// <summary>A disassembled <c>Code:</c> line.</summary>
public sealed record CodeDisassembly
{
    /// <summary>The syntax.</summary>
    public required AssemblySyntax Syntax { get; init; }
    /// <summary>"All code": from the line's first byte, as decodecode does; empty where no byte is marked.</summary>
    public required IReadOnlyList<DisassembledInstruction> AllCode { get; init; }
    /// <summary>"Code starting with the faulting instruction" (the whole line where no byte is marked).</summary>
    public required IReadOnlyList<DisassembledInstruction> FromFault { get; init; }
    /// <summary>
    /// The window started where an instruction boundary falls on the fault and nothing before it decodes to nonsense; equal to
    /// <see cref="AllCode"/> where it already is so. Offsets count from the window's first byte, as in <see cref="AllCode"/>.
    /// </summary>
    public required IReadOnlyList<DisassembledInstruction> Aligned { get; init; }
    /// <summary>Bytes skipped at the start of <see cref="Aligned"/>, since the window begins inside an instruction; 0 where it does not.</summary>
    public int SkippedBytes { get; init; }
    /// <summary>The function at the fault as the file has it, where the file is at hand; null otherwise.</summary>
    public FunctionDisassembly? Function { get; init; }
    /// <summary>Why there is no disassembly (another architecture, no bytes); null where there is.</summary>
    public string? UnavailableReason { get; init; }
}
