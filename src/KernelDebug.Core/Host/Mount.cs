using System.Text;

namespace KernelDebug.Host;

/// <summary>A mounted file system (proc_pid_mountinfo(5)).</summary>
/// <param name="Type">The file system's type: <c>tracefs</c>.</param>
/// <param name="Root">The directory in it that is mounted; <c>/</c> for the whole.</param>
/// <param name="Place">Where it is.</param>
internal sealed record Mount(string Type, string Root, string Place)
{
    /// <summary>The mounts this process sees.</summary>
    public static Fact<IReadOnlyList<Mount>> ReadAll(HostFiles files) => files.Text("/proc/self/mountinfo")
        .Then(text => Fact.Of<IReadOnlyList<Mount>>([.. text.Split('\n').Select(Read).OfType<Mount>()]));

    /// <summary><c>24 1 0:23 / /sys/kernel/tracing rw,relatime shared:5 - tracefs tracefs rw</c>; optional fields end at the hyphen.</summary>
    private static Mount? Read(string line)
    {
        string[] fields = line.Split(' ');
        int hyphen = Array.IndexOf(fields, "-");
        return hyphen >= 6 && hyphen + 1 < fields.Length ? new Mount(fields[hyphen + 1], Unescape(fields[3]), Unescape(fields[4])) : null;
    }

    /// <summary>Blank, tab, line feed and backslash are <c>\040</c> and so on (fs/proc_namespace.c, <c>mangle</c>).</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }

        var text = new StringBuilder(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            bool isEscape = field[i] == '\\' && i + 3 < field.Length && field.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0;
            text.Append(isEscape ? (char)((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + field[i + 3] - '0') : field[i]);
            i += isEscape ? 3 : 0;
        }

        return text.ToString();
    }
}
