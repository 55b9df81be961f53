namespace KernelDebug.Records;

/// <summary>How a diagnostic is shown.</summary>
public enum DiagnosticSeverity
{
    /// <summary>What was tried: only when asked for.</summary>
    Verbose,
    /// <summary>The answer is incomplete.</summary>
    Warning,
    /// <summary>What was asked for cannot be given.</summary>
    Error,
}

/// <summary>Something the user should know that belongs to no single line.</summary>
/// <param name="Severity">How it is shown.</param>
/// <param name="Id">A stable id: <c>VmlinuxNotFound</c>.</param>
/// <param name="Message">One sentence with names and numbers.</param>
/// <param name="RecommendedAction">The next step; null where there is none.</param>
/// <param name="Target">The file or module it is about; null where none.</param>
public sealed record Diagnostic(DiagnosticSeverity Severity, string Id, string Message, string? RecommendedAction, string? Target);
