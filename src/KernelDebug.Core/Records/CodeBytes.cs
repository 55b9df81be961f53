namespace KernelDebug.Records;

/// <summary>The bytes of a <c>Code:</c> line.</summary>
public sealed record CodeBytes
{
    /// <summary>1-based line number in the log.</summary>
    public required int LineNumber { get; init; }
    /// <summary>The bytes in the order the CPU fetches them.</summary>
    public required IReadOnlyList<byte> Bytes { get; init; }
    /// <summary>Index into <see cref="Bytes"/> of the faulting instruction (<c>&lt;0f&gt;</c> or <c>(...)</c>); null where the line marks none.</summary>
    public int? FaultIndex { get; init; }
    /// <summary>Bytes per printed unit: 1 (x86), 2 or 4 (Thumb, arm64, riscv, powerpc), whose digits stand as a number.</summary>
    public int UnitSize { get; init; } = 1;
    /// <summary>True for code of user space (<c>RIP: 0033:</c> before it).</summary>
    public bool IsUserSpace { get; init; }
    /// <summary>The text after <c>Code:</c> as printed.</summary>
    public required string RawText { get; init; }
    /// <summary>Why there are no bytes (<c>Unable to access opcode bytes at ...</c>, <c>Bad RIP value.</c>); null where there are.</summary>
    public string? UnavailableReason { get; init; }
}
