using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace KernelDebug.IO;

/// <summary>
/// Finds the first of many short ASCII texts in bytes. Of each text four neighbouring bytes are looked for, its window, chosen by how
/// rare they are in a log; 16 or 32 places are tried at a time with the nibbles of those bytes as indices into tables of bits, a bit
/// for each eighth of the texts (the packed search of Hyperscan's Teddy). What passes is looked up in a hash of the windows, and
/// what passes that is compared with the texts themselves.
/// </summary>
public sealed class TextFinder
{
    private const int Window = 4;
    private const int Buckets = 8;

    // For each of the four bytes: by its low nibble and by its high one, the buckets it may belong to.
    private readonly Vector128<byte>[] _low = new Vector128<byte>[Window];
    private readonly Vector128<byte>[] _high = new Vector128<byte>[Window];
    // A bit for each hash of a window, and the texts by its upper half.
    private readonly ulong[] _hashes = new ulong[1 << 10];
    private readonly Text[][] _texts = new Text[1 << 8][];

    private sealed record Text(byte[] Bytes, int Window);

    /// <summary>Makes a finder.</summary>
    /// <param name="texts">ASCII, each four characters or more.</param>
    /// <exception cref="ArgumentException">A text is shorter, or not ASCII.</exception>
    public TextFinder(IReadOnlyList<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var chosen = new Text[texts.Count];
        var keys = new uint[texts.Count];
        var windows = new HashSet<uint>();
        for (int i = 0; i < chosen.Length; i++)
        {
            if (texts[i].Length < Window || !Ascii.IsValid(texts[i]))
            {
                throw new ArgumentException($"expected four ASCII characters or more, have '{texts[i]}'", nameof(texts));
            }

            byte[] bytes = Encoding.ASCII.GetBytes(texts[i]);
            chosen[i] = new Text(bytes, Choose(bytes, windows));
            keys[i] = Key(bytes, chosen[i].Window);
            windows.Add(keys[i]);
        }

        // Texts with the same window share a bucket, and those whose windows begin alike share one too: the fewer bits a table has
        // set, the less passes it by chance.
        Array.Sort(keys, chosen);
        var low = new byte[Window, 16];
        var high = new byte[Window, 16];
        for (int i = 0, window = 0; i < chosen.Length; i++)
        {
            window += i > 0 && keys[i] != keys[i - 1] ? 1 : 0;
            byte bucket = (byte)(1 << window * Buckets / windows.Count);
            for (int at = 0; at < Window; at++)
            {
                byte value = chosen[i].Bytes[chosen[i].Window + at];
                low[at, value & 15] |= bucket;
                high[at, value >> 4] |= bucket;
            }

            uint hash = Hash(keys[i]);
            _hashes[hash >> 6] |= 1UL << (int)(hash & 63);
            _texts[hash >> 8] = [.. _texts[hash >> 8] ?? [], chosen[i]];
        }

        for (int at = 0; at < Window; at++)
        {
            _low[at] = Vector128.Create(MemoryMarshal.CreateReadOnlySpan(ref low[at, 0], 16));
            _high[at] = Vector128.Create(MemoryMarshal.CreateReadOnlySpan(ref high[at, 0], 16));
        }
    }

    /// <summary>The place of a text in the bytes, the first by its window; -1 where there is none.</summary>
    // Not left to tiered compilation: unoptimised, one call over a large file would run for seconds before it is replaced.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int IndexOfAny(ReadOnlySpan<byte> bytes)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        int at = 0;
        if (Avx2.IsSupported)
        {
            Vector256<byte> low0 = Twice(_low[0]), low1 = Twice(_low[1]), low2 = Twice(_low[2]), low3 = Twice(_low[3]);
            Vector256<byte> high0 = Twice(_high[0]), high1 = Twice(_high[1]), high2 = Twice(_high[2]), high3 = Twice(_high[3]);
            for (; at <= bytes.Length - Vector256<byte>.Count - (Window - 1); at += Vector256<byte>.Count)
            {
                Vector256<byte> hits = Buckets256(Vector256.LoadUnsafe(ref start, (nuint)at), low0, high0)
                    & Buckets256(Vector256.LoadUnsafe(ref start, (nuint)at + 1), low1, high1)
                    & Buckets256(Vector256.LoadUnsafe(ref start, (nuint)at + 2), low2, high2)
                    & Buckets256(Vector256.LoadUnsafe(ref start, (nuint)at + 3), low3, high3);
                if (hits != Vector256<byte>.Zero && Verify(bytes, at, (~Vector256.Equals(hits, Vector256<byte>.Zero)).ExtractMostSignificantBits()) is var found and >= 0)
                {
                    return found;
                }
            }
        }

