using System.Globalization;

namespace KernelDebug.Host;

/// <summary>Capabilities of a process by number (capabilities(7); include/uapi/linux/capability.h).</summary>
public enum Capability
{
    /// <summary>CAP_SYS_ADMIN.</summary>
    SysAdmin = 21,
    /// <summary>CAP_SYSLOG: addresses in /proc/kallsyms.</summary>
    SysLog = 34,
    /// <summary>CAP_PERFMON: tracing, with CAP_BPF of BPF programs too (since Linux 5.8).</summary>
    Perfmon = 38,
    /// <summary>CAP_BPF (since Linux 5.8).</summary>
    Bpf = 39,
}

/// <summary>The effective capabilities of a process: CapEff of /proc/self/status.</summary>
/// <param name="Mask">A bit for each number.</param>
public readonly record struct CapabilitySet(ulong Mask)
{
    private static readonly string[] KnownNames =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
        "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
        "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
        "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>The names of those it has, in order of their numbers; <c>CAP_41</c> for one without a name here.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            ulong mask = Mask;
            return [.. Enumerable.Range(0, 64).Where(number => (mask >> number & 1) != 0).Select(NameOf)];
        }
    }

    /// <summary>True where it has one.</summary>
    public bool Has(Capability capability) => (Mask >> (int)capability & 1) != 0;

    /// <summary>The kernel's name of one.</summary>
    public static string NameOf(Capability capability) => NameOf((int)capability);

    /// <summary>The names with commas.</summary>
    public override string ToString() => string.Join(", ", Names);

    /// <summary>Reads /proc/self/status.</summary>
    internal static Fact<CapabilitySet> Read(HostFiles files)
    {
        const string Status = "/proc/self/status";
        return files.Text(Status).Then(text => text.Split('\n').FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal)) is { } line
                && ulong.TryParse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong mask)
            ? Fact.Of(new CapabilitySet(mask))
            : Fact.Unknown<CapabilitySet>($"{Status} has no CapEff"));
    }

    private static string NameOf(int number) => number < KnownNames.Length ? KnownNames[number] : $"CAP_{number}";
}
