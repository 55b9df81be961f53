namespace KernelDebug.Records;

/// <summary>The memory access a sanitizer or a fault handler reports, as it stands in the log.</summary>
/// <param name="IsWrite">True for a write, false for a read; null where the log does not say.</param>
/// <param name="Size">Bytes; null where not printed.</param>
/// <param name="Address">The runtime address; null where not printed.</param>
public sealed record ReportedAccess(bool? IsWrite, ulong? Size, ulong? Address)
{
    /// <summary><c>Write of 8 bytes at 0xffff888012345678</c>.</summary>
    public override string ToString() => (IsWrite is not { } write ? "Access" : write ? "Write" : "Read")
        + (Size is { } size ? $" of {size} byte{(size == 1 ? "" : "s")}" : "") + (Address is { } address ? $" at 0x{address:x}" : "");
}

/// <summary>The object a memory report is about, as it stands in the log.</summary>
public sealed record ReportedObject
{
    /// <summary>Its runtime address; null where not printed.</summary>
    public ulong? Address { get; init; }
    /// <summary>Its slab cache (<c>kmalloc-64</c>), or the variable's or page's name; null where not printed.</summary>
    public string? Cache { get; init; }
    /// <summary>Its size in bytes; null where not printed.</summary>
    public ulong? Size { get; init; }
    /// <summary>Where the access lies, in the kernel's words (<c>located 8 bytes inside of freed 64-byte region [..., ...)</c>); null where not printed.</summary>
    public string? Position { get; init; }
    /// <summary>The memory around it, each line as printed (shadow bytes, hex dump).</summary>
    public IReadOnlyList<string> MemoryState { get; init; } = [];
    /// <summary><c>kmalloc-64, 64 bytes at 0xffff...</c>.</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        Cache, Size is { } size ? $"{size} bytes" : null, Address is { } address ? $"at 0x{address:x}" : null,
    }.Where(part => part is not null));
}
