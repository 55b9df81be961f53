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
/// for each of eight groups of texts, in two sets of tables (the packed search of Hyperscan's Teddy). What passes is looked up in a hash
/// of the windows, and what passes that is compared with the texts themselves.
/// </summary>
public sealed class TextFinder
{
    private const int Window = 4;
    private const int Buckets = 16;

    // For each of the window's bytes: by its low nibble and by its high one, the first eight buckets it may belong to; then the others.
    private readonly Vector128<byte>[] _low = new Vector128<byte>[Window * 2];
    private readonly Vector128<byte>[] _high = new Vector128<byte>[Window * 2];
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
        var low = new ushort[Window, 16];
        var high = new ushort[Window, 16];
        var windows = new HashSet<uint>();
        foreach (string text in texts)
        {
            if (text.Length < Window || !Ascii.IsValid(text))
            {
                throw new ArgumentException($"expected four ASCII characters or more, have '{text}'", nameof(texts));
            }

            byte[] bytes = Encoding.ASCII.GetBytes(text);
            var chosen = new Text(bytes, Choose(bytes, windows));
            windows.Add(Key(bytes, chosen.Window));
            Enter(bytes.AsSpan(chosen.Window, Window), low, high);
            uint hash = Hash(Key(bytes, chosen.Window));
            _hashes[hash >> 6] |= 1UL << (int)(hash & 63);
            _texts[hash >> 8] = [.. _texts[hash >> 8] ?? [], chosen];
        }

