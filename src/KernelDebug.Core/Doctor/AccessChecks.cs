using KernelDebug.Host;

namespace KernelDebug.Doctor;

/// <summary>What the kernel lets this user do.</summary>
internal static class AccessChecks
{
    private const string AsRoot = "Run PowerShell as root.";

    public static IEnumerable<HostCheck> Run(HostFacts host, string root)
    {
        yield return Tracefs(host.Tracing);
        yield return FunctionList(host.Tracing);
        yield return Lockdown(host.Lockdown);
        yield return Capability(host, Host.Capability.Bpf, "BPF programs and maps");
        yield return Capability(host, Host.Capability.Perfmon, "BPF programs that trace; events of the kernel");
        yield return Capability(host, Host.Capability.SysAdmin, "ids of programs, maps and types; tracefs; mounting");
        yield return Capability(host, Host.Capability.SysLog, "addresses of the kernel; its log");
        yield return Addresses(host, root);
    }

    private static HostCheck Tracefs(TracingFiles files)
    {
        const string Use = "Get-TracePipe; what functions can be traced";
        return files.State switch
        {
            TracingFilesState.Readable => new("Tracefs", HostCheckStatus.Ok, files.Path!, Use, null),
            TracingFilesState.Denied => new("Tracefs", HostCheckStatus.Denied, files.Reason!, Use, $"{AsRoot} It is for root alone unless it was mounted otherwise."),
            TracingFilesState.NotMounted => new("Tracefs", HostCheckStatus.Missing, files.Reason!, Use, $"As root: mount -t tracefs tracefs {TracingFiles.UsualPlace}."),
            TracingFilesState.NotBuilt => new("Tracefs", HostCheckStatus.Missing, files.Reason!, Use, "Boot a kernel with CONFIG_FTRACE."),
            _ => new("Tracefs", HostCheckStatus.Unknown, files.Reason!, Use, "Mount /proc: mount -t proc proc /proc."),
        };
    }

    private static HostCheck FunctionList(TracingFiles files)
    {
        const string Name = "Function list";
        const string Use = "Get-TraceFunction: what fentry, fexit and kprobes can trace";
        if (files.State != TracingFilesState.Readable)
        {
            return new(Name, HostCheckStatus.Unknown, files.Reason!, Use, null);
        }

        string path = files.PathOf(null, "available_filter_functions");
        return Read(path) switch
        {
            { IsKnown: true } => new(Name, HostCheckStatus.Ok, path, Use, null),
            _ when !File.Exists(path) => new(Name, HostCheckStatus.Missing, $"there is no {path}", Use, "Boot a kernel with CONFIG_DYNAMIC_FTRACE."),
            var refused => new(Name, HostCheckStatus.Denied, refused.WhyUnknown!, Use, $"{AsRoot} Where root is refused it, the kernel is locked down, and only another kernel command line or kernel changes that."),
        };
    }

    private static HostCheck Lockdown(Fact<LockdownMode> mode)
    {
        const string Use = "reading the kernel's memory by BPF, kprobes and tracefs";
        return !mode.IsKnown ? new("Lockdown", HostCheckStatus.Unknown, mode.WhyUnknown!, Use, "As root: mount -t securityfs securityfs /sys/kernel/security.")
            : mode.Value == LockdownMode.Confidentiality ? new("Lockdown", HostCheckStatus.Denied, "confidentiality: the kernel keeps root from reading it", Use, "Boot without lockdown=confidentiality.")
            : new("Lockdown", HostCheckStatus.Ok, mode.Value == LockdownMode.Integrity ? "integrity: unsigned modules and programs that write memory are refused" : "none", Use, null);
    }

    private static HostCheck Capability(HostFacts host, Capability capability, string use)
    {
        string name = CapabilitySet.NameOf(capability);
        if (!host.Capabilities.IsKnown)
        {
            return new(name, HostCheckStatus.Unknown, host.Capabilities.WhyUnknown!, use, AsRoot);
        }

        // bpf_capable() and perfmon_capable() take CAP_SYS_ADMIN too (include/linux/capability.h).
        bool isIncluded = capability is Host.Capability.Bpf or Host.Capability.Perfmon && host.Capabilities.Value.Has(Host.Capability.SysAdmin);
        if (!host.Capabilities.Value.Has(capability) && !isIncluded)
        {
            return new(name, HostCheckStatus.Missing, "this process does not have it", use, $"{AsRoot} Or give it: capsh, setpriv, AmbientCapabilities= of systemd.");
        }

        return host.IsInitialUserNamespace is { IsKnown: true, Value: false }
            ? new(name, HostCheckStatus.Denied, "held in a user namespace only, as in containers without root", use, "Run on the host, or in a container that is privileged.")
            : new(name, HostCheckStatus.Ok, host.Capabilities.Value.Has(capability) ? "held" : "included in CAP_SYS_ADMIN", use, null);
    }

    /// <summary>kptr_restrict, and who asks: the kernel decides by both (kernel/kallsyms.c, <c>kallsyms_show_value</c>), so it is asked.</summary>
    private static HostCheck Addresses(HostFacts host, string root)
    {
        const string Name = "Addresses";
        const string Use = "Get-KernelSymbol, Resolve-KernelAddress and Get-TraceFunction on the running kernel";
        string setting = host.KptrRestrict.IsKnown ? $"kernel.kptr_restrict is {host.KptrRestrict.Value}" : host.KptrRestrict.WhyUnknown!;
        Fact<string> start = Read(root + "/proc/kallsyms");
        return !start.IsKnown ? new(Name, HostCheckStatus.Unknown, start.WhyUnknown!, Use, "Boot a kernel with CONFIG_KALLSYMS.")
            : start.Value!.Split('\n').Any(line => line.Split(' ')[0].Trim('0').Length > 0) ? new(Name, HostCheckStatus.Ok, $"shown; {setting}", Use, null)
            : new(Name, HostCheckStatus.Denied, $"hidden; {setting}", Use, host.KptrRestrict is { IsKnown: true, Value: > 1 } ? "As root: sysctl kernel.kptr_restrict=1." : $"{AsRoot} Or with CAP_SYSLOG.");
    }

    /// <summary>The start of a file of the kernel's: that it can be read is what is asked.</summary>
    private static Fact<string> Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            byte[] start = new byte[1 << 12];
            return Fact.Of(IO.LineText.Decode(start.AsSpan(0, file.Read(start))));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return Fact.Unknown<string>(refused.Message.TrimEnd('.'));
        }
    }
}
