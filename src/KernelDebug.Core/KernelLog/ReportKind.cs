using KernelDebug.Records;
using KernelDebug.Triage;

namespace KernelDebug.KernelLog;

/// <summary>What ends a report of a kind.</summary>
public enum ReportEnd
{
    /// <summary>Its call trace.</summary>
    CallTrace,
    /// <summary><c>---[ end trace ... ]---</c>, with the registers an oops repeats behind it.</summary>
    EndMarker,
    /// <summary>A line of <c>=</c>.</summary>
    Separator,
    /// <summary><c>---[ end Kernel panic - not syncing ... ]---</c> or the end of the log.</summary>
    Halt,
    /// <summary>Its headline: nothing of its own follows.</summary>
    AtOnce,
}

/// <summary>One row of <see cref="ReportKinds"/>: how a report begins, and what it is.</summary>
/// <param name="Prefix">How the message begins, leading blanks aside.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Severity">What it means for the machine.</param>
/// <param name="Title">
/// The title. <c>{f}</c> is the function (<c> in {f}</c> goes where none is known), <c>{m}</c> the message behind the prefix,
/// <c>{a}</c> the access with a blank before it.
/// </param>
public sealed record ReportKind(string Prefix, PanicKind Kind, PanicSeverity Severity, string Title)
{
    /// <summary>Text the message must have behind the prefix; null where the prefix says it all.</summary>
    public string? Contains { get; init; }
    /// <summary>True for a line that follows a headline of the same report (<c>Oops: 0002 [#1]</c> after <c>BUG: ...</c>).</summary>
    public bool IsSecondary { get; init; }
    /// <summary>Where the guilty frame is looked for.</summary>
    public GuiltyRule Rule { get; init; }
    /// <summary>Functions that are plumbing in a report of this kind, besides those that always are: names with <c>*</c> at either end.</summary>
    public string Plumbing { get; init; } = "";
    /// <summary>What ends it.</summary>
    public ReportEnd End { get; init; }
    /// <summary>True where the frames follow without a <c>Call Trace:</c> line (KMSAN, KCSAN).</summary>
    public bool HasHeaderlessTrace { get; init; }
    /// <summary>True where several CPUs' or tasks' traces belong to one report (lockups, RCU stalls, an OOM kill).</summary>
    public bool HasManyTraces { get; init; }
    /// <summary>True where other stacks and tables come before the report's own trace (lockdep's chains, a page's owner).</summary>
    public bool HasLeadingStacks { get; init; }
    /// <summary>True where a report of this kind may come without any trace.</summary>
    public bool MayLackTrace { get; init; }

    /// <summary>True where the trace differs from one report of a bug to the next.</summary>
    public bool IsTraceRandom => Rule is GuiltyRule.Lockup or GuiltyRule.Stall or GuiltyRule.Hang;

    /// <summary>True where the message begins a report of this kind.</summary>
    /// <param name="message">The message without leading blanks.</param>
    public bool Matches(ReadOnlySpan<char> message) =>
        message.StartsWith(Prefix, StringComparison.Ordinal)
        && (Contains is null || message[Prefix.Length..].Contains(Contains, StringComparison.Ordinal));
}