        for (int set = 0; set < 2; set++)
        {
            for (int at = 0; at < Window; at++)
            {
                _low[set * Window + at] = Table(low, at, set);
                _high[set * Window + at] = Table(high, at, set);
            }
        }
    }

    private static Vector128<byte> Table(ushort[,] buckets, int at, int set)
    {
        Span<byte> table = stackalloc byte[16];
        for (int nibble = 0; nibble < table.Length; nibble++)
        {
            table[nibble] = (byte)(buckets[at, nibble] >> (8 * set));
        }

        return Vector128.Create<byte>(table);
    }

    // Into the bucket that then passes the fewest more by chance.
    private static void Enter(ReadOnlySpan<byte> window, ushort[,] low, ushort[,] high)
    {
        ushort best = 0;
        double least = double.MaxValue;
        for (int bucket = 1; bucket < 1 << Buckets; bucket <<= 1)
        {
            double more = Passing(bucket, window, low, high) - Passing(bucket, [], low, high);
            if (more < least)
            {
                (best, least) = ((ushort)bucket, more);
            }
        }

        for (int at = 0; at < Window; at++)
        {
            low[at, window[at] & 15] |= best;
            high[at, window[at] >> 4] |= best;
        }
    }

    // The share of a log's places that a bucket lets pass, with one window more.
    private static double Passing(int bucket, ReadOnlySpan<byte> window, ushort[,] low, ushort[,] high)
    {
        double share = 1;
        for (int at = 0; at < Window; at++)
        {
            double passing = 0;
            for (int rank = 0; rank < ByFrequency.Length; rank++)
            {
                int value = ByFrequency[rank];
                bool isIts = ((low[at, value & 15] & bucket) != 0 || at < window.Length && (window[at] & 15) == (value & 15))
                    && ((high[at, value >> 4] & bucket) != 0 || at < window.Length && window[at] >> 4 == value >> 4);
                passing += isIts ? Frequency(rank) : 0;
            }

            share *= passing;
        }

        return share;
    }

    // The bytes of kernel logs, the most frequent first, and about how frequent they are: each a sixteenth less than the one before.
    private static ReadOnlySpan<byte> ByFrequency => " 0eirft1ason:2.cl[]d4836ump5bgx97_PCI-SRAyvhkM,BET/+()wDNOULFKGX=zH>'<qQV?Wj\"Z#Y*;@|!\\J$%&^`{}~"u8;

    private static double Frequency(int rank) => Math.Pow(15.0 / 16, rank) / 16;

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
            Vector256<byte> low4 = Twice(_low[4]), low5 = Twice(_low[5]), low6 = Twice(_low[6]), low7 = Twice(_low[7]);
            Vector256<byte> high4 = Twice(_high[4]), high5 = Twice(_high[5]), high6 = Twice(_high[6]), high7 = Twice(_high[7]);
            Vector256<byte> nibble = Vector256.Create((byte)15);
            for (; at <= bytes.Length - Vector256<byte>.Count - (Window - 1); at += Vector256<byte>.Count)
            {
                Vector256<byte> first = Vector256.LoadUnsafe(ref start, (nuint)at);
                Vector256<byte> second = Vector256.LoadUnsafe(ref start, (nuint)at + 1);
                Vector256<byte> third = Vector256.LoadUnsafe(ref start, (nuint)at + 2);
                Vector256<byte> fourth = Vector256.LoadUnsafe(ref start, (nuint)at + 3);
                Vector256<byte> firstHigh = High(first, nibble), secondHigh = High(second, nibble), thirdHigh = High(third, nibble), fourthHigh = High(fourth, nibble);
                (first, second, third, fourth) = (first & nibble, second & nibble, third & nibble, fourth & nibble);
                Vector256<byte> hits = Avx2.Shuffle(low0, first) & Avx2.Shuffle(high0, firstHigh) & Avx2.Shuffle(low1, second) & Avx2.Shuffle(high1, secondHigh)
                    & Avx2.Shuffle(low2, third) & Avx2.Shuffle(high2, thirdHigh) & Avx2.Shuffle(low3, fourth) & Avx2.Shuffle(high3, fourthHigh);
                hits |= Avx2.Shuffle(low4, first) & Avx2.Shuffle(high4, firstHigh) & Avx2.Shuffle(low5, second) & Avx2.Shuffle(high5, secondHigh)
                    & Avx2.Shuffle(low6, third) & Avx2.Shuffle(high6, thirdHigh) & Avx2.Shuffle(low7, fourth) & Avx2.Shuffle(high7, fourthHigh);
                if (hits != Vector256<byte>.Zero && Verify(bytes, at, (~Vector256.Equals(hits, Vector256<byte>.Zero)).ExtractMostSignificantBits()) is var found and >= 0)
                {
                    return found;
                }
            }
        }

        for (; at <= bytes.Length - Vector128<byte>.Count - (Window - 1); at += Vector128<byte>.Count)
        {
            Vector128<byte> hits = Hits128(ref start, at, 0) | Hits128(ref start, at, Window);
            if (hits != Vector128<byte>.Zero && Verify(bytes, at, (~Vector128.Equals(hits, Vector128<byte>.Zero)).ExtractMostSignificantBits()) is var found and >= 0)
            {
                return found;
            }
        }

        return at <= bytes.Length - Window ? Verify(bytes, at, (1u << (bytes.Length - Window - at + 1)) - 1) : -1;
    }

    private static Vector256<byte> Twice(Vector128<byte> half) => Vector256.Create(half, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> High(Vector256<byte> bytes, Vector256<byte> nibble) => (bytes.AsUInt16() >>> 4).AsByte() & nibble;

    // Of the tables from one on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<byte> Hits128(ref byte start, int at, int table)
    {
        Vector128<byte> nibble = Vector128.Create((byte)15);
        Vector128<byte> hits = Vector128<byte>.AllBitsSet;
        for (int i = 0; i < Window; i++)
        {
            Vector128<byte> bytes = Vector128.LoadUnsafe(ref start, (nuint)(at + i));
            hits &= Vector128.ShuffleNative(_low[table + i], bytes & nibble) & Vector128.ShuffleNative(_high[table + i], (bytes.AsUInt16() >>> 4).AsByte() & nibble);
        }

        return hits;
    }

    // The first place of those whose bits are set, from "at" on, that has a text; where it begins.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
            int worth = taken.Contains(Key(bytes, at)) ? 1 : 0;
            foreach (byte value in bytes.AsSpan(at, Window))
            {
                worth += 2 * ByFrequency.IndexOf(value);
            }

            if (worth > most)
            {
                (best, most) = (at, worth);
            }
        }

        return best;
    }
}
