namespace KernelDebug.Types;

/// <summary>What lies at a place of a type.</summary>
/// <param name="Path">
/// <c>hdr.teid</c>, <c>slots[2].owner</c>; <c>{a, b}</c> where the bytes are of several members; <c>(a|b)</c> where a union has several
/// that fit; empty where the type itself is no aggregate.
/// </param>
/// <param name="Offset">Bytes from the type's start to the member the path ends in.</param>
/// <param name="Type">Its type where the bytes are all of it, and so their value is one of that type; null otherwise, and where a union has several.</param>
public sealed record LayoutPlace(string Path, ulong Offset, DataType? Type)
{
    /// <summary>The members of unions whose bytes are exactly these, where there are several.</summary>
    public IReadOnlyList<LayoutPlace> Choices { get; init; } = [];

    /// <summary>True where the bytes are exactly a member's.</summary>
    internal bool IsExact => Type is not null || Choices.Count > 0;

    /// <summary>The same, seen from a structure that has this one as a member.</summary>
    internal LayoutPlace Within(string name, ulong start) => new(Join(name, Path), start + Offset, Type)
    {
        Choices = Choices.Count == 0 ? [] : [.. Choices.Select(choice => choice.Within(name, start))],
    };

    private static string Join(string outer, string inner) =>
        outer.Length == 0 ? inner : inner.Length == 0 || inner[0] == '[' ? outer + inner : $"{outer}.{inner}";
}

/// <summary>Finds the members at an offset.</summary>
public static class TypeLayout
{
    private const int MaxDepth = 32;

    /// <summary>Members of a union that are named where several fit.</summary>
    private const int MaxNamed = 6;

    /// <summary>The member that bytes of a type are of.</summary>
    /// <param name="type">The type.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="size">Bytes touched.</param>
    /// <param name="bits">The bits of them that are meant, the lowest first; all where not known.</param>
    /// <returns>Null where the bytes are not all inside, are padding, or the type is not known.</returns>
    public static LayoutPlace? Find(DataType type, ulong offset, ulong size, ulong bits = ulong.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(type);
        return size == 0 || offset > ulong.MaxValue / 16 || size > 4096 ? null : Find(type, offset, size, bits, MaxDepth);
    }

    private static LayoutPlace? Find(DataType type, ulong offset, ulong size, ulong bits, int depth)
    {
        DataType bare = type.Bare;
        if (depth == 0 || (bare.Size is { } whole && (offset >= whole || size > whole - offset)))
        {
            return null;
        }

        return bare.Kind switch
        {
            TypeKind.Structure => InStructure(bare, offset, size, bits, depth),
            TypeKind.Union => InUnion(bare, offset, size, bits, depth),
            TypeKind.Array => InArray(bare, offset, size, bits, depth),
            // A part of a number is read to test its bits; nobody reads a part of a pointer.
            TypeKind.Base or TypeKind.Enumeration or TypeKind.PointerTo when bare.Size is { } own && (bare.Kind != TypeKind.PointerTo || (offset == 0 && size == own)) =>
                new LayoutPlace("", 0, offset == 0 && size == own ? type : null),
            _ => null,
        };
    }

    private static LayoutPlace? InStructure(DataType type, ulong offset, ulong size, ulong bits, int depth)
    {
        var touched = new List<TypeMember>();
        foreach (TypeMember member in type.Members)
        {
            if (Touches(member, offset, size, bits))
            {
                touched.Add(member);
            }
        }

        switch (touched)
        {
            case []:
                return null;
            case [{ IsBitField: true } field]:
                return new LayoutPlace(field.Name ?? "", field.BitOffset / 8, null);
            case [var only]:
                return Inside(only, offset, size, bits, depth);
            default:
                var names = new List<string>();
                foreach (TypeMember member in touched)
                {
                    // A part of an anonymous struct and something beside it: there is no name to give.
                    names.Add(member.Name ?? "...");
                }

                return new LayoutPlace($"{{{string.Join(", ", names)}}}", touched[0].BitOffset / 8, null);
        }
    }

