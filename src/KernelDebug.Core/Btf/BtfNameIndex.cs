namespace KernelDebug.Btf;

/// <summary>Ids by name: chains by hash, over the names where they lie.</summary>
internal sealed class BtfNameIndex
{
    private readonly int[] _heads;
    private readonly int[] _next;

    private BtfNameIndex(int[] heads, int[] next)
    {
        _heads = heads;
        _next = next;
    }

    /// <summary>Indexes a file's own types.</summary>
    public static BtfNameIndex Build(BtfFile file)
    {
        int[] heads = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(file.Count, 1))];
        int[] next = new int[file.Count];

        // Backwards, so that each chain ascends. Entries are one more than the place: 0 ends a chain.
        for (int i = next.Length - 1; i >= 0; i--)
        {
            ReadOnlySpan<byte> name = file.NameBytes(file.FirstId + (uint)i);
            if (!name.IsEmpty)
            {
                ref int head = ref heads[Hash(name) & (heads.Length - 1)];
                next[i] = head;
                head = i + 1;
            }
        }

        return new BtfNameIndex(heads, next);
    }

    /// <summary>Adds the ids of a name, ascending.</summary>
    public void AddIds(BtfFile file, ReadOnlySpan<byte> name, List<uint> found)
    {
        if (name.IsEmpty)
        {
            return;
        }

        for (int entry = _heads[Hash(name) & (_heads.Length - 1)]; entry != 0; entry = _next[entry - 1])
        {
            uint id = file.FirstId + (uint)entry - 1;
            if (file.NameBytes(id).SequenceEqual(name))
            {
                found.Add(id);
            }
        }
    }

    // FNV-1a.
    private static int Hash(ReadOnlySpan<byte> name)
    {
        uint hash = 2166136261;
        foreach (byte b in name)
        {
            hash = (hash ^ b) * 16777619;
        }

        return (int)(hash ^ (hash >> 15));
    }
}
