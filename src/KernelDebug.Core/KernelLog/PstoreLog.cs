using System.Globalization;

namespace KernelDebug.KernelLog;

/// <summary>One file of <c>/sys/fs/pstore</c>: a whole dump, or on small stores (EFI variables) a part of one.</summary>
/// <param name="Path">The file.</param>
/// <param name="Time">When the kernel wrote it, as the file's time says.</param>
/// <param name="Text">What it holds.</param>
public sealed record PstoreFile(string Path, DateTime Time, string Text);

/// <summary>
/// A crash's log as pstore kept it over the reboot. Each file begins <c>Panic#1 Part2</c>; part 1 is the log's end, written first
/// (fs/pstore/platform.c, pstore_dump), so that a dump reads from its highest part down.
/// </summary>
/// <param name="Path">The file with the log's beginning.</param>
/// <param name="Lines">The lines in the order the kernel printed them, headers left out.</param>
public sealed record PstoreLog(string Path, IReadOnlyList<string> Lines)
{
    private static readonly TimeSpan LongestDump = TimeSpan.FromMinutes(1);

    /// <summary>Puts the parts of each dump together; the oldest dump first.</summary>
    public static IReadOnlyList<PstoreLog> Join(IEnumerable<PstoreFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var dumps = new List<List<(PstoreFile File, string Dump, int Part, string Body)>>();
        foreach (PstoreFile file in files.OrderBy(f => f.Time).ThenBy(f => f.Path, StringComparer.Ordinal))
        {
            (string name, int part, string body) = ReadHeader(file.Text);
            // The count begins anew each boot: of one name, a part that is there already or a time far off is another dump.
            var dump = dumps.FindLast(d => name.Length > 0 && d[0].Dump == name && Backend(d[0].File.Path) == Backend(file.Path)
                && file.Time - d[0].File.Time <= LongestDump && d.TrueForAll(p => p.Part != part));
            if (dump is null)
            {
                dumps.Add(dump = []);
            }

            dump.Add((file, name, part, body));
        }

        return dumps.Select(dump =>
        {
            dump.Sort((a, b) => b.Part.CompareTo(a.Part));
            return new PstoreLog(dump[0].File.Path, string.Concat(dump.Select(p => p.Body)).TrimEnd('\n').Split('\n'));
        }).ToArray();
    }

    /// <summary>The file's name up to its number: <c>dmesg-efi_pstore</c>.</summary>
    private static string Backend(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        int number = name.LastIndexOf('-');
        return number < 0 ? name : name[..number];
    }

    /// <summary><c>Panic#1 Part2</c>: the dump's name, the part, and the text after it; an empty name where there is no such header.</summary>
    private static (string Dump, int Part, string Body) ReadHeader(string text)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        string first = end < 0 ? text : text[..end];
        int at = first.IndexOf(" Part", StringComparison.Ordinal);
        return at > 0 && first.Contains('#', StringComparison.Ordinal)
            && int.TryParse(first.AsSpan(at + 5).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int part)
            ? (first[..at], part, end < 0 ? "" : text[(end + 1)..])
            : ("", 0, text);
    }
}
