using System.Text.RegularExpressions;

namespace KernelDebug.HelpBuilder;

/// <summary>A part of a page: its heading, its text, and the fenced blocks taken out of it.</summary>
internal sealed record Section(string Title, string Text, IReadOnlyList<string> Blocks, IReadOnlyList<Section> Parts)
{
    /// <summary>The paragraphs without markup: PowerShell shows plain text.</summary>
    public IEnumerable<string> Paragraphs => Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(text => HelpPage.Plain(text.Replace('\n', ' ')));

    public Section Part(string title) => Parts.FirstOrDefault(part => part.Title == title) ?? throw new FormatException($"{Title}: no section {title}");
}

/// <summary>A cmdlet's page in the shape PlatyPS gives it.</summary>
internal static partial class HelpPage
{
    /// <exception cref="FormatException">The page lacks its title or closes a fenced block too few.</exception>
    public static Section Read(string path)
    {
        string page = File.ReadAllText(path).ReplaceLineEndings("\n");
        if (page.StartsWith("---\n", StringComparison.Ordinal))
        {
            page = page[(page.IndexOf("\n---\n", 4, StringComparison.Ordinal) + 5)..];
        }

        string[] lines = page.Split('\n');
        int at = Array.FindIndex(lines, line => line.StartsWith("# ", StringComparison.Ordinal));
        return at < 0 ? throw new FormatException($"{path}: no title") : ReadSection(path, lines, ref at, 1);
    }

    public static string Plain(string markdown) => Link().Replace(markdown, "$1").Replace("`", "", StringComparison.Ordinal);

    private static Section ReadSection(string path, string[] lines, ref int at, int level)
    {
        string title = lines[at++][level..].Trim();
        var text = new List<string>();
        var blocks = new List<string>();
        var parts = new List<Section>();
        while (at < lines.Length)
        {
            int depth = Level(lines[at]);
            if (depth > 0 && depth <= level)
            {
                break;
            }

            if (depth > level)
            {
                parts.Add(ReadSection(path, lines, ref at, depth));
            }
            else if (lines[at].StartsWith("```", StringComparison.Ordinal))
            {
                int end = Array.FindIndex(lines, at + 1, line => line == "```");
                if (end < 0)
                {
                    throw new FormatException($"{path}: line {at + 1}: the block is not closed");
                }

                blocks.Add(string.Join('\n', lines[(at + 1)..end]));
                at = end + 1;
            }
            else
            {
                text.Add(lines[at++]);
            }
        }

        return new Section(title, string.Join('\n', text).Trim(), blocks, parts);
    }

    private static int Level(string line)
    {
        int level = line.TakeWhile(c => c == '#').Count();
        return level > 0 && level < line.Length && line[level] == ' ' ? level : 0;
    }

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();
}
