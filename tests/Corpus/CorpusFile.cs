namespace KernelDebug.Corpus;

/// <summary>
/// One file of syzkaller's <c>pkg/report/testdata/linux/report</c>: headers (<c>TITLE</c>, <c>TYPE</c>, <c>FRAME</c>, <c>START</c>,
/// <c>END</c>, <c>CORRUPTED</c>), an empty line, the log, and perhaps <c>REPORT:</c> with what its own parser extracted.
/// </summary>
internal sealed record CorpusFile(string Name, IReadOnlyDictionary<string, string> Headers, IReadOnlyList<string> Log)
{
    private static readonly string[] s_bounds = ["START", "END"];

    /// <summary>The title their parser gives; null where the log has no crash.</summary>
    public string? Title => Headers.GetValueOrDefault("TITLE");

    /// <summary>The title's class (<c>HANG</c>, <c>LOCKDEP</c>); null where it has none.</summary>
    public string? Type => Headers.GetValueOrDefault("TYPE");

    /// <summary>True where their parser calls the report damaged.</summary>
    public bool IsCorrupted => Headers.GetValueOrDefault("CORRUPTED") == "Y";

    /// <summary>The first and the last line of the crash that say so, where the file states them: the headline, and a panic after it.</summary>
    public IEnumerable<string> Bounds => s_bounds.Select(name => Headers.GetValueOrDefault(name)).OfType<string>();

    /// <summary>Reads a file.</summary>
    public static CorpusFile Read(string path)
    {
        string[] lines = File.ReadAllText(path).Replace("\r", "", StringComparison.Ordinal).TrimEnd('\n').Split('\n');
        int blank = Array.IndexOf(lines, "");
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in lines[..blank])
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0 && line[0] != '#')
            {
                headers.TryAdd(line[..colon], line[(colon + 2)..]);
            }
        }

        int end = blank + 1;
        while (end < lines.Length && !(lines[end] == "REPORT:" && lines[end - 1].Length == 0))
        {
            end++;
        }

        return new CorpusFile(Path.GetFileName(path), headers, lines[(blank + 1)..end]);
    }
}
