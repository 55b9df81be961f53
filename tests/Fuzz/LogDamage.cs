namespace KernelDebug.Fuzz;

/// <summary>Damages a log by its lines, as lost messages, two consoles, two CPUs and serial terminals do.</summary>
internal static class LogDamage
{
    private const int TerminalWidth = 80;

    /// <summary>A damaged copy; mostly the lines as they are.</summary>
    public static string[] Damage(string[] lines, Random random)
    {
        if (lines.Length < 2)
        {
            return lines;
        }

        int at = random.Next(lines.Length);
        int count = random.Next(1, Math.Min(20, lines.Length - at) + 1);
        switch (random.Next(12))
        {
            case 0:
                return [.. lines[..at], .. lines[(at + count)..]];
            case 1:
                return [.. lines[..at], $"** {count} printk messages dropped **", .. lines[(at + count)..]];
            case 2:
                return [.. lines[..at], .. lines.Skip(at).Take(count).SelectMany(l => new[] { l, l }), .. lines[(at + count)..]];
            case 3:
                return [.. lines.SelectMany(l => Wrap(l))];
            case 4:
                return Interleave(lines[..at], lines[at..], random);
            case 5:
                string cut = lines[at];
                string other = lines[random.Next(lines.Length)];
                int column = random.Next(cut.Length + 1);
                return [.. lines[..at], cut[..column] + other + cut[column..], .. lines[(at + 1)..]];
            case 6:
                return [.. lines[at..], .. lines[..at]];
            default:
                return lines;
        }
    }

    /// <summary>The rows a terminal makes of a line.</summary>
    public static IEnumerable<string> Wrap(string line)
    {
        for (; line.Length > TerminalWidth; line = line[TerminalWidth..])
        {
            yield return line[..TerminalWidth];
        }

        yield return line;
    }

    /// <summary>The lines of two CPUs in an order that chance makes, each CPU's in its own order.</summary>
    public static string[] Interleave(string[] one, string[] two, Random random)
    {
        var mixed = new List<string>(one.Length + two.Length);
        for (int i = 0, j = 0; i < one.Length || j < two.Length;)
        {
            mixed.Add(j == two.Length || i < one.Length && random.Next(2) == 0 ? one[i++] : two[j++]);
        }

        return [.. mixed];
    }
}
