using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>How often each crash has come in a log.</summary>
internal sealed class RepeatCounter
{
    private readonly Dictionary<string, (int Line, int Count)> _seen = new(StringComparer.Ordinal);

    /// <summary>The report, told which of its kind it is.</summary>
    public PanicTrace Count(PanicTrace trace)
    {
        if (_seen.TryGetValue(trace.Signature, out var before))
        {
            _seen[trace.Signature] = (before.Line, before.Count + 1);
            return trace with { RepeatOfLine = before.Line, Occurrence = before.Count + 1 };
        }
        if (_seen.Count < LogLimits.MaxSignatures)
        {
            _seen.Add(trace.Signature, (trace.FirstLine, 1));
        }
        return trace;
    }
}
