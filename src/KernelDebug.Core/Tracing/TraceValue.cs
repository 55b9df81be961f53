namespace KernelDebug.Tracing;

/// <summary>Reads a value out of a record's bytes.</summary>
internal delegate object? TraceReader(ReadOnlySpan<byte> record);

/// <summary>A value of the events of one kind.</summary>
/// <param name="Name">What the kernel or the user calls it.</param>
/// <param name="Result">The class of what is read.</param>
/// <param name="Read">Reads it.</param>
internal sealed record TraceValue(string Name, Type Result, TraceReader Read)
{
    /// <summary>True where null says that there is none, and not that it is unknown: a line leaves it out then.</summary>
    public bool IsNoneWhenNull { get; init; }
}
