using System.Security.Cryptography;
using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>
/// One text for one bug. It is made of the kind, the function of the guilty frame, and the next functions of the trace that are not
/// plumbing; of a kind whose trace is an accident (a lockup, a hang) the guilty function alone. Addresses, offsets, sizes, modules'
/// build-ids, CPUs, tasks, compiler suffixes and <c>?</c> frames do not enter. What two builds inline differently can change it.
/// </summary>
public static class CrashSignature
{
    /// <summary>The version of these rules. Signatures of different versions are never equal.</summary>
    public const int Version = 1;

    private const int Depth = 3;

    /// <summary>The signature.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="subject">What tells reports of a kind apart that name no function: the panic's reason, the device; numbers do not count.</param>
    /// <param name="guilty">The guilty frame.</param>
    /// <param name="candidates">The frames it was chosen from.</param>
    /// <param name="isTraceRandom">True where the trace differs from one report of a bug to the next.</param>
    public static string Of(PanicKind kind, string? subject, TraceFrame? guilty, IReadOnlyList<TraceFrame> candidates, bool isTraceRandom)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var text = new StringBuilder(kind.ToString());
        if (guilty?.Symbol is not { } symbol)
        {
            text.Append('\n').Append(WithoutNumbers(subject ?? ""));
        }
        else
        {
            text.Append('\n').Append(isTraceRandom ? FunctionName.Family(symbol) : FunctionName.Canonical(symbol));
            if (!isTraceRandom)
            {
                foreach (TraceFrame frame in candidates.SkipWhile(f => !ReferenceEquals(f, guilty)).Skip(1)
                    .Where(f => f is { IsReliable: true, Symbol: not null } && (FrameRoles.Of(FunctionName.WithoutSuffix(f.Symbol)) & FrameRoles.All) == 0)
                    .Take(Depth - 1))
                {
                    text.Append('\n').Append(FunctionName.Canonical(frame.Symbol!));
                }
            }
        }
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
        return $"{Version}:{Convert.ToHexStringLower(hash.AsSpan(0, 8))}";
    }

    private static string WithoutNumbers(string subject)
    {
        var text = new StringBuilder(subject.Length);
        foreach (string word in subject.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append(word.Any(char.IsAsciiDigit) ? "#" : word).Append(' ');
        }
        return text.ToString();
    }
}
