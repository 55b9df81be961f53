using KernelDebug.Records;
using KernelDebug.Triage;

namespace KernelDebug.KernelLog;

/// <summary>What a reader wants first, from what the lines say: the title, the guilty frame, the signature.</summary>
internal static class ReportSummary
{
    /// <summary>The report with these filled in.</summary>
    /// <param name="report">The report.</param>
    /// <param name="kind">Its row.</param>
    /// <param name="named">The places it names that are no frames.</param>
    /// <param name="access"><c>Read</c> or <c>Write</c>; null where not said.</param>
    public static PanicTrace Complete(PanicTrace report, ReportKind kind, IReadOnlyList<TraceFrame> named, string? access)
    {
        var candidates = GuiltyFrames.Candidates(kind.Rule, report, named);
        // A BUG in the allocator is known by the allocator's function.
        FrameRole untitled = kind.Kind == PanicKind.Bug ? FrameRoles.Untitled & ~FrameRole.Allocator : FrameRoles.Untitled;
        TraceFrame? titled = GuiltyFrames.Choose(kind.Rule, candidates, untitled, kind.Plumbing);
        TraceFrame? guilty = GuiltyFrames.Choose(kind.Rule, candidates, FrameRoles.All, kind.Plumbing);
        string title = ReportTitle.Build(kind, report, titled?.Symbol ?? guilty?.Symbol ?? Fallback(kind, candidates), access);
        if (kind.Kind == PanicKind.RcuStall)
        {
            report = OfStalled(report, guilty);
        }

        return report with
        {
            Title = title,
            GuiltyFrame = guilty,
            TaintingModules = TaintingModules(report),
            Signature = CrashSignature.Of(report.Kind, title, guilty, candidates, kind.IsTraceRandom),
        };
    }

    // A stall's report dumps several tasks, the kthread that waits among them: meant is the one whose stack the guilty frame is in.
    private static PanicTrace OfStalled(PanicTrace report, TraceFrame? guilty)
    {
        ReportStack? stack = guilty is null ? null : report.Stacks.FirstOrDefault(s => ReferenceEquals(s.InstructionPointer, guilty) || s.Frames.Any(f => ReferenceEquals(f, guilty)));
        return stack is { ProcessId: not null } ? report with { ProcessId = stack.ProcessId, Comm = stack.Comm, Cpu = stack.Cpu }
            : report.Comm?.StartsWith("rcu_", StringComparison.Ordinal) == true ? report with { ProcessId = null, Comm = null, Cpu = null }
            : report;
    }

    // Where all that is known is plumbing, the place of the fault still says more than nothing.
    private static string? Fallback(ReportKind kind, IReadOnlyList<TraceFrame> candidates) =>
        kind.Rule is GuiltyRule.Headline or GuiltyRule.InstructionPointer ? candidates.FirstOrDefault(f => f.IsReliable)?.Symbol : null;

    private static string[] TaintingModules(PanicTrace report)
    {
        HashSet<string> tainting = report.Modules.Where(m => m.Flags.Any(c => c is not ('+' or '-'))).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        IEnumerable<TraceFrame> frames = [.. report.InstructionPointer is { } stop ? new[] { stop } : [], .. report.CallTrace, .. report.Stacks.SelectMany(s => s.Frames)];
        return frames.Where(f => f.Module is not null && f.IsReliable && (f.IsOutOfTree || tainting.Contains(f.Module))).Select(f => f.Module!).Distinct(StringComparer.Ordinal).ToArray();
    }
}
