using System.Runtime.InteropServices;

namespace KernelDebug.Tracing;

/// <summary>Stacks in records: eight bytes that say how many bytes of addresses there are, or below zero why there are none, and the addresses, innermost first.</summary>
internal static class TraceStacks
{
    /// <summary>Frames of a stack at most.</summary>
    public const int MostFrames = 64;

    /// <summary>Bytes a stack takes.</summary>
    public const int Size = sizeof(ulong) + (MostFrames * sizeof(ulong));

    /// <summary>A function calls its trampoline within its first bytes.</summary>
    private const ulong MostBeforeCall = 64;

    /// <summary>The program's own frame, and those between it and the function, at most.</summary>
    private const int MostOwnFrames = 6;

    /// <summary>The stack behind a record of counts; null where none could be taken.</summary>
    public static TraceStack? Numbered(ReadOnlySpan<byte> record, ulong? function) => (TraceStack?)Value("", record.Length - Size, function).Read(record);

    /// <summary>Bytes of addresses in an element of a map of stacks: zeros are behind the last.</summary>
    public static int LengthOf(ReadOnlySpan<byte> element) => (MemoryMarshal.Cast<byte, ulong>(element).LastIndexOfAnyExcept(0UL) + 1) * sizeof(ulong);

    /// <summary>A stack.</summary>
    /// <param name="name">What the property is called.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="function">The runtime address of the function that is traced; null where that is not known. What was called from it is not of the stack.</param>
    public static TraceValue Value(string name, int at, ulong? function) => new(name, typeof(TraceStack), record =>
    {
        long bytes = MemoryMarshal.Read<long>(record[at..]);
        if (bytes < 0)
        {
            return null;
        }

        ReadOnlySpan<ulong> addresses = MemoryMarshal.Cast<byte, ulong>(record.Slice(at + sizeof(ulong), (int)Math.Min(bytes, MostFrames * sizeof(ulong))));
        bool isTruncated = addresses.Length == MostFrames;
        return new TraceStack(addresses[OwnFrames(addresses, function)..].ToArray(), isTruncated);
    });

    private static int OwnFrames(ReadOnlySpan<ulong> addresses, ulong? function)
    {
        for (int i = 0; function is { } start && i < Math.Min(addresses.Length, MostOwnFrames); i++)
        {
            if (addresses[i] >= start && addresses[i] - start < MostBeforeCall)
            {
                return i;
            }
        }

        return 0;
    }
}
