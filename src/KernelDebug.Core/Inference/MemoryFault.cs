using KernelDebug.Records;

namespace KernelDebug.Inference;

/// <summary>What a report says of an access to memory that went wrong.</summary>
internal sealed record MemoryFault
{
    /// <summary>The address of the instruction in the file: link-time, or for ET_REL the section's address plus an offset.</summary>
    public required ulong Instruction { get; init; }
    /// <summary>The registers by their printed names.</summary>
    public required IReadOnlyDictionary<string, ulong> Registers { get; init; }
    /// <summary>The bytes at the instruction; null where the report has none.</summary>
    public CodeBytes? Code { get; init; }
    /// <summary>The runtime address that could not be accessed; null where the kernel is not told it (a general protection fault).</summary>
    public ulong? Address { get; init; }
}
