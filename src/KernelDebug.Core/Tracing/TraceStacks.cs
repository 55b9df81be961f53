using System.Runtime.InteropServices;

namespace KernelDebug.Tracing;

/// <summary>Stacks in records: eight bytes that say how many bytes of addresses there are, or below zero why there are none, and the addresses, innermost first.</summary>
internal static class TraceStacks
{
    /// <summary>Frames of a stack at most.</summary>
    public const int MostFrames = 64;

    /// <summary>Bytes a stack takes.</summary>
    public const int Size = sizeof(ulong) + (MostFrames * sizeof(ulong));

    /// <summary>A function calls its trampoline, and one that calls who is attached to a tracepoint those, within so many bytes.</summary>
    private const ulong MostBeforeCall = 128;

    /// <summary>The program's own frame, and those between it and the function, at most.</summary>
    private const int MostOwnFrames = 6;

    /// <summary>The stack behind a record of counts; null where none could be taken.</summary>
    public static TraceStack? Numbered(ReadOnlySpan<byte> record, ulong[] functions) => (TraceStack?)Value("", record.Length - Size, functions).Read(record);

    /// <summary>Bytes of addresses in an element of a map of stacks: zeros are behind the last.</summary>
    public static int LengthOf(ReadOnlySpan<byte> element) => (MemoryMarshal.Cast<byte, ulong>(element).LastIndexOfAnyExcept(0UL) + 1) * sizeof(ulong);

    /// <summary>A stack.</summary>
    /// <param name="name">What the property is called.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="functions">The runtime addresses of what is traced, where they are known: what was called from it is not of the stack.</param>
    public static TraceValue Value(string name, int at, ulong[] functions) => new(name, typeof(TraceStack), record =>
    {
        long bytes = MemoryMarshal.Read<long>(record[at..]);
        if (bytes < 0)
        {
            return null;
        }

        ReadOnlySpan<ulong> addresses = MemoryMarshal.Cast<byte, ulong>(record.Slice(at + sizeof(ulong), (int)Math.Min(bytes, MostFrames * sizeof(ulong))));
        bool isTruncated = addresses.Length == MostFrames;
        return new TraceStack(addresses[OwnFrames(addresses, functions)..].ToArray(), isTruncated);
    });

    private static int OwnFrames(ReadOnlySpan<ulong> addresses, ulong[] functions)
    {
        for (int i = 0; i < Math.Min(addresses.Length, MostOwnFrames); i++)
        {
            // The innermost: a function may call itself. Of a tracepoint's two, one calls the other, or has left nothing of itself.
            if (IsIn(addresses[i], functions))
            {
                return functions.Length > 1 && i + 1 < addresses.Length && IsIn(addresses[i + 1], functions) ? i + 1 : i;
            }
        }

        return 0;

        static bool IsIn(ulong address, ulong[] functions) => Array.Exists(functions, start => address >= start && address - start < MostBeforeCall);
    }
}
