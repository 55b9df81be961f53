using System.Text;

namespace KernelDebug.Btf;

/// <summary>The types of a distilled base, found again in the real one by kind, name and size.</summary>
internal static class BtfRelocation
{
    /// <summary>The base's id for each id of the distilled base.</summary>
    /// <exception cref="BtfBaseMismatchException">A type is not in the base, or is there more than once.</exception>
    public static uint[] Map(BtfFile distilled, BtfFile baseFile, string path)
    {
        uint[] map = new uint[distilled.EndId];
        for (uint id = 1; id < distilled.EndId; id++)
        {
            BtfType wanted = distilled[id];
            List<uint> found = wanted.Name is null
                ? []
                : [.. baseFile.FindIds(wanted.Name).Where(candidate => Fits(wanted, baseFile[candidate]))];
            map[id] = found.Count switch
            {
                1 => found[0],
                0 => throw Mismatch($"it has no {Describe(wanted)}"),
                _ => throw Mismatch($"it has {found.Count} types that could be {Describe(wanted)}"),
            };
        }

        return map;

        BtfBaseMismatchException Mismatch(string evidence) => new(path, baseFile.Path, evidence);
    }

    // As libbpf's btf_relocate: a declaration stands for what is only pointed to, so its size does not matter.
    private static bool Fits(BtfType wanted, BtfType candidate) => wanted switch
    {
        BtfForward forward => candidate is BtfStruct structure && structure.IsUnion == forward.IsUnion
            || candidate is BtfForward other && other.IsUnion == forward.IsUnion,
        BtfInt number => candidate is BtfInt other && other.ByteSize == number.ByteSize && other.Encoding == number.Encoding,
        BtfStruct structure => candidate is BtfStruct other && other.IsUnion == structure.IsUnion && other.ByteSize == structure.ByteSize,
        BtfEnum values => candidate is BtfEnum other && other.ByteSize == values.ByteSize,
        _ => candidate.Kind == wanted.Kind && candidate.Size == wanted.Size,
    };

    private static string Describe(BtfType type)
    {
        var text = new StringBuilder($"{type.Kind} \"{type.Name}\"");
        return (type.Size is { } size ? text.Append($" of {size} bytes") : text).ToString();
    }
}
