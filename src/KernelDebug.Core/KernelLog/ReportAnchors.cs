using System.Buffers;

namespace KernelDebug.KernelLog;

/// <summary>
/// Texts of which a line has at least one where it can begin a report, or tells something that later reports need. Most lines of
/// a log have none, and a reader passes over them without looking closer.
/// </summary>
public static class ReportAnchors
{
    // What begins a report without being a row of the table, and what is remembered between reports.
    private static readonly string[] s_others =
    [
        "-[ cut here ]-", "8<--- cut here ---", "Call Trace:", "Call trace:", "Backtrace:", "stack backtrace:", "Stack traceback", " Comm: ", ", comm: ", " state:",
        "NMI backtrace for cpu", ": loading out-of-tree module", "messages dropped", " kernel messages",
    ];

    /// <summary>The texts; none contains another.</summary>
    public static IReadOnlyList<string> All { get; } = MakeAll();

    /// <summary>The same, to search for.</summary>
    public static SearchValues<string> Texts { get; } = SearchValues.Create([.. All], StringComparison.Ordinal);

    /// <summary>True where a line may matter to a parser that is idle, as it stands or once its escapes are read.</summary>
    public static bool IsIn(ReadOnlySpan<char> line) =>
        line.ContainsAny(Texts) || line.IndexOfAny(TerminalText.Escape, TerminalText.Csi, '\\') >= 0 || WrappedLines.IsFull(line);

    private static string[] MakeAll()
    {
        const int enough = 6;
        string[] all = ReportKinds.All.Select(k => k.Contains is { } inner && k.Prefix.Length < enough && k.Prefix.Length < inner.Length ? inner : k.Prefix).Concat(s_others).Distinct().ToArray();
        return all.Where(text => !all.Any(other => other.Length < text.Length && text.Contains(other, StringComparison.Ordinal))).ToArray();
    }
}
