using System.Globalization;
using System.Text.RegularExpressions;
using KernelDebug.Btf;

namespace KernelDebug.Tests.Support;

/// <summary>Structures as pahole prints them, in numbers.</summary>
internal static partial class PaholeOracle
{
    /// <summary>Holds each structure pahole prints against ours of its name: how many were alike, and those that were not.</summary>
    public static (int Same, IReadOnlyList<string> Different) Compare(BtfFile file, string printed)
    {
        ILookup<string, BtfStruct> ours = file.Types.OfType<BtfStruct>().Where(type => type.Name is not null).ToLookup(type => type.ToString());
        int same = 0;
        var different = new List<string>();
        string[] lines = printed.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            Match start = Start().Match(lines[i]);
            if (!start.Success)
            {
                continue;
            }

            int from = i;
            while (!lines[i].StartsWith('}') && !lines[i].EndsWith("{};", StringComparison.Ordinal))
            {
                i++;
            }

            // Several of a name are printed as one that stands for all of its size.
            string theirs = Read(lines[(from + 1)..i], start.Groups[1].Value == "union");
            string[] candidates = [.. ours[start.Value.TrimEnd(' ', '{', '}', ';')].Select(type => Describe(type.Layout))];
            if (candidates.Contains(theirs))
            {
                same++;
            }
            else
            {
                different.Add($"{start.Value}\npahole:\n{theirs}\nours:\n{string.Join("\nor\n", candidates)}");
            }
        }

        return (same, different);
    }

    private static string Describe(BtfLayout layout)
    {
        bool isUnion = layout.Type.IsUnion;
        IEnumerable<string> members = layout.Members.Select(member =>
            $"{member.ByteOffset}{(member.BitFieldSize != 0 ? $":{member.BitFieldOffset}" : "")} {member.ByteSize}"
            + (isUnion ? "" : Notes((int)member.Hole, (int)member.BitHole, (int)member.InnerPadding)));
        bool hasSums = layout.Holes + layout.BitHoles > 0;
        return string.Join('\n', members) + (isUnion ? "" : Summary(
            (int)layout.ByteSize, layout.CacheLines, layout.Members.Count,
            hasSums ? (int)layout.MemberBytes : 0, layout.Holes, (int)layout.HoleBytes,
            hasSums ? (int)layout.BitFieldBits : 0, layout.BitHoles, (int)layout.BitHoleBits,
            (int)layout.Padding, layout.InnerPaddings, (int)layout.InnerPaddingBytes, (int)layout.BitPadding, layout.ForcedAlignments, layout.ForcedHoles, (int)layout.ForcedHoleBytes, layout.LastCacheLineBytes));
    }

    private static string Read(string[] lines, bool isUnion)
    {
        var members = new List<(string Place, int Hole, int BitHole, int Padding)>();
        int[] summary = new int[17];
        foreach (string line in lines)
        {
            if (members.Count == 0 && line.StartsWith("\t/* XXX", StringComparison.Ordinal))
            {
                // What lies before the first member is in the sums alone.
                continue;
            }

            if (Number(line, @"^\t/\* XXX (\d+) bytes? hole") is [var hole])
            {
                members[^1] = members[^1] with { Hole = hole };
            }
            else if (Number(line, @"^\t/\* XXX (\d+) bits? hole") is [var bits])
            {
                members[^1] = members[^1] with { BitHole = bits };
            }
            else if (Number(line, @"^\t/\* XXX last struct has (\d+)") is [var padding])
            {
                members[^1] = members[^1] with { Padding = padding };
            }
            else if (Member().Match(line) is { Success: true } member)
            {
                members.Add(($"{member.Groups[1].Value.Replace(" ", "", StringComparison.Ordinal)} {member.Groups[2].Value}", 0, 0, 0));
            }
            else
            {
                Fill(summary, 0, Number(line, @"size: (\d+), cachelines: (\d+), members: (\d+)"));
                Fill(summary, 3, Number(line, @"sum members: (\d+)"));
                Fill(summary, 4, Number(line, @", holes: (\d+), sum holes: (\d+)"));
                Fill(summary, 6, Number(line, @"sum bitfield members: (\d+) bits"));
                Fill(summary, 7, Number(line, @"bit holes: (\d+), sum bit holes: (\d+)"));
                Fill(summary, 9, Number(line, @"^\t/\* padding: (\d+)"));
                Fill(summary, 10, Number(line, @"paddings: (\d+), sum paddings: (\d+)"));
                Fill(summary, 12, Number(line, @"bit_padding: (\d+)"));
                Fill(summary, 13, Number(line, @"forced alignments: (\d+)"));
                Fill(summary, 14, Number(line, @"forced holes: (\d+), sum forced holes: (\d+)"));
                Fill(summary, 16, Number(line, @"last cacheline: (\d+)"));
            }
        }

        return string.Join('\n', members.Select(member => member.Place + (isUnion ? "" : Notes(member.Hole, member.BitHole, member.Padding))))
            + (isUnion ? "" : Summary(summary));
    }

    private static string Notes(int hole, int bitHole, int padding) => $" hole {hole} bits {bitHole} padding {padding}";

    private static string Summary(params int[] numbers) =>
        "\nsize, lines, members, bytes, holes, sum, bits, bit holes, sum, padding, paddings, sum, bit padding, forced, holes, sum, last: " + string.Join(' ', numbers);

    private static void Fill(int[] numbers, int from, int[] found) => found.CopyTo(numbers, from);

    private static int[] Number(string line, string pattern) => Regex.Match(line, pattern) is { Success: true } match
        ? [.. match.Groups.Values.Skip(1).Select(group => int.Parse(group.Value, CultureInfo.InvariantCulture))]
        : [];

    [GeneratedRegex(@"^(struct|union) \w+ \{(?:$|\};)")]
    private static partial Regex Start();

    [GeneratedRegex(@"^\t(?!/\*)\S.*/\*\s+(\d+(?::\s*\d+)?)\s+(\d+) \*/$")]
    private static partial Regex Member();
}
