using System.Text;
using KernelDebug.Records;
using KernelDebug.Triage;

namespace KernelDebug.KernelLog;

/// <summary>
/// Titles in the shape people search for. The wording follows what syzbot's mails and bug trackers use, so that a title is
/// also a query.
/// </summary>
internal static class ReportTitle
{
    /// <summary>The title of a report.</summary>
    /// <param name="kind">Its row.</param>
    /// <param name="report">What its lines say.</param>
    /// <param name="symbol">The function it is named after; null where none is known.</param>
    /// <param name="access"><c>Read</c> or <c>Write</c>; null where not said.</param>
    public static string Build(ReportKind kind, PanicTrace report, string? symbol, string? access)
    {
        string title = kind.Title;
        if (title.Contains("{m}", StringComparison.Ordinal))
        {
            title = title.Replace("{m}", Message(kind, report), StringComparison.Ordinal);
        }
        title = title.Replace("{a}", access is null ? "" : " " + access, StringComparison.Ordinal);
        return symbol is null
            ? title.Replace(" in {f}", "", StringComparison.Ordinal)
            : title.Replace("{f}", kind.IsTraceRandom ? FunctionName.Family(symbol) : FunctionName.Canonical(symbol), StringComparison.Ordinal);
    }

    private static string Message(ReportKind kind, PanicTrace report)
    {
        string headline = report.Headline;
        string message = headline[Math.Min(kind.Prefix.Length, headline.Length)..].Trim();
        switch (kind.Kind)
        {
            case PanicKind.RustPanic:
                return report.Message ?? "rust_kernel panicked";
            case PanicKind.PreemptibleAccess:
                return Until(message, "()");
            case PanicKind.OutOfMemory:
                return Until(message, " invoked oom-killer");
            case PanicKind.SpinlockBug:
                return Until(message, " on CPU#");
            case PanicKind.Kcsan:
                return WithoutOffsets(message);
            case PanicKind.BusyFileSystem:
                int of = message.IndexOf(" of ", StringComparison.Ordinal);
                int bracket = message.LastIndexOf('[');
                return of > bracket && bracket >= 0 ? $" in {message[(bracket + 1)..of]}" : "";
            case PanicKind.Slub:
                return message.IndexOf("): ", StringComparison.Ordinal) is >= 0 and var end ? message[(end + 3)..] : WithoutOffsets(message);
            case PanicKind.Kasan or PanicKind.Kmsan or PanicKind.Kfence or PanicKind.Ubsan:
                return Until(Until(message, " in "), " on address");
            case PanicKind.Panic when message.IndexOf("): ", StringComparison.Ordinal) > 0 && kind.Prefix.StartsWith("trusty", StringComparison.Ordinal):
                // "(caller 0x...): DEBUG ASSERT FAILED at (file:line): expression".
                return message.Contains("ASSERT FAILED", StringComparison.Ordinal) ? $"ASSERT FAILED: {message[(message.LastIndexOf("): ", StringComparison.Ordinal) + 3)..]}" : message[(message.IndexOf("): ", StringComparison.Ordinal) + 3)..];
            case PanicKind.Panic:
                return WithoutOffsets(Until(message, " CPU: "));
            default:
                return WithoutOffsets(message);
        }
    }

    private static string Until(string text, string mark) => text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? text[..at] : text;

    // "f+0x551/0xb10" is "f": offsets differ from build to build.
    private static string WithoutOffsets(string text)
    {
        var title = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '+' && i + 2 < text.Length && text[i + 1] == '0' && text[i + 2] == 'x')
            {
                i += 3;
                while (i < text.Length && (char.IsAsciiHexDigit(text[i]) || text[i] == '/' && i + 2 < text.Length && text[i + 1] == '0' && text[i + 2] == 'x' && (i += 2) > 0))
                {
                    i++;
                }
                i--;
                continue;
            }
            title.Append(text[i]);
        }
        return title.ToString();
    }
}