    private static LayoutPlace? InUnion(DataType type, ulong offset, ulong size, ulong bits, int depth)
    {
        var exact = new List<LayoutPlace>();
        var others = new List<LayoutPlace>();
        foreach (TypeMember member in type.Members)
        {
            if (!Touches(member, offset, size, bits))
            {
                continue;
            }

            LayoutPlace? place = member.IsBitField ? new LayoutPlace(member.Name ?? "", member.BitOffset / 8, null) : Inside(member, offset, size, bits, depth);
            if (place is { IsExact: true })
            {
                // What a union inside this one leaves open, this one does too.
                exact.AddRange(place.Choices.Count > 0 ? place.Choices : [place]);
            }
            else if (place is not null)
            {
                others.Add(place);
            }
        }

        List<LayoutPlace> fitting = Distinct(exact.Count > 0 ? exact : others);
        return fitting.Count switch
        {
            0 => null,
            1 => fitting[0],
            _ => new LayoutPlace($"({string.Join('|', fitting.Take(MaxNamed).Select(place => place.Path))}{(fitting.Count > MaxNamed || (exact.Count > 0 && others.Count > 0) ? "|..." : "")})", fitting[0].Offset, null)
            {
                Choices = exact.Count > 0 ? fitting : [],
            },
        };
    }

    /// <summary>Of one member in several wrappings (<c>flags</c> and <c>page.flags</c> of a folio) the plainest.</summary>
    private static List<LayoutPlace> Distinct(List<LayoutPlace> places)
    {
        var kept = new List<LayoutPlace>();
        foreach (LayoutPlace place in places.OrderBy(place => place.Path.Length))
        {
            if (!kept.Exists(other => Last(other.Path) == Last(place.Path) && (other.Type is null && place.Type is null || DataType.AreSame(other.Type, place.Type))))
            {
                kept.Add(place);
            }
        }

        return kept;
    }

    private static string Last(string path) => path[(path.LastIndexOf('.') + 1)..];

    private static LayoutPlace? InArray(DataType type, ulong offset, ulong size, ulong bits, int depth)
    {
        if (type.Target is not { Size: > 0 and var step } element)
        {
            return null;
        }

        ulong index = offset / step;
        ulong inside = offset % step;
        if (size > step - inside)
        {
            // Several elements at once, as of a text that is copied by words.
            return new LayoutPlace("", 0, null);
        }

        LayoutPlace? place = Find(element, inside, size, bits, depth - 1);
        return place?.Within($"[{index}]", index * step);
    }

    private static LayoutPlace? Inside(TypeMember member, ulong offset, ulong size, ulong bits, int depth)
    {
        ulong start = member.BitOffset / 8;
        if (offset < start)
        {
            return null;
        }

        LayoutPlace? place = Find(member.Type, offset - start, size, bits, depth - 1);
        return place?.Within(member.Name ?? "", start);
    }

    private static bool Touches(TypeMember member, ulong offset, ulong size, ulong bits)
    {
        ulong start = member.BitOffset;
        // An array without a bound reaches as far as anyone asks.
        ulong length = member.BitSize != 0 ? member.BitSize : IsOpenArray(member.Type) ? ulong.MaxValue / 2 : 0;
        ulong first = offset * 8;
        ulong end = first + size * 8;
        if (start >= end || length == 0 || start + length <= first)
        {
            return false;
        }

        if (bits == ulong.MaxValue || size > 8)
        {
            return true;
        }

        int low = start > first ? (int)(start - first) : 0;
        int high = start + length < end ? (int)(start + length - first) : (int)(end - first);
        ulong covered = (high >= 64 ? ulong.MaxValue : (1UL << high) - 1) & ~((1UL << low) - 1);
        return (covered & bits) != 0;
    }

    private static bool IsOpenArray(DataType type) => type.Bare is { Kind: TypeKind.Array, Count: null };
}
