using System.Globalization;
using System.Text.RegularExpressions;

namespace KernelDebug.Tests.Support;

/// <summary>
/// A run of addresses for which independent symbolizers agree on the frames, innermost first (tests/Fixtures/oracle.py). The
/// section is what the addresses count from in a relocatable file; null for link-time addresses.
/// </summary>
internal sealed record OracleRun(string? Section, ulong Start, ulong End, IReadOnlyList<OracleFrame> Frames)
{
    /// <summary>True where the tools know nothing of the addresses.</summary>
    public bool IsUnknown => Frames is [{ Function: null, File: null, Line: null }];
}

/// <summary>
/// One frame; null for what the tools do not know. The plain name stands where the debug information has no mangled name and
/// the symbol table has.
/// </summary>
internal sealed record OracleFrame(string? Function, string? PlainName, string? File, int? Line, int? Column);

internal static partial class Oracle
{
    [GeneratedRegex(@"^(?<function>.*?)@(?<file>[^@]*):(?<line>\d+):(?<column>\d+)$")]
    private static partial Regex Frame { get; }

    /// <summary>The runs on which the tools agree.</summary>
    public static IReadOnlyList<OracleRun> Read(string fixture)
    {
        var runs = new List<OracleRun>();
        foreach (string line in File.ReadLines(FixtureFiles.Path(fixture + ".oracle.txt")))
        {
            if (line.StartsWith('#') || line.StartsWith('!'))
            {
                continue;
            }

            string[] fields = line.Split('\t');
            (string? section, ulong start) = Place(fields[0]);
            runs.Add(new OracleRun(section, start, Place(fields[1]).Address, [.. fields[2].Split('|').Select(ParseFrame)]));
        }

        return runs;
    }

    private static (string? Section, ulong Address) Place(string text)
    {
        string[] parts = text.Split('+');
        return (parts.Length == 2 ? parts[0] : null, ulong.Parse(parts[^1].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
    }

    private static OracleFrame ParseFrame(string text)
    {
        Match match = Frame.Match(text);
        string[] names = match.Groups["function"].Value.Split('~');
        return new OracleFrame(Known(names[0]), names.Length > 1 ? names[1] : null, Known(match.Groups["file"].Value), Number("line"), Number("column"));

        int? Number(string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) is var n and > 0 ? n : null;
    }

    private static string? Known(string text) => text == "?" ? null : text;
}
