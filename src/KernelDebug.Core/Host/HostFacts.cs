using System.Runtime.InteropServices;

namespace KernelDebug.Host;

/// <summary>
/// What decides on this machine whether a kernel may be looked into and traced: read from /proc and /sys, nothing changed, nothing
/// concluded from a version. What cannot be read is unknown, with the reason.
/// </summary>
public sealed record HostFacts
{
    /// <summary>The release, <c>6.1.0-56-amd64</c>.</summary>
    public required Fact<string> Release { get; init; }

    /// <summary>The build, <c>#1 SMP PREEMPT_DYNAMIC Debian 6.1.180-1 (2026-08-07)</c>.</summary>
    public required Fact<string> Version { get; init; }

    /// <summary>The processor as <c>uname -m</c> names it: <c>x86_64</c>, <c>aarch64</c>.</summary>
    public required Fact<string> Architecture { get; init; }

    /// <summary>What this process may do.</summary>
    public required Fact<CapabilitySet> Capabilities { get; init; }

    /// <summary>False in a user namespace, as in containers without root: there capabilities do not reach the kernel's tracing.</summary>
    public required Fact<bool> IsInitialUserNamespace { get; init; }

    /// <summary>How far the kernel keeps root out.</summary>
    public required Fact<LockdownMode> Lockdown { get; init; }

    /// <summary>kernel.kptr_restrict: 0 addresses are shown, 1 with CAP_SYSLOG, 2 never.</summary>
    public required Fact<int> KptrRestrict { get; init; }

    /// <summary>kernel.perf_event_paranoid: from 2 on, kernel events need CAP_PERFMON.</summary>
    public required Fact<int> PerfEventParanoid { get; init; }

    /// <summary>kernel.perf_event_max_stack: addresses of a stack that the kernel takes.</summary>
    public required Fact<int> MaxStackDepth { get; init; }

    /// <summary>The security modules that are asked, in order, as /sys/kernel/security/lsm has them: <c>lockdown</c>, <c>apparmor</c>, <c>bpf</c>.</summary>
    public required Fact<IReadOnlyList<string>> SecurityModules { get; init; }

    /// <summary>Kinds of events that perf has here: <c>cpu</c>, <c>software</c>, <c>kprobe</c>, <c>uprobe</c>.</summary>
    public required Fact<IReadOnlyList<string>> PerfSources { get; init; }

    /// <summary>kernel.unprivileged_bpf_disabled: 0 anyone may load some programs, 1 and 2 not (1 until the next boot).</summary>
    public required Fact<int> UnprivilegedBpfDisabled { get; init; }

    /// <summary>kernel.bpf_stats_enabled: whether runs of BPF programs are counted and timed.</summary>
    public required Fact<bool> BpfStatsEnabled { get; init; }

    /// <summary>net.core.bpf_jit_enable: fentry needs compiled programs.</summary>
    public required Fact<bool> BpfJitEnabled { get; init; }

    /// <summary>kernel.ftrace_enabled: off, functions cannot be traced.</summary>
    public required Fact<bool> FtraceEnabled { get; init; }

    /// <summary>Whether the kernel shows its types in /sys/kernel/btf/vmlinux.</summary>
    public required Fact<bool> HasBtf { get; init; }

    /// <summary>The tracing files.</summary>
    public required TracingFiles Tracing { get; init; }

    /// <summary>Where debugfs is mounted, which has the kernel's list of what kprobes may not touch.</summary>
    public required Fact<string> DebugFiles { get; init; }

    /// <summary>The modules that are loaded, in lines of /proc/modules: name, size, uses, users, state, address.</summary>
    public required Fact<string> LoadedModules { get; init; }

    /// <summary>Which modules there are and where, and nothing that changes while they stay: lines of /proc/modules without sizes, uses and users.</summary>
    public static string ModuleSet(string modules)
    {
        ArgumentNullException.ThrowIfNull(modules);
        return string.Join('\n', modules.Split('\n').Select(line => line.Split(' ')).Select(fields => fields.Length > 5 ? $"{fields[0]} {fields[4]} {fields[5]}" : ""));
    }

    /// <summary>Asks a machine.</summary>
    /// <param name="root">The directory its /proc and /sys are in.</param>
    public static HostFacts Read(string root = "/")
    {
        ArgumentNullException.ThrowIfNull(root);
        var files = new HostFiles(root);
        Fact<IReadOnlyList<Mount>> mounts = Mount.ReadAll(files);
        Fact<string> architecture = files.Text("/proc/sys/kernel/arch");
        return new HostFacts
        {
            Release = files.Text("/proc/sys/kernel/osrelease"),
            Version = files.Text("/proc/sys/kernel/version"),
            // Kernels before 6.1 have no such file. What runs this code is the machine's, if perhaps not its name for it.
            Architecture = architecture.IsKnown || root.Trim('/').Length > 0 ? architecture : Fact.Of(OwnArchitecture()),
            Capabilities = CapabilitySet.Read(files),
            IsInitialUserNamespace = files.Text("/proc/self/uid_map").Then(map => Fact.Of(
                map.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["0", "0", "4294967295"])),
            Lockdown = Host.Lockdown.Read(files, mounts.Value ?? []),
            KptrRestrict = files.Number("/proc/sys/kernel/kptr_restrict"),
            PerfEventParanoid = files.Number("/proc/sys/kernel/perf_event_paranoid"),
            MaxStackDepth = files.Number("/proc/sys/kernel/perf_event_max_stack"),
            SecurityModules = files.Text("/sys/kernel/security/lsm").Then(text => Fact.Of<IReadOnlyList<string>>(text.Split(','))),
            PerfSources = files.Names("/sys/bus/event_source/devices"),
            UnprivilegedBpfDisabled = files.Number("/proc/sys/kernel/unprivileged_bpf_disabled"),
            BpfStatsEnabled = files.Switch("/proc/sys/kernel/bpf_stats_enabled"),
            BpfJitEnabled = files.Switch("/proc/sys/net/core/bpf_jit_enable"),
            FtraceEnabled = files.Switch("/proc/sys/kernel/ftrace_enabled"),
            HasBtf = files.HasDirectory("/sys/kernel") ? Fact.Of(File.Exists(files.PathOf("/sys/kernel/btf/vmlinux"))) : Fact.Unknown<bool>("sysfs is not mounted"),
            Tracing = TracingFiles.Find(files, mounts),
            LoadedModules = files.Text("/proc/modules"),
            DebugFiles = mounts.Then(all => all.FirstOrDefault(mount => mount.Type == "debugfs" && mount.Root == "/") is { } debugfs
                ? Fact.Of(files.PathOf(debugfs.Place))
                : Fact.Unknown<string>("debugfs is not mounted")),
        };
    }

    private static string OwnArchitecture() => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x86_64",
        System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
        var other => other.ToString().ToLowerInvariant(),
    };
}
