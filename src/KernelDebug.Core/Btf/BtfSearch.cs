using System.Text;

namespace KernelDebug.Btf;

/// <summary>Types by name, pattern and kind. What is not wanted is passed over without being read.</summary>
public static class BtfSearch
{
    /// <summary>The types of a name, as <see cref="BtfFile.Find(string)"/> takes it: the file's own where it has any, else its base's.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name"><c>sk_buff</c> or <c>struct sk_buff</c>.</param>
    /// <param name="kinds">The kinds wanted; all where there are none.</param>
    /// <exception cref="IO.BinaryFormatException">A type refers to what is not there.</exception>
    public static IEnumerable<BtfType> Named(BtfFile file, string name, IReadOnlyCollection<BtfKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(file);
        (BtfTypeName wanted, string plain) = BtfTypeName.Parse(name);
        uint[] ids = [.. file.FindIds(plain).Where(id => wanted.Allows(file.KindOf(id)) && IsWanted(kinds, file.KindOf(id)))];
        bool hasOwn = ids.Any(id => id >= file.FirstId);
        return ids.Where(id => !hasOwn || id >= file.FirstId).Select(id => file[id]);
    }

    /// <summary>The file's own types whose names match, in order of ids; types without a name where there is no condition.</summary>
    /// <param name="file">The file.</param>
    /// <param name="matches">The condition names must meet; null for none.</param>
    /// <param name="kinds">The kinds wanted; all where there are none.</param>
    /// <exception cref="IO.BinaryFormatException">A type refers to what is not there.</exception>
    public static IEnumerable<BtfType> Matching(BtfFile file, Func<string, bool>? matches, IReadOnlyCollection<BtfKind> kinds)
    {
        ArgumentNullException.ThrowIfNull(file);
        for (uint id = file.FirstId; id < file.EndId; id++)
        {
            if (IsWanted(kinds, file.KindOf(id)) && (matches is null || (file.NameBytes(id) is { IsEmpty: false } name && matches(Encoding.UTF8.GetString(name)))))
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
    public static IReadOnlyList<string> NamesFrom(BtfFile file, string start, IReadOnlyCollection<BtfKind> kinds, int most)
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

    private static bool IsWanted(IReadOnlyCollection<BtfKind> kinds, BtfKind kind) => kinds.Count == 0 || kinds.Contains(kind);
}
