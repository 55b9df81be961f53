namespace KernelDebug.Fuzz;

/// <summary>
/// Damages a file the way bad tools, bad disks and bad people do: numbers at their limits, flipped bits, moved, zeroed and cut-off
/// blocks. The same seed makes the same damage.
/// </summary>
internal static class Mutator
{
    private static readonly ulong[] Limits =
    [
        0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
        0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff,
    ];

    /// <summary>A damaged copy. Only bytes inside the regions change, but for a cut at the end where that is allowed.</summary>
    public static byte[] Mutate(byte[] original, IReadOnlyList<(int Start, int Length)> regions, Random random, bool mayCut)
    {
        byte[] bytes = (byte[])original.Clone();
        for (int i = 1 << random.Next(4); i > 0; i--)
        {
            (int start, int length) = regions[random.Next(regions.Count)];
            Damage(bytes.AsSpan(start, length), random);
        }

        return mayCut && random.Next(16) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    /// <summary>Damages a piece at one place.</summary>
    public static void Damage(Span<byte> piece, Random random)
    {
        if (piece.IsEmpty)
        {
            return;
        }

        Span<byte> rest = piece[random.Next(piece.Length)..];
        switch (random.Next(9))
        {
            case 0:
                rest[0] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                rest[0] = (byte)random.Next(256);
                break;
            case 2:
                rest[0] += (byte)(random.Next(2) == 0 ? 1 : 255);
                break;
            case 3 or 4:
                WriteNumber(rest[..Math.Min(rest.Length, 1 << random.Next(4))], Limits[random.Next(Limits.Length)], random.Next(4) == 0);
                break;
            case 5:
                rest[..Math.Min(rest.Length, random.Next(1, 24))].Fill((byte)(random.Next(2) * 0xff));
                break;
            case 6:
                random.NextBytes(rest[..Math.Min(rest.Length, random.Next(1, 16))]);
                break;
            case 7:
                int count = Math.Min(rest.Length, random.Next(1, 64));
                piece.Slice(random.Next(piece.Length - count + 1), count).CopyTo(rest);
                break;
            default: // A LEB128 number that does not end.
                rest[..Math.Min(rest.Length, random.Next(9, 20))].Fill(0x80);
                break;
        }
    }

    private static void WriteNumber(Span<byte> place, ulong value, bool bigEndian)
    {
        for (int i = 0; i < place.Length; i++)
        {
            place[bigEndian ? place.Length - 1 - i : i] = (byte)(value >> (8 * i));
        }
    }
}
