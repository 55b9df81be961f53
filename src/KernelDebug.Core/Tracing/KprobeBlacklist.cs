using System.Globalization;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>
/// What kprobes may not touch: debugfs' <c>kprobes/blacklist</c>, lines of <c>0xSTART-0xEND NAME</c> (Documentation/trace/kprobes.rst).
/// </summary>
internal sealed class KprobeBlacklist
{
    private const int MaxBytes = 1 << 24;

    private readonly List<(ulong Start, ulong End)> _ranges = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Reads the list of a debugfs.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="BinaryFormatException">It is larger than any.</exception>
    public static KprobeBlacklist Read(string debugFiles) => Parse(LineText.Decode(KernelFile.Read($"{debugFiles}/kprobes/blacklist", firstGuess: 1 << 16, MaxBytes)));

    /// <summary>Takes the text of a list; a line that is none of it says nothing.</summary>
    public static KprobeBlacklist Parse(string text)
    {
        var list = new KprobeBlacklist();
        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split('\t', 2);
            if (fields.Length == 2 && fields[0].Split('-') is [var start, var end] && Address(start) is { } from && Address(end) is { } to)
            {
                list._ranges.Add((from, to));
                list._names.Add(fields[1].Split(' ')[0]);
            }
        }

        return list;
    }

    /// <summary>True where a function may not be touched.</summary>
    /// <param name="name">The function.</param>
    /// <param name="address">Its address; null where the kernel hides it, as it then does in this list.</param>
    public bool Contains(string name, ulong? address) =>
        address is { } at && _ranges.Exists(range => range.Start != 0) ? _ranges.Exists(range => at >= range.Start && at < range.End) : _names.Contains(name);

    private static ulong? Address(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address) ? address : null;
}
