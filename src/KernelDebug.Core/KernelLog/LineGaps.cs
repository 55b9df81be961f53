namespace KernelDebug.KernelLog;

/// <summary>How far a report has come.</summary>
internal enum ReportStage
{
    /// <summary>Before its first trace.</summary>
    Header,
    /// <summary>In a trace.</summary>
    Trace,
    /// <summary>Behind one.</summary>
    AfterTrace,
    /// <summary>Behind its end marker.</summary>
    Ended,
}

/// <summary>How many lines of others a report bears between two of its own, by where it stands.</summary>
internal static class LineGaps
{
    private const int InHeader = 40;
    private const int InTrace = 8;
    private const int BeforeEndMarker = 24;
    private const int BeforeSeparator = 64;
    private const int AfterEndMarker = 8;
    private const int AfterPanic = 12;

    /// <param name="stage">Where it stands.</param>
    /// <param name="kind">Its kind; null while the headline is to come.</param>
    /// <param name="isUnannounced">True in frames that no header announced: the header may come.</param>
    /// <param name="hasPanicked">True once the report led to a panic.</param>
    /// <param name="hasReportFrames">True once it has its own trace.</param>
    public static int Allowed(ReportStage stage, ReportKind? kind, bool isUnannounced, bool hasPanicked, bool hasReportFrames) => stage switch
    {
        ReportStage.Header => InHeader,
        ReportStage.Trace when isUnannounced => InHeader,
        ReportStage.Ended => AfterEndMarker,
        ReportStage.Trace => InTrace,
        _ when hasPanicked || kind?.End == ReportEnd.Halt => AfterPanic,
        _ => kind?.End switch
        {
            ReportEnd.EndMarker or null => BeforeEndMarker,
            ReportEnd.Separator => BeforeSeparator,
            _ => kind!.HasManyTraces ? AfterPanic : hasReportFrames ? 0 : InHeader,
        },
    };
}
