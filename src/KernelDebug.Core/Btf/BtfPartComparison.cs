namespace KernelDebug.Btf;

/// <summary>What differs within two types of one name.</summary>
internal static class BtfPartComparison
{
    /// <summary>Members, those of anonymous ones in their place, by name.</summary>
    public static IReadOnlyList<BtfPartDifference> Members(BtfStruct old, BtfStruct changed, BtfTypeText texts)
    {
        var found = new List<BtfPartDifference>();
        ILookup<string, BtfMember> before = old.FlattenedMembers.ToLookup(member => member.Name ?? "");
        ILookup<string, BtfMember> after = changed.FlattenedMembers.ToLookup(member => member.Name ?? "");
        foreach (IGrouping<string, BtfMember> group in after)
        {
            BtfMember[] olds = [.. before[group.Key]];
            found.AddRange(group.Select((member, i) => Member(i < olds.Length ? olds[i] : null, member, texts)).OfType<BtfPartDifference>());
        }

        foreach (IGrouping<string, BtfMember> group in before)
        {
            found.AddRange(group.Skip(after[group.Key].Count()).Select(member => Member(member, null, texts)).OfType<BtfPartDifference>());
        }

        return found;
    }

    /// <summary>Enumerators, by name.</summary>
    public static IReadOnlyList<BtfPartDifference> Values(BtfEnum old, BtfEnum changed)
    {
        Dictionary<string, BtfEnumValue> before = old.Values.DistinctBy(value => value.Name).ToDictionary(value => value.Name, StringComparer.Ordinal);
        Dictionary<string, BtfEnumValue> after = changed.Values.DistinctBy(value => value.Name).ToDictionary(value => value.Name, StringComparer.Ordinal);
        return
        [
            .. before.Keys.Union(after.Keys).Select(name => (name, before.GetValueOrDefault(name), after.GetValueOrDefault(name)))
                .Where(pair => pair.Item2?.Bits != pair.Item3?.Bits || pair.Item2 is null != pair.Item3 is null)
                .Select(pair => Part(pair.name, pair.Item2?.ToString(), pair.Item3?.ToString(), isBreak: pair.Item2 is not null)),
        ];
    }

    /// <summary>What a function takes and returns, by place.</summary>
    public static IReadOnlyList<BtfPartDifference> Signature(BtfFunction old, BtfFunction changed, BtfTypeText texts)
    {
        var found = new List<BtfPartDifference>();
        BtfFunctionPrototype before = old.Prototype;
        BtfFunctionPrototype after = changed.Prototype;
        Add("(returns)", before.ReturnType, after.ReturnType);
        for (int i = 0; i < Math.Max(before.Parameters.Count, after.Parameters.Count); i++)
        {
            BtfParameter? was = i < before.Parameters.Count ? before.Parameters[i] : null;
            BtfParameter? now = i < after.Parameters.Count ? after.Parameters[i] : null;
            Add(now?.Name ?? was?.Name ?? $"{i + 1}", was?.Type, now?.Type);
        }

        if (before.IsVariadic != after.IsVariadic)
        {
            found.Add(Part("...", before.IsVariadic ? "..." : null, after.IsVariadic ? "..." : null, isBreak: true));
        }

        return found;

        void Add(string name, BtfType? was, BtfType? now)
        {
            string? oldText = was is null ? null : texts.Of(was);
            string? newText = now is null ? null : texts.Of(now);
            if (oldText != newText)
            {
                found.Add(Part(name, oldText, newText, was is null || now is null || !IsSameRepresentation(was, now)));
            }
        }
    }

    /// <summary>What a typedef stands for.</summary>
    public static IReadOnlyList<BtfPartDifference> Target(BtfTypedef old, BtfTypedef changed, BtfTypeText texts)
    {
        string was = texts.Of(old.Target);
        string now = texts.Of(changed.Target);
        return was == now ? [] : [Part("(stands for)", was, now, !IsSameRepresentation(old.Target, changed.Target))];
    }

    private static BtfPartDifference? Member(BtfMember? old, BtfMember? changed, BtfTypeText texts)
    {
        if (old is null || changed is null)
        {
            BtfMember only = (old ?? changed)!;
            string text = Declaration(only, texts);
            return new BtfPartDifference
            {
                Name = only.Name ?? "(anonymous)",
                Change = old is null ? BtfChange.Added : BtfChange.Removed,
                IsAbiBreak = changed is null,
                OldDeclaration = old is null ? null : text,
                NewDeclaration = changed is null ? null : text,
                OldBitOffset = old?.BitOffset,
                NewBitOffset = changed?.BitOffset,
            };
        }

        string was = Declaration(old, texts);
        string now = Declaration(changed, texts);
        BtfChange change = (old.BitOffset != changed.BitOffset ? BtfChange.Moved : 0)
            | (old.BitSize != changed.BitSize ? BtfChange.Resized : 0)
            | (was != now ? BtfChange.Retyped : 0);
        return change == BtfChange.None ? null : new BtfPartDifference
        {
            Name = changed.Name ?? "(anonymous)",
            Change = change,
            IsAbiBreak = (change & (BtfChange.Moved | BtfChange.Resized)) != 0 || !IsSameRepresentation(old.Type, changed.Type),
            OldDeclaration = was,
            NewDeclaration = now,
            OldBitOffset = old.BitOffset,
            NewBitOffset = changed.BitOffset,
        };
    }

    private static string Declaration(BtfMember member, BtfTypeText texts) =>
        texts.Of(member.Type, member.Name ?? "") + (member.BitFieldSize != 0 ? $": {member.BitFieldSize}" : "");

    private static BtfPartDifference Part(string name, string? old, string? changed, bool isBreak) => new()
    {
        Name = name,
        Change = old is null ? BtfChange.Added : changed is null ? BtfChange.Removed : BtfChange.Retyped,
        IsAbiBreak = isBreak,
        OldDeclaration = old,
        NewDeclaration = changed,
    };

    /// <summary>
    /// True where bits mean the same to who reads them as the one or the other: two pointers, two integers of one size and sign, an enumeration
    /// and an integer of its size. What a named structure has inside is told where that structure is compared.
    /// </summary>
    private static bool IsSameRepresentation(BtfType old, BtfType changed)
    {
        BtfType was = old.Bare;
        BtfType now = changed.Bare;
        return (was, now) switch
        {
            (BtfPointer, BtfPointer) => true,
            (BtfVoid, BtfVoid) => true,
            (BtfFunctionPrototype, BtfFunctionPrototype) => true,
            (BtfArray before, BtfArray after) => before.Count == after.Count && IsSameRepresentation(before.Target, after.Target),
            (BtfStruct before, BtfStruct after) => before.Name == after.Name && before.IsUnion == after.IsUnion && before.Name is not null,
            (BtfForward, BtfForward) => true,
            (BtfInt or BtfEnum, BtfInt or BtfEnum) => was.Size == now.Size && (IsSigned(was) == IsSigned(now) || was is BtfEnum || now is BtfEnum),
            (BtfFloat, BtfFloat) => was.Size == now.Size,
            _ => false,
        };
    }

    private static bool IsSigned(BtfType type) => type is BtfInt { IsSigned: true } or BtfEnum { IsSigned: true };
}
