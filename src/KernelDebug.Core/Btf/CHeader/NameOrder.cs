using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Btf.CHeader;

/// <summary>
/// Types by kind and name, as bpftool sorts them since v7.5, and, where names are equal, since v7.6 by their members: headers of two
/// builds of a kernel then differ in what differs, and not in the order in which the compiler met the types.
/// </summary>
internal static class NameOrder
{
    private const int NoRank = 10;

    /// <summary>All ids of the file and its base.</summary>
    /// <exception cref="BinaryFormatException">References go in a circle.</exception>
    public static IReadOnlyList<uint> Of(BtfFile file)
    {
        var keys = new Key[file.EndId];
        for (uint id = 0; id < keys.Length; id++)
        {
            BtfType type = file[id];
            keys[id] = new Key(id, Rank(type), SortName(type), type.Id == 0 ? "" : type.Name ?? "", Hash(type, true, 0));
        }

        Array.Sort(keys);
        return [.. keys.Select(key => key.Id)];
    }

    private static int Rank(BtfType type)
    {
        BtfType at = type;
        bool hasName = HasName(at);
        for (int links = 0; IsLink(at); links++)
        {
            if (!hasName || links == ParserLimits.MaxBtfChain)
            {
                return NoRank;
            }

            at = at.Target!;
            hasName |= HasName(at);
        }

        return at switch
        {
            BtfEnum => hasName ? 1 : 0,
            BtfInt or BtfFloat => 2,
            BtfStruct when hasName => 3,
            BtfFunctionPrototype when hasName => 4,
            _ => NoRank,
        };
    }

    private static string SortName(BtfType type)
    {
        BtfType at = type;
        for (int links = 0; IsLink(at) && links < ParserLimits.MaxBtfChain; links++)
        {
            at = at.Target!;
        }

        return at is BtfEnum { Name: null, Values: [var first, ..] } && at == type ? first.Name : at.Id == 0 ? "" : at.Name ?? "";
    }

    private static ulong Hash(BtfType type, bool hasMembers, int depth)
    {
        if (depth > ParserLimits.MaxBtfChain)
        {
            throw type.Malformed($"expected at most {ParserLimits.MaxBtfChain} links from a type to the one it is made of, have more");
        }

        ulong hash = Add(0, type.Id == 0 ? null : type.Name);
        switch (type)
        {
            case BtfEnum enumeration:
                return enumeration.Values.Aggregate(hash, (sum, value) => Add(sum, value.Name));
            case BtfStruct structure when hasMembers:
                return structure.Members.Aggregate(hash, (sum, member) => Add(Add(sum, member.Name), Hash(member.Type, false, depth + 1)));
            case BtfArray array:
                return Add(Add(hash, array.Count), Hash(array.Target, hasMembers, depth + 1));
            default:
                return IsLink(type) ? Add(hash, Hash(type.Target!, hasMembers, depth + 1)) : hash;
        }
    }

    private static ulong Add(ulong hash, ulong value) => unchecked((hash * 31) + value);

    private static ulong Add(ulong hash, string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return hash;
        }

        ulong sum = 0;
        foreach (byte letter in Encoding.UTF8.GetBytes(name))
        {
            sum = Add(sum, unchecked((ulong)(sbyte)letter));
        }

        return Add(hash, sum);
    }

    private static bool IsLink(BtfType type) => type is BtfArray or BtfPointer or BtfModifier or BtfTypedef or BtfDeclarationTag;

    private static bool HasName(BtfType type) => type.Id != 0 && type.Name is not null;

    private readonly record struct Key(uint Id, int Rank, string SortName, string Name, ulong Hash) : IComparable<Key>
    {
        public int CompareTo(Key other)
        {
            int order = Rank.CompareTo(other.Rank);
            order = order != 0 ? order : string.CompareOrdinal(SortName, other.SortName);
            order = order != 0 ? order : string.CompareOrdinal(Name, other.Name);
            order = order != 0 ? order : Hash.CompareTo(other.Hash);
            return order != 0 ? order : Id.CompareTo(other.Id);
        }
    }
}
