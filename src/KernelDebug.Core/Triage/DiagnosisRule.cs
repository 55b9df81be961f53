namespace KernelDebug.Triage;

/// <summary>What in a report supports a rule's statement.</summary>
/// <param name="Evidence">The place in the log.</param>
/// <param name="Words">What goes into the statement's <c>{0}</c>, <c>{1}</c>, ...</param>
internal sealed record Finding(string Evidence, params string[] Words);

/// <summary>One row of the table: what is said, where the kernel defines it, and when.</summary>
/// <param name="Id">The fact's stable name.</param>
/// <param name="Statement">What is said, with places for the finding's words.</param>
/// <param name="Source">The kernel's own file and symbol.</param>
/// <param name="Find">What supports it; nothing where the report does not.</param>
internal sealed record DiagnosisRule(string Id, string Statement, string Source, Func<CrashEvidence, IEnumerable<Finding>> Find)
{
    /// <summary>A row for what the kernel itself prints: the line from the phrase on is the evidence.</summary>
    public static DiagnosisRule Printed(string id, string phrase, string statement, string source) => new(id, statement, source,
        evidence => evidence.Line(phrase) is { } line ? [new Finding(line)] : []);
}
