using System.Runtime.InteropServices;
using KernelDebug.Bpf.Code;

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

    /// <summary>A function that runs programs calls them within so many bytes.</summary>
    private const ulong MostInRunner = 448;

    /// <summary>The program's own frame, and those between it and the function, at most.</summary>
    private const int MostOwnFrames = 6;

    /// <summary>Writes the instructions that take a stack of the kernel.</summary>
    public static void Write(BpfAssembler code, int at) => Write(code, at, MostFrames * sizeof(ulong), 0);

    /// <summary>Writes the instructions that take a stack: its length, or an error, and behind that the stack.</summary>
    /// <param name="code">Where they are written.</param>
    /// <param name="at">Where in the record.</param>
    /// <param name="size">Bytes of it at most, without its length.</param>
    /// <param name="flags">Those of <c>bpf_get_stack</c>.</param>
    public static void Write(BpfAssembler code, int at, int size, int flags)
    {
        code.Move(BpfRegister.R1, TraceProgram.Context);
        code.Move(BpfRegister.R2, TraceProgram.Record);
        code.Apply(BpfOperation.Add, BpfRegister.R2, at + sizeof(ulong));
        code.Move(BpfRegister.R3, size);
        code.Move(BpfRegister.R4, flags);
        code.Call(BpfHelper.GetStack);
        code.Store(BpfWidth.Eight, TraceProgram.Record, at, BpfRegister.R0);
    }

    /// <summary>The stack behind a record of counts; null where none could be taken.</summary>
    public static TraceStack? Numbered(ReadOnlySpan<byte> record, StackOrigin origin) => (TraceStack?)Value("", record.Length - Size, origin).Read(record);

    /// <summary>Bytes of addresses in an element of a map of stacks: zeros are behind the last.</summary>
    public static int LengthOf(ReadOnlySpan<byte> element) => (MemoryMarshal.Cast<byte, ulong>(element).LastIndexOfAnyExcept(0UL) + 1) * sizeof(ulong);

    /// <summary>A stack.</summary>
    /// <param name="name">What the property is called.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="origin">Where it begins: what was called from there is not of the stack.</param>
    public static TraceValue Value(string name, int at, StackOrigin origin) => new(name, typeof(TraceStack), record =>
    {
        long bytes = MemoryMarshal.Read<long>(record[at..]);
        if (bytes < 0)
        {
            return null;
        }

        ReadOnlySpan<ulong> addresses = MemoryMarshal.Cast<byte, ulong>(record.Slice(at + sizeof(ulong), (int)Math.Min(bytes, MostFrames * sizeof(ulong))));
        bool isTruncated = addresses.Length == MostFrames;
        return new TraceStack(addresses[OwnFrames(addresses, origin)..].ToArray(), isTruncated);
    });

    private static int OwnFrames(ReadOnlySpan<ulong> addresses, StackOrigin origin)
    {
        int first = -1;
        for (int i = 0; i < Math.Min(addresses.Length, MostOwnFrames); i++)
        {
            if (IsIn(addresses[i], origin.Runners, MostInRunner))
            {
                first = i + 1;
            }
            else if (IsIn(addresses[i], origin.Functions, MostBeforeCall))
            {
                // The innermost: a function may call itself. Of a tracepoint's two, one calls the other, or has left nothing of itself.
                return origin.Functions.Length > 1 && i + 1 < addresses.Length && IsIn(addresses[i + 1], origin.Functions, MostBeforeCall) ? i + 1 : i;
            }
        }

        return Math.Min(Math.Max(first, 0), addresses.Length);

        static bool IsIn(ulong address, ulong[] functions, ulong most) => Array.Exists(functions, start => address >= start && address - start < most);
    }
}

/// <summary>Where a stack begins that is of what is traced, as far as that is known.</summary>
/// <param name="Functions">Runtime addresses of the function; of a tracepoint, of those that call who is attached. One of them is the first frame, where it left one.</param>
/// <param name="Runners">Those of functions that run programs: no frame from there inwards is of the stack.</param>
internal sealed record StackOrigin(ulong[] Functions, ulong[] Runners);
