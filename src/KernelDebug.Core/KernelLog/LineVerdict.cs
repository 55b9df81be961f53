namespace KernelDebug.KernelLog;

/// <summary>What a line is to an open report.</summary>
internal enum LineVerdict
{
    /// <summary>Part of it.</summary>
    Belongs,
    /// <summary>Part of it if one that belongs follows soon.</summary>
    Unknown,
    /// <summary>Not part of it: the report is over, and the line may begin another.</summary>
    Foreign,
    /// <summary>Another CPU's, which prints at the same time: the report goes on later.</summary>
    Aside,
    /// <summary>Its last line.</summary>
    Last,
}
