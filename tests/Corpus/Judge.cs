using KernelDebug.Records;

namespace KernelDebug.Corpus;

/// <summary>What came of one file.</summary>
internal sealed record Verdict(CorpusFile File, string Class, string? Ours, string? OurFunction, string Why)
{
    public bool IsAgreement => Why.Length == 0;

    public override string ToString() => $"{File.Name}\t{Why}\ttheirs: {File.Title} [{File.Type}]{(File.IsCorrupted ? " (corrupted)" : "")}\tours: {Ours} | {OurFunction}";
}

/// <summary>Compares the first report of a log with the title that syzkaller expects.</summary>
internal static class Judge
{
    public static Verdict Compare(CorpusFile file, IReadOnlyList<PanicTrace> reports)
    {
        var crashes = reports.Where(r => r.Severity != PanicSeverity.Notice).ToArray();
        PanicTrace? first = crashes.FirstOrDefault();
        string? guilty = first?.GuiltyFrame?.Symbol;
        Verdict Say(string why) => new(file, TitleShape.ClassOf(file.Title), first is null ? null : $"{first.Kind}: {first.Title}{(first.IsCorrupted ? $" (corrupted: {first.CorruptedReason})" : "")}", guilty, why);
        if (string.IsNullOrEmpty(file.Title))
        {
            return Say(reports.Count == 0 ? "" : "no crash expected");
        }

        if (first is null)
        {
            return Say("no report found");
        }

        if (file.Bounds.Any(line => !first.RawText.Contains(line, StringComparison.Ordinal)))
        {
            return Say("bounds");
        }

        string theirs = TitleShape.ClassOf(file.Title);
        if (!TitleShape.FitsKind(theirs, first))
        {
            return Say("kind");
        }

        string? function = TitleShape.FunctionOf(file.Title);
        string?[] ours = [TitleShape.FunctionOf(first.Title), TitleShape.Canonical(guilty)];
        if (function is null || ours.Contains(function))
        {
            return Say("");
        }

        return Say(function == "corrupted" && (first.IsCorrupted || guilty is null) ? "" : "function");
    }
}

/// <summary>Counts.</summary>
internal sealed class Tally
{
    private readonly Dictionary<string, int> _counts = [];
    private int _agreed;
    private int _all;

    public void Add(Verdict verdict)
    {
        _all++;
        _agreed += verdict.IsAgreement ? 1 : 0;
        if (!verdict.IsAgreement)
        {
            _counts[verdict.Why] = _counts.GetValueOrDefault(verdict.Why) + 1;
        }
    }

    public override string ToString() => $"{_agreed} of {_all} agree ({100.0 * _agreed / Math.Max(1, _all):F1} %)"
        + string.Concat(_counts.OrderByDescending(c => c.Value).Select(c => $"; {c.Key}: {c.Value}"));
}
