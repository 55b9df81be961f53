namespace KernelDebug.Btf;

/// <summary>Ids by name without an index: the name is searched in the strings, and then the types for where it was found.</summary>
internal static class BtfNameScan
{
    private const int MostPlaces = 64;

    /// <summary>Adds the ids of a name, ascending; false, with none added, where too many strings end in the name.</summary>
    public static bool TryAddIds(BtfFile file, ReadOnlySpan<byte> name, BtfIdList found)
    {
        if (name.IsEmpty || name.IndexOf((byte)0) >= 0)
        {
            return true;
        }

        // A name may be the end of another string. Offset 0 is the empty string, whatever stands there.
        Span<uint> places = stackalloc uint[MostPlaces];
        int count = 0;
        ReadOnlySpan<byte> strings = file.Strings.Span;
        byte[] wanted = [.. name, 0];
        for (int at = 0, next; (next = strings[at..].IndexOf(wanted)) >= 0; at += next + 1)
        {
            if (count == MostPlaces)
            {
                return false;
            }

            places[count++] = (uint)(at + next);
        }

        if (count > 0)
        {
            file.AddIdsOfNames(places[..count], found);
        }

        return true;
    }
}
