namespace KernelDebug.IO;

/// <summary>Sorts addresses by their bytes, the lowest first: of kernel addresses only three or four differ, so it is a few passes.</summary>
internal static class RadixSort
{
    /// <summary>Sorts <paramref name="keys"/> in rising order and moves <paramref name="values"/> with them; equal keys keep their order.</summary>
    public static void Sort(ulong[] keys, int[] values)
    {
        var (otherKeys, otherValues) = (new ulong[keys.Length], new int[keys.Length]);
        var (fromKeys, fromValues) = (keys, values);
        ulong differing = 0;
        foreach (ulong key in keys)
        {
            differing |= key ^ keys[0];
        }

        Span<int> starts = stackalloc int[257];
        for (int shift = 0; shift < 64; shift += 8)
        {
            if ((differing >> shift & 0xff) == 0)
            {
                continue;
            }

            starts.Clear();
            foreach (ulong key in fromKeys)
            {
                starts[(int)(key >> shift & 0xff) + 1]++;
            }

            for (int i = 1; i < starts.Length; i++)
            {
                starts[i] += starts[i - 1];
            }

            for (int i = 0; i < fromKeys.Length; i++)
            {
                int place = starts[(int)(fromKeys[i] >> shift & 0xff)]++;
                otherKeys[place] = fromKeys[i];
                otherValues[place] = fromValues[i];
            }

            (fromKeys, otherKeys) = (otherKeys, fromKeys);
            (fromValues, otherValues) = (otherValues, fromValues);
        }

        if (!ReferenceEquals(fromKeys, keys))
        {
            fromKeys.CopyTo(keys, 0);
            fromValues.CopyTo(values, 0);
        }
    }
}