        for (; at <= bytes.Length - Vector128<byte>.Count - (Window - 1); at += Vector128<byte>.Count)
        {
            Vector128<byte> hits = Buckets128(Vector128.LoadUnsafe(ref start, (nuint)at), _low[0], _high[0])
                & Buckets128(Vector128.LoadUnsafe(ref start, (nuint)at + 1), _low[1], _high[1])
                & Buckets128(Vector128.LoadUnsafe(ref start, (nuint)at + 2), _low[2], _high[2])
                & Buckets128(Vector128.LoadUnsafe(ref start, (nuint)at + 3), _low[3], _high[3]);
            if (hits != Vector128<byte>.Zero && Verify(bytes, at, (~Vector128.Equals(hits, Vector128<byte>.Zero)).ExtractMostSignificantBits()) is var found and >= 0)
            {
                return found;
            }
        }

        return at <= bytes.Length - Window ? Verify(bytes, at, (1u << (bytes.Length - Window - at + 1)) - 1) : -1;
    }

    private static Vector256<byte> Twice(Vector128<byte> half) => Vector256.Create(half, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Buckets256(Vector256<byte> bytes, Vector256<byte> low, Vector256<byte> high)
    {
        Vector256<byte> nibble = Vector256.Create((byte)15);
        return Avx2.Shuffle(low, bytes & nibble) & Avx2.Shuffle(high, (bytes.AsUInt16() >>> 4).AsByte() & nibble);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Buckets128(Vector128<byte> bytes, Vector128<byte> low, Vector128<byte> high)
    {
        Vector128<byte> nibble = Vector128.Create((byte)15);
        return Vector128.ShuffleNative(low, bytes & nibble) & Vector128.ShuffleNative(high, (bytes.AsUInt16() >>> 4).AsByte() & nibble);
    }

    // The first place of those whose bits are set, from "at" on, that has a text; where it begins.
    private int Verify(ReadOnlySpan<byte> bytes, int at, uint places)
    {
        for (; places != 0; places &= places - 1)
        {
            int window = at + BitOperations.TrailingZeroCount(places);
            uint hash = Hash(Key(bytes, window));
            if ((_hashes[hash >> 6] >> (int)(hash & 63) & 1) == 0)
            {
                continue;
            }

            foreach (Text text in _texts[hash >> 8])
            {
                int begin = window - text.Window;
                if (begin >= 0 && bytes[begin..].StartsWith(text.Bytes))
                {
                    return begin;
                }
            }
        }

        return -1;
    }

    private static uint Key(ReadOnlySpan<byte> bytes, int window) => BinaryPrimitives.ReadUInt32BigEndian(bytes[window..]);

    // 16 bits.
    private static uint Hash(uint key) => key * 0x9e3779b1 >> 16;

    // The window whose bytes are rarest; of equals one that another text has already.
    private static int Choose(byte[] bytes, HashSet<uint> taken)
    {
        int best = 0;
        int most = -1;
        for (int at = 0; at <= bytes.Length - Window; at++)
        {
            int worth = Rarity(bytes, at) * 2 + (taken.Contains(Key(bytes, at)) ? 1 : 0);
            if (worth > most)
            {
                (best, most) = (at, worth);
            }
        }

        return best;
    }

    private static int Rarity(byte[] bytes, int window)
    {
        int rarity = 0;
        for (int i = window; i < window + Window; i++)
        {
            rarity += (char)bytes[i] switch
            {
                'J' or 'Q' or 'X' or 'Z' or 'V' or 'K' or 'W' or 'Y' or 'U' or 'G' or 'O' or 'H' => 5,
                'j' or 'q' or 'x' or 'z' => 4,
                >= 'A' and <= 'Z' or 'v' or 'k' or 'w' or 'y' or ':' or '!' or '(' or ')' or '?' or '\'' or '<' or '>' or ',' or ']' => 3,
                'b' or 'f' or 'g' or 'h' or '-' or '_' or '[' => 2,
                _ => 1,
            };
        }

        return rarity;
    }
}
