namespace KernelDebug.Tracing.Expressions;

/// <summary>What was meant by a name that is none.</summary>
internal static class SimilarNames
{
    private const int Most = 3, LongestCompared = 64;

    /// <summary>The names nearest to one, the nearest first; none where all are far.</summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> names) =>
        [.. names.Distinct().Select(known => (Name: known, Far: Distance(name, known))).Where(known => known.Far is not null).OrderBy(known => known.Far).Take(Most).Select(known => known.Name)];

    /// <summary>A sentence that offers them, or else lists some.</summary>
    public static string Offer(string name, IReadOnlyCollection<string> names, string none)
    {
        const int Shown = 8;
        IReadOnlyList<string> near = Of(name, names);
        return near.Count > 0 ? $"Did you mean {string.Join(" or ", near)}?"
            : names.Count == 0 ? none
            : $"There are {string.Join(", ", names.Take(Shown))}{(names.Count > Shown ? $" and {names.Count - Shown} more" : "")}.";
    }

    /// <summary>Characters to change, add or take away; a name that has the other in it is near as well.</summary>
    private static int? Distance(string name, string known)
    {
        if (name.Length > LongestCompared || known.Length > LongestCompared)
        {
            return null;
        }

        int far = Edits(name.ToUpperInvariant(), known.ToUpperInvariant());
        const int FewLetters = 3;
        bool isPart = name.Length >= FewLetters && known.Contains(name, StringComparison.OrdinalIgnoreCase);
        return far <= Math.Max(1, name.Length / FewLetters) ? far : isPart ? known.Length : null;
    }

    private static int Edits(string left, string right)
    {
        // Rows of the table, one after the other: the distance of each beginning of one from each of the other.
        int[] above = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 0; i < left.Length; i++)
        {
            int[] row = new int[right.Length + 1];
            row[0] = i + 1;
            for (int j = 0; j < right.Length; j++)
            {
                row[j + 1] = Math.Min(Math.Min(row[j], above[j + 1]) + 1, above[j] + (left[i] == right[j] ? 0 : 1));
            }

            above = row;
        }

        return above[^1];
    }
}
