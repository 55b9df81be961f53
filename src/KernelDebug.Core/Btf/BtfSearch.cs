using System.Text;

namespace KernelDebug.Btf;

/// <summary>Types by name, pattern and kind. What is not wanted is passed over without being read.</summary>
public static class BtfSearch
{
    /// <summary>The types of a name, as <see cref="BtfFile.Find(string)"/> takes it: the file's own where it has any, else its base's.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name"><c>sk_buff</c> or <c>struct sk_buff</c>.</param>
    /// <param name="kinds">The kinds wanted; all where there are none.</param>
    /// <param name="uses">What they must use; null for no such condition.</param>
    /// <exception cref="IO.BinaryFormatException">A type refers to what is not there.</exception>
    public static IEnumerable<BtfType> Named(BtfFile file, string name, BtfKind[] kinds, BtfUseSearch? uses = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(kinds);
        (BtfTypeName wanted, string plain) = BtfTypeName.Parse(name);
        uint[] ids = file.IdsOf(plain);
        bool hasOwn = false;
        var found = new List<BtfType>();
        foreach (uint id in ids)
        {
            BtfKind kind = file.KindOf(id);
            if (wanted.Allows(kind) && IsWanted(kinds, kind) && (uses is null || uses.Matches(id)))
            {
                hasOwn |= id >= file.FirstId;
                found.Add(file[id]);
            }
        }

        return hasOwn && file.Base is not null ? found.Where(type => type.Id >= file.FirstId) : found;
    }

    /// <summary>The file's own types whose names match, in order of ids; types without a name where there is no condition.</summary>
    /// <param name="file">The file.</param>
    /// <param name="matches">The condition names must meet; null for none.</param>
    /// <param name="kinds">The kinds wanted; all where there are none.</param>
    /// <param name="uses">What they must use; null for no such condition.</param>
    /// <exception cref="IO.BinaryFormatException">A type refers to what is not there.</exception>
    public static IEnumerable<BtfType> Matching(BtfFile file, Func<string, bool>? matches, BtfKind[] kinds, BtfUseSearch? uses = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        for (uint id = file.FirstId; id < file.EndId; id++)
        {
            if (IsWanted(kinds, file.KindOf(id)) && (matches is null || (file.NameBytes(id) is { IsEmpty: false } name && matches(Encoding.UTF8.GetString(name))))
                && (uses is null || uses.Matches(id)))
            {
                yield return file[id];
            }
        }
    }

    /// <summary>The names that begin with a text, of the file and its base, each once, in order.</summary>
    /// <param name="file">The file.</param>
    /// <param name="start">How they begin.</param>
    /// <param name="kinds">The kinds wanted; all where there are none.</param>
    /// <param name="most">How many at most.</param>
    /// <exception cref="IO.BinaryFormatException">A type's name is not there.</exception>
    public static IReadOnlyList<string> NamesFrom(BtfFile file, string start, BtfKind[] kinds, int most)
    {
        ArgumentNullException.ThrowIfNull(file);
        byte[] prefix = Encoding.UTF8.GetBytes(start);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        for (BtfFile? at = file; at is not null; at = at.Base)
        {
            for (uint id = at.FirstId; id < at.EndId; id++)
            {
                ReadOnlySpan<byte> name = at.NameBytes(id);
                if (!name.IsEmpty && name.StartsWith(prefix) && IsWanted(kinds, at.KindOf(id)))
                {
                    names.Add(Encoding.UTF8.GetString(name));
                    if (names.Count > most)
                    {
                        names.Remove(names.Max!);
                    }
                }
            }
        }

        return [.. names];
    }

    private static bool IsWanted(BtfKind[] kinds, BtfKind kind)
    {
        foreach (BtfKind wanted in kinds)
        {
            if (wanted == kind)
            {
                return true;
            }
        }

        return kinds.Length == 0;
    }
}
