using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Taint letters (Documentation/admin-guide/tainted-kernels.rst, <c>taint_flags[]</c> of kernel/panic.c): all up to <c>J</c>,
/// <c>TAINT_FWCTL</c> (in v6.15).
/// </summary>
public static class TaintFlags
{
    /// <summary>What a letter stands for; for a letter not known, words that say so.</summary>
    public static string Describe(char flag) => flag switch
    {
        'P' => "proprietary module loaded",
        'G' => "all modules GPL-compatible",
        'F' => "module force-loaded",
        'S' => "CPU or system out of specification",
        'R' => "module force-unloaded",
        'M' => "machine check happened",
        'B' => "bad page found",
        'U' => "user space asked for the taint",
        'D' => "kernel died before (oops or BUG)",
        'A' => "ACPI table overridden",
        'W' => "warning issued before",
        'C' => "staging driver loaded",
        'I' => "firmware bug worked around",
        'O' => "out-of-tree module loaded",
        'E' => "unsigned module loaded",
        'L' => "soft lockup happened before",
        'K' => "kernel live-patched",
        'X' => "distribution-defined (auxiliary)",
        'T' => "structure layout randomised",
        'N' => "in-kernel test run",
        'J' => "firmware changed by a debug operation (fwctl)",
        _ => $"flag {flag}, not known to this version",
    };

    /// <summary>
    /// Reads <c>Not tainted</c> or <c>Tainted: G        W  OE</c> at the start of <paramref name="text"/>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="taint">The state.</param>
    /// <param name="rest">What follows the letters: the release.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out TaintState taint, out ReadOnlySpan<char> rest)
    {
        taint = null!;
        rest = default;
        if (text.StartsWith("Not tainted", StringComparison.Ordinal))
        {
            taint = new TaintState("", []);
            rest = text["Not tainted".Length..].TrimStart(' ');
            return true;
        }
        if (!text.StartsWith("Tainted: ", StringComparison.Ordinal))
        {
            return false;
        }
        rest = text["Tainted: ".Length..];
        Span<char> letters = stackalloc char[32];
        int count = 0;
        while (true)
        {
            rest = rest.TrimStart(' ');
            int end = 0;
            // Red Hat's kernels print a dash for each of their own letters that is not set.
            while (end < rest.Length && (char.IsAsciiLetterUpper(rest[end]) || rest[end] == '-'))
            {
                end++;
            }
            if (end == 0 || end < rest.Length && rest[end] != ' ' || count + end > letters.Length)
            {
                break;
            }
            foreach (char c in rest[..end])
            {
                if (c != '-')
                {
                    letters[count++] = c;
                }
            }
            rest = rest[end..];
        }
        if (count == 0)
        {
            return false;
        }
        string flags = letters[..count].ToString();
        taint = new TaintState(flags, flags.Select(Describe).ToArray());
        return true;
    }
}
