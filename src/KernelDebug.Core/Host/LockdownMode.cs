namespace KernelDebug.Host;

/// <summary>How far the kernel keeps even root out (security/lockdown; kernel_lockdown(7)).</summary>
public enum LockdownMode
{
    /// <summary>Not at all.</summary>
    None,
    /// <summary>What could change the running kernel is refused: unsigned modules, /dev/mem, BPF programs that write user memory.</summary>
    Integrity,
    /// <summary>What could read it too: kprobes, tracefs, BPF programs that read kernel memory.</summary>
    Confidentiality,
}

/// <summary>Reads the mode.</summary>
internal static class Lockdown
{
    private const string File = "/sys/kernel/security/lockdown";

    /// <summary>The word in brackets of <c>none [integrity] confidentiality</c>. A kernel without lockdown shows no such file where securityfs is mounted.</summary>
    public static Fact<LockdownMode> Read(HostFiles files, IReadOnlyList<Mount> mounts)
    {
        Fact<string> text = files.Text(File);
        if (text.IsKnown)
        {
            int open = text.Value!.IndexOf('[', StringComparison.Ordinal) + 1;
            int close = text.Value.IndexOf(']', open);
            return open > 0 && close > open && Enum.TryParse(text.Value[open..close], ignoreCase: true, out LockdownMode mode)
                ? Fact.Of(mode)
                : Fact.Unknown<LockdownMode>($"{File} has '{text.Value}'");
        }

        bool isMounted = mounts.Any(mount => mount.Type == "securityfs");
        return !isMounted ? Fact.Unknown<LockdownMode>("securityfs is not mounted")
            : text.WhyUnknown!.StartsWith("there is no", StringComparison.Ordinal) ? Fact.Of(LockdownMode.None)
            : Fact.Unknown<LockdownMode>(text.WhyUnknown);
    }
}
