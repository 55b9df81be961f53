using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>What is wrong with a report that is over: cut, mixed, or damaged on its way.</summary>
internal static class ReportFlaws
{
    /// <summary>The gravest, in a sentence without its end; null where nothing is.</summary>
    public static string? Describe(PanicReportBuilder report, ReportKind kind, ReportContent content, ReportLines lines)
    {
        if (report.Corruption is not null)
        {
            return report.Corruption;
        }
        if (report.Unannounced is { } line)
        {
            return $"line {line} is a frame of a call trace whose header is missing";
        }
        if (report.IsDoubled)
        {
            return "each line stands twice, as two consoles print it";
        }
        if (lines.HasWrapped)
        {
            return "lines were wrapped at 80 columns, and are put together here";
        }
        if (report.IsMixed)
        {
            return "another report was printed at the same time, and their lines may be mixed";
        }
        if (lines.HasLoss)
        {
            return "printk messages were dropped inside the report";
        }
        if (kind == ReportKinds.Unknown)
        {
            return "the headline is missing or of no known kind";
        }
        if (!content.HasFrames)
        {
            return MayLackFrames(report, kind, content) ? null : $"the report ends at line {lines.Last} without a call trace";
        }
        if (content.HasOpenTask)
        {
            return $"the call trace is cut: <TASK> is not closed by line {lines.Last}";
        }
        return kind.End == ReportEnd.EndMarker && !report.HasEnded && !report.HasPanicked ? $"the report ends at line {lines.Last} without its end marker" : null;
    }

    // A double fault's stack is often beyond reading: a header, and nothing behind it. riscv has no header, and nothing where it
    // stopped outside of code (walk_stackframe, arch/riscv/kernel/stacktrace.c).
    private static bool MayLackFrames(PanicReportBuilder report, ReportKind kind, ReportContent content) =>
        kind.MayLackTrace || report.HasEnded && (content.Stacks.HasAny || content.IsRiscV && content.KindOf(kind) == PanicKind.ExecuteFault);
}
