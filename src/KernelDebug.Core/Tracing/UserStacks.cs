using System.Runtime.InteropServices;
using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>
/// Stacks of user space in records, taken twice at the same moment: addresses, as <see cref="TraceStacks"/> has them, and behind them for each
/// the build-id of its file and the place in that (<c>struct bpf_stack_build_id</c>, include/uapi/linux/bpf.h): what is true whatever becomes of
/// the process.
/// </summary>
internal static class UserStacks
{
    /// <summary>Bytes they take.</summary>
    public const int Size = TraceStacks.Size + sizeof(ulong) + (TraceStacks.MostFrames * PlaceSize);

    // BPF_F_USER_STACK, BPF_F_USER_BUILD_ID; BPF_STACK_BUILD_ID_VALID.
    private const int OfUser = 1 << 8, WithBuildId = 1 << 11, Valid = 1;
    private const int PlaceSize = 32, BuildIdAt = 4, BuildIdSize = 20, OffsetAt = 24;

    /// <summary>Writes the instructions that take one.</summary>
    public static void Write(BpfAssembler code, int at)
    {
        TraceStacks.Write(code, at, TraceStacks.MostFrames * sizeof(ulong), OfUser);
        TraceStacks.Write(code, at + TraceStacks.Size, TraceStacks.MostFrames * PlaceSize, OfUser | WithBuildId);
    }

    /// <summary>A stack; null for a thread of the kernel's.</summary>
    /// <param name="name">What the property is called.</param>
    /// <param name="at">Where it begins.</param>
    public static TraceValue Value(string name, int at) => new(name, typeof(TraceStack), record =>
    {
        UserPlace[] places = Places(record, at);
        int process = ProcessOf(record);
        return places.Length == 0 ? null : new TraceStack([.. places.Select(place => place.Address)], places.Length == TraceStacks.MostFrames, i => UserFiles.OfThisMachine.Find(process, places[i], isExact: i == 0));
    });

    /// <summary>Looks for the files of a record's frames, as long as the process is there.</summary>
    public static void Note(ReadOnlySpan<byte> record, int at) => UserFiles.OfThisMachine.Note(ProcessOf(record), Places(record, at));

    /// <summary>The frames of a record, innermost first.</summary>
    public static UserPlace[] Places(ReadOnlySpan<byte> record, int at)
    {
        long addresses = MemoryMarshal.Read<long>(record[at..]) / sizeof(ulong), known = MemoryMarshal.Read<long>(record[(at + TraceStacks.Size)..]) / PlaceSize;
        var places = new UserPlace[Math.Clamp(addresses, 0, TraceStacks.MostFrames)];
        for (int i = 0; i < places.Length; i++)
        {
            ulong address = MemoryMarshal.Read<ulong>(record[(at + sizeof(ulong) + (i * sizeof(ulong)))..]);
            ReadOnlySpan<byte> place = record.Slice(at + TraceStacks.Size + sizeof(ulong) + (i * PlaceSize), PlaceSize);
            places[i] = i < known && MemoryMarshal.Read<int>(place) == Valid
                ? new(address, Convert.ToHexStringLower(place.Slice(BuildIdAt, BuildIdSize)), MemoryMarshal.Read<ulong>(place[OffsetAt..]))
                : new(address, null, 0);
        }

        return places;
    }

    private static int ProcessOf(ReadOnlySpan<byte> record) => MemoryMarshal.Read<int>(record[(TraceEventClass.IdsAt + sizeof(int))..]);
}

/// <summary>A frame of user space as the kernel tells it.</summary>
/// <param name="Address">Its address in the process.</param>
/// <param name="BuildId">The build-id of the file there, 20 bytes as lower-case hex, shorter ones with zeros behind; null where the kernel could not tell, or there is no file.</param>
/// <param name="FileOffset">Bytes from that file's start.</param>
internal readonly record struct UserPlace(ulong Address, string? BuildId, ulong FileOffset);
