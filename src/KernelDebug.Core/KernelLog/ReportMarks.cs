namespace KernelDebug.KernelLog;

/// <summary>Lines that stand between reports, or between their parts, and say nothing else.</summary>
internal static class ReportMarks
{
    /// <summary>A line of <c>=</c>, which sanitizers and lockdep print around a report.</summary>
    public static bool IsSeparator(ReadOnlySpan<char> text) => text.Length >= 20 && text.IndexOfAnyExcept('=') < 0;

    /// <summary>printk or journald saying that lines are missing.</summary>
    public static bool IsLossNotice(ReadOnlySpan<char> text) =>
        text.StartsWith("** ", StringComparison.Ordinal) && text.Contains("messages dropped", StringComparison.Ordinal)
        || text.Contains("Missed ", StringComparison.Ordinal) && text.EndsWith(" kernel messages", StringComparison.Ordinal);

    /// <summary>What WARN() and BUG() print first; <c>8&lt;--- cut here ---</c> is arm's (arch/arm/kernel/traps.c).</summary>
    public static bool IsCutHere(ReadOnlySpan<char> text) =>
        text.StartsWith("------------[ cut here ]", StringComparison.Ordinal) || text.StartsWith("8<--- cut here ---", StringComparison.Ordinal);
}
