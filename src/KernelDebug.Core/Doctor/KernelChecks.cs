using KernelDebug.Btf;
using KernelDebug.Host;

namespace KernelDebug.Doctor;

/// <summary>What the kernel has.</summary>
internal static class KernelChecks
{
    private const string BtfUse = "types of the kernel; programs that fit more than one kernel; fentry and fexit";

    public static IEnumerable<HostCheck> Run(HostFacts host, string root)
    {
        yield return host.Release.IsKnown
            ? new("Kernel", HostCheckStatus.Ok, $"{host.Release.Value} {host.Architecture.Value} {host.Version.Value}".TrimEnd(), "everything", null)
            : new("Kernel", HostCheckStatus.Unknown, host.Release.WhyUnknown!, "everything", "Mount /proc: mount -t proc proc /proc.");
        yield return Btf(host, root);
        yield return ModuleBtf(host, root);
        yield return Switch("BPF compiler", host.BpfJitEnabled, "fentry and fexit; BPF programs at full speed", "As root: sysctl net.core.bpf_jit_enable=1.");
        yield return Switch("Function tracing", host.FtraceEnabled, "fentry, fexit and the function tracer", "As root: sysctl kernel.ftrace_enabled=1. Without the setting, boot a kernel with CONFIG_FUNCTION_TRACER.");
        yield return Kprobes(host);
    }

    private static HostCheck Btf(HostFacts host, string root)
    {
        const string Remedy = "Boot a kernel with CONFIG_DEBUG_INFO_BTF, which distributions build since 2020; ConvertTo-Btf makes types of a vmlinux with DWARF.";
        return !host.HasBtf.IsKnown ? new("BTF", HostCheckStatus.Unknown, host.HasBtf.WhyUnknown!, BtfUse, "Mount sysfs: mount -t sysfs sysfs /sys.")
            : host.HasBtf.Value ? new("BTF", HostCheckStatus.Ok, $"{BtfObjects.KernelFile}, {new FileInfo(root + BtfObjects.KernelFile).Length:N0} bytes", BtfUse, null)
            : new("BTF", HostCheckStatus.Missing, $"there is no {BtfObjects.KernelFile}", BtfUse, Remedy);
    }

    private static HostCheck ModuleBtf(HostFacts host, string root)
    {
        const string Name = "BTF of modules";
        const string Use = "types of modules; fentry and fexit in them";
        const int Shown = 5;
        if (!host.LoadedModules.IsKnown)
        {
            return new(Name, HostCheckStatus.Unknown, $"{host.LoadedModules.WhyUnknown}: a kernel without modules has none", Use, null);
        }

        string[] modules = [.. host.LoadedModules.Value!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)[0])];
        string[] without = [.. modules.Where(module => !File.Exists($"{root}{BtfObjects.KernelDirectory}/{module}")).Order(StringComparer.Ordinal)];
        string which = string.Join(", ", without.Take(Shown)) + (without.Length > Shown ? ", ..." : "");
        return without.Length == 0
            ? new(Name, HostCheckStatus.Ok, modules.Length == 0 ? "no module is loaded" : $"all of {modules.Length} modules have types", Use, null)
            : new(Name, HostCheckStatus.Missing, $"{without.Length} of {modules.Length} modules have none: {which}", Use, "ConvertTo-Btf makes types of a module's debug information; load the module anew with them.");
    }

    private static HostCheck Switch(string name, Fact<bool> fact, string use, string remedy) =>
        !fact.IsKnown ? new(name, HostCheckStatus.Unknown, fact.WhyUnknown!, use, remedy)
        : fact.Value ? new(name, HostCheckStatus.Ok, "on", use, null)
        : new(name, HostCheckStatus.Missing, "off", use, remedy);

    private static HostCheck Kprobes(HostFacts host)
    {
        const string Use = "tracing functions without types, and within functions";
        return host.Tracing.State != TracingFilesState.Readable
            ? new("Kprobes", HostCheckStatus.Unknown, host.Tracing.Reason!, Use, null)
            : File.Exists(host.Tracing.PathOf(null, "kprobe_events")) ? new("Kprobes", HostCheckStatus.Ok, "the kernel has them", Use, null)
            : new("Kprobes", HostCheckStatus.Missing, "the kernel was built without them", Use, "Boot a kernel with CONFIG_KPROBES; fentry does without.");
    }
}
