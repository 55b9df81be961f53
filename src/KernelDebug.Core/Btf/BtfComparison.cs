namespace KernelDebug.Btf;

/// <summary>What differs between the types of two kernels, modules or files. Types are the same by keyword and name.</summary>
public static class BtfComparison
{
    private static readonly BtfKind[] Compared =
        [BtfKind.Struct, BtfKind.Union, BtfKind.Enum, BtfKind.Enum64, BtfKind.Typedef, BtfKind.Function];

    /// <summary>The types that differ, by name. Where a file has several of a name, those that are alike are paired first.</summary>
    /// <param name="old">The one that code was compiled against; of a module, its own types.</param>
    /// <param name="changed">The other.</param>
    /// <param name="wanted">Which names are compared; null for all.</param>
    /// <param name="kinds">Which kinds; none for structures, unions, enumerations, typedefs and functions.</param>
    /// <exception cref="IO.BinaryFormatException">A type refers to what is not there.</exception>
    public static IEnumerable<BtfTypeDifference> Compare(BtfFile old, BtfFile changed, Predicate<string>? wanted = null, params BtfKind[] kinds)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(changed);
        ArgumentNullException.ThrowIfNull(kinds);
        BtfKind[] among = kinds.Length == 0 ? Compared : kinds;
        Dictionary<string, List<BtfType>> before = Named(old, wanted, among);
        Dictionary<string, List<BtfType>> after = Named(changed, wanted, among);
        var texts = new BtfTypeText();
        return before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
            .SelectMany(name => Pair(name, before.GetValueOrDefault(name) ?? [], after.GetValueOrDefault(name) ?? [], texts));
    }

    /// <summary>Two types: what differs; null where nothing does.</summary>
    /// <exception cref="IO.BinaryFormatException">A type refers to what is not there.</exception>
    public static BtfTypeDifference? Compare(BtfType old, BtfType changed)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(changed);
        return Compare(KeyOf(changed), old, changed, new BtfTypeText());
    }

    private static Dictionary<string, List<BtfType>> Named(BtfFile file, Predicate<string>? wanted, BtfKind[] kinds)
    {
        var named = new Dictionary<string, List<BtfType>>(StringComparer.Ordinal);
        for (uint id = file.FirstId; id < file.EndId; id++)
        {
            if (Array.IndexOf(kinds, file.KindOf(id)) >= 0 && !file.NameBytes(id).IsEmpty && file[id] is { Name: { } name } type && wanted?.Invoke(name) != false)
            {
                string key = KeyOf(type);
                if (!named.TryGetValue(key, out List<BtfType>? types))
                {
                    named.Add(key, types = []);
                }

                types.Add(type);
            }
        }

        return named;
    }

    private static string KeyOf(BtfType type) => type is BtfFunction ? $"{type.Name}()" : BtfDeclaration.NameOf(type);

    private static IEnumerable<BtfTypeDifference> Pair(string name, List<BtfType> old, List<BtfType> changed, BtfTypeText texts)
    {
        List<BtfType> left = [.. old];
        var right = new List<BtfType>();
        foreach (BtfType type in changed)
        {
            int alike = left.FindIndex(other => Compare(name, other, type, texts) is null);
            if (alike >= 0)
            {
                left.RemoveAt(alike);
            }
            else
            {
                right.Add(type);
            }
        }

        int pairs = Math.Min(left.Count, right.Count);
        for (int i = 0; i < pairs; i++)
        {
            yield return Compare(name, left[i], right[i], texts)!;
        }

        // One of several of a name that is gone or new leaves the name as it was.
        foreach (BtfType type in left.Skip(pairs))
        {
            yield return new BtfTypeDifference { Name = name, Kind = type.Kind, Change = BtfChange.Removed, IsAbiBreak = true, OldSize = type.Size, OldType = type };
        }

        foreach (BtfType type in right.Skip(pairs))
        {
            yield return new BtfTypeDifference { Name = name, Kind = type.Kind, Change = BtfChange.Added, IsAbiBreak = false, NewSize = type.Size, NewType = type };
        }
    }

    private static BtfTypeDifference? Compare(string name, BtfType old, BtfType changed, BtfTypeText texts)
    {
        IReadOnlyList<BtfPartDifference> parts = (old, changed) switch
        {
            (BtfStruct before, BtfStruct after) => BtfPartComparison.Members(before, after, texts),
            (BtfEnum before, BtfEnum after) => BtfPartComparison.Values(before, after),
            (BtfFunction before, BtfFunction after) => BtfPartComparison.Signature(before, after, texts),
            (BtfTypedef before, BtfTypedef after) => BtfPartComparison.Target(before, after, texts),
            _ => [],
        };
        bool isResized = old.Size != changed.Size;
        BtfChange change = (isResized ? BtfChange.Resized : 0) | (parts.Count > 0 ? BtfChange.Changed : 0);
        return change == BtfChange.None ? null : new BtfTypeDifference
        {
            Name = name,
            Kind = changed.Kind,
            Change = change,
            IsAbiBreak = isResized || parts.Any(part => part.IsAbiBreak),
            OldSize = old.Size,
            NewSize = changed.Size,
            Parts = parts,
            OldType = old,
            NewType = changed,
        };
    }
}
