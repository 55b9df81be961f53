using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>What a report means for the machine.</summary>
public enum ReportSeverity
{
    /// <summary>Information: the kernel goes on unharmed.</summary>
    Notice,
    /// <summary>Something is wrong; the kernel goes on.</summary>
    Warning,
    /// <summary>A task was killed, or memory is damaged.</summary>
    Error,
    /// <summary>The kernel stopped.</summary>
    Fatal,
}

/// <summary>Where the function of a report's title is taken from.</summary>
public enum TitleFunction
{
    /// <summary>The instruction pointer; the call trace where that names none.</summary>
    InstructionPointer,
    /// <summary>The first place the headline names; the call trace where it names none.</summary>
    Headline,
    /// <summary>The first frame of the call trace that is not the reporting machinery's own.</summary>
    CallTrace,
}

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
}

/// <summary>One row of <see cref="ReportKinds"/>: how a report begins, and what it is.</summary>
/// <param name="Prefix">How the message begins, leading blanks aside.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Severity">What it means for the machine.</param>
/// <param name="Title">
/// The title. <c>{f}</c> is the function (<c> in {f}</c> goes where none is known), <c>{m}</c> the message behind the prefix,
/// <c>{a}</c> a sanitizer's <c> Read</c> or <c> Write</c>.
/// </param>
public sealed record ReportKind(string Prefix, PanicKind Kind, ReportSeverity Severity, string Title)
{
    /// <summary>Text the message must have behind the prefix; null where the prefix says it all.</summary>
    public string? Contains { get; init; }
    /// <summary>True for a line that follows a headline of the same report (<c>Oops: 0002 [#1]</c> after <c>BUG: ...</c>).</summary>
    public bool IsSecondary { get; init; }
    /// <summary>Whence the title's function comes.</summary>
    public TitleFunction Function { get; init; }
    /// <summary>What ends it.</summary>
    public ReportEnd End { get; init; }
    /// <summary>True where the frames follow without a <c>Call Trace:</c> line (KMSAN, KCSAN).</summary>
    public bool HasHeaderlessTrace { get; init; }
    /// <summary>True where several CPUs' or tasks' traces belong to one report (RCU stalls, lockdep).</summary>
    public bool HasManyTraces { get; init; }

    /// <summary>True where the message begins a report of this kind.</summary>
    /// <param name="message">The message without leading blanks.</param>
    public bool Matches(ReadOnlySpan<char> message) =>
        message.StartsWith(Prefix, StringComparison.Ordinal)
        && (Contains is null || message[Prefix.Length..].Contains(Contains, StringComparison.Ordinal));
}
