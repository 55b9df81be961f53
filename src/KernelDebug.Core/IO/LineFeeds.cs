using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KernelDebug.IO;

/// <summary>Where the line feeds of a block are, 32 bytes at a time.</summary>
internal static class LineFeeds
{
    /// <summary>Writes the index of every line feed; how many there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Find(ReadOnlySpan<byte> bytes, ref int[] ends)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        Vector256<byte> feed = Vector256.Create((byte)'\n');
        int[] room = ends;
        int count = 0;
        int at = 0;
        for (; at <= bytes.Length - Vector256<byte>.Count; at += Vector256<byte>.Count)
        {
            uint feeds = Vector256.Equals(Vector256.LoadUnsafe(ref start, (nuint)at), feed).ExtractMostSignificantBits();
            if (feeds == 0)
            {
                continue;
            }

            if (room.Length - count < Vector256<byte>.Count)
            {
                Array.Resize(ref room, Math.Max(1 << 12, room.Length * 2));
            }

            for (; feeds != 0; feeds &= feeds - 1)
            {
                room[count++] = at + BitOperations.TrailingZeroCount(feeds);
            }
        }

        ends = room;
        for (; at < bytes.Length; at++)
        {
            if (bytes[at] == '\n')
            {
                Append(ref ends, count++, at);
            }
        }

        return count;
    }

    /// <summary>Writes one end, making room where there is none.</summary>
    public static void Append(ref int[] ends, int index, int end)
    {
        if (index >= ends.Length)
        {
            Array.Resize(ref ends, Math.Max(1 << 12, ends.Length * 2));
        }

        ends[index] = end;
    }
}
