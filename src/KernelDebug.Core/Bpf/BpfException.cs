using System.Text.RegularExpressions;
using KernelDebug.Bpf.Native;

namespace KernelDebug.Bpf;

/// <summary>What BPF was asked for and refused: libbpf's text, the errno, the verifier's log, and why as far as can be told.</summary>
public sealed partial class BpfException : Exception
{
    private const int TailLines = 8;

    internal BpfException(string operation, string? program, LibbpfException cause, BpfRefusal refusal)
        : base($"{operation}: {refusal.Text}", cause)
    {
        Program = program ?? FailedProgram(cause.Messages);
        Function = cause.Function;
        ErrorNumber = cause.ErrorNumber;
        ErrorName = cause.ErrorName;
        Messages = cause.Messages;
        VerifierLog = FindLog(cause.Messages);
        Refusal = refusal;
    }

    internal BpfException(string operation, string? program, BpfRefusal refusal)
        : base($"{operation}: {refusal.Text}")
    {
        Program = program;
        Function = "";
        Messages = [];
        Refusal = refusal;
    }

    /// <summary>The program it went wrong with; null where it was the object as a whole.</summary>
    public string? Program { get; }

    /// <summary>The function of libbpf or the system call; empty where none was made.</summary>
    public string Function { get; }

    /// <summary>The error, positive; 0 where no call was made.</summary>
    public int ErrorNumber { get; }

    /// <summary><c>EPERM</c>; null where there is none, or none of a name.</summary>
    public string? ErrorName { get; }

    /// <summary>What libbpf said, all levels, in order.</summary>
    public IReadOnlyList<LibbpfMessage> Messages { get; }

    /// <summary>The verifier's whole log; null where it wrote none.</summary>
    public string? VerifierLog { get; }

    /// <summary>The verifier's last lines, which say what it did not like; empty where it wrote none.</summary>
    public string VerifierTail => VerifierLog is null
        ? ""
        : string.Join('\n', VerifierLog.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("processed ", StringComparison.Ordinal)).TakeLast(TailLines));

    /// <summary>Why, and what to do about it.</summary>
    public BpfRefusal Refusal { get; }

    private static string? FindLog(IReadOnlyList<LibbpfMessage> messages)
    {
        const string Begin = "-- BEGIN PROG LOAD LOG --\n", End = "-- END PROG LOAD LOG --";
        foreach (LibbpfMessage message in messages)
        {
            int start = message.Text.IndexOf(Begin, StringComparison.Ordinal);
            if (start >= 0)
            {
                int end = message.Text.IndexOf(End, start, StringComparison.Ordinal);
                return message.Text[(start + Begin.Length)..(end < 0 ? message.Text.Length : end)];
            }
        }

        return null;
    }

    private static string? FailedProgram(IReadOnlyList<LibbpfMessage> messages) => messages
        .Where(message => message.Level == LibbpfLevel.Warning)
        .Select(message => ProgramPattern().Match(message.Text))
        .LastOrDefault(match => match.Success)?.Groups[1].Value;

    [GeneratedRegex("prog '([^']*)':")]
    private static partial Regex ProgramPattern();
}
