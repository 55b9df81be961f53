using System.Text;
using KernelDebug.Doctor;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Doctor;

/// <summary>What the doctor makes of machines whose files are in tests/Fixtures/host; README.md there says what they are.</summary>
public class HostChecksTests
{
    private static Dictionary<string, HostCheck> Run(string root) => HostChecks.Run(root).ToDictionary(check => check.Name);

    private static string Machine(string name) => FixtureFiles.Path($"host/{name}");

    private static TempTree CopyOf(string machine)
    {
        var tree = new TempTree();
        foreach (string file in Directory.EnumerateFiles(Machine(machine), "*", SearchOption.AllDirectories))
        {
            tree.Copy(Path.GetRelativePath(Machine(machine), file), file);
        }

        return tree;
    }

    [Fact]
    public void Root_of_a_distribution_has_what_tracing_needs()
    {
        using TempTree tree = CopyOf("debian-12");
        tree.Copy("proc/kallsyms", FixtureFiles.Path("tracing/kallsyms"));
        tree.Copy("proc/modules", FixtureFiles.Path("tracing/modules"));
        tree.Copy("sys/kernel/tracing/available_filter_functions", FixtureFiles.Path("tracing/available_filter_functions"));
        tree.Put("sys/kernel/tracing/kprobe_events", []);
        tree.Put("sys/kernel/btf/udp_tunnel", []);
        Dictionary<string, HostCheck> checks = Run(tree.Root);
        foreach (string name in new[] { "Kernel", "BTF", "BPF compiler", "Function tracing", "Kprobes", "Tracefs", "Function list", "Lockdown", "CAP_BPF", "CAP_PERFMON", "CAP_SYS_ADMIN", "CAP_SYSLOG", "Addresses" })
        {
            Assert.Equal((HostCheckStatus.Ok, null), (checks[name].Status, checks[name].Remedy));
        }

        Assert.Equal("6.1.0-56-amd64 x86_64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)", checks["Kernel"].Detail);
        Assert.Equal((HostCheckStatus.Missing, "1 of 2 modules have none: gtpsim"), (checks["BTF of modules"].Status, checks["BTF of modules"].Detail));
    }

    [Fact]
    public void What_is_not_mounted_says_how_to_mount_it()
    {
        Dictionary<string, HostCheck> checks = Run(Machine("locked"));
        Assert.Equal(HostCheckStatus.Missing, checks["Tracefs"].Status);
        Assert.Contains("mount -t tracefs tracefs /sys/kernel/tracing", checks["Tracefs"].Remedy, StringComparison.Ordinal);
        Assert.Equal(HostCheckStatus.Unknown, checks["Lockdown"].Status);
        Assert.Contains("mount -t securityfs", checks["Lockdown"].Remedy, StringComparison.Ordinal);
        Assert.Equal(HostCheckStatus.Unknown, checks["Function list"].Status);
        Assert.Equal(HostCheckStatus.Unknown, checks["BTF of modules"].Status);
    }

    [Fact]
    public void Capabilities_of_a_user_namespace_do_not_count()
    {
        Dictionary<string, HostCheck> checks = Run(Machine("user"));
        Assert.Equal(HostCheckStatus.Denied, checks["CAP_BPF"].Status);
        Assert.Contains("user namespace", checks["CAP_BPF"].Detail, StringComparison.Ordinal);
        Assert.Equal(HostCheckStatus.Unknown, checks["Kernel"].Status);
    }

    // include/linux/capability.h, bpf_capable(): CAP_BPF or CAP_SYS_ADMIN.
    [Theory]
    [InlineData("0000000000200000", HostCheckStatus.Ok, HostCheckStatus.Missing)]
    [InlineData("000000c000000000", HostCheckStatus.Ok, HostCheckStatus.Missing)]
    [InlineData("0000000400000000", HostCheckStatus.Missing, HostCheckStatus.Ok)]
    [InlineData("0000000000000000", HostCheckStatus.Missing, HostCheckStatus.Missing)]
    public void A_capability_may_be_part_of_another(string mask, HostCheckStatus bpf, HostCheckStatus log)
    {
        using TempTree tree = CopyOf("debian-12");
        tree.Put("proc/self/status", Encoding.ASCII.GetBytes($"CapEff:\t{mask}\n"));
        Dictionary<string, HostCheck> checks = Run(tree.Root);
        Assert.Equal((bpf, bpf, log), (checks["CAP_BPF"].Status, checks["CAP_PERFMON"].Status, checks["CAP_SYSLOG"].Status));
    }

    [Fact]
    public void Hidden_addresses_are_denied_and_name_the_setting()
    {
        using TempTree tree = CopyOf("debian-12");
        tree.Put("proc/kallsyms", "0000000000000000 T _stext\n0000000000000000 T _text\n"u8.ToArray());
        tree.Put("proc/sys/kernel/kptr_restrict", "2\n"u8.ToArray());
        HostCheck check = Run(tree.Root)["Addresses"];
        Assert.Equal((HostCheckStatus.Denied, "hidden; kernel.kptr_restrict is 2"), (check.Status, check.Detail));
        Assert.Contains("kernel.kptr_restrict=1", check.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_locked_kernel_is_denied_only_where_it_keeps_its_memory_to_itself()
    {
        using TempTree tree = CopyOf("debian-12");
        tree.Put("sys/kernel/security/lockdown", "none [integrity] confidentiality\n"u8.ToArray());
        Assert.Equal(HostCheckStatus.Ok, Run(tree.Root)["Lockdown"].Status);
        tree.Put("sys/kernel/security/lockdown", "none integrity [confidentiality]\n"u8.ToArray());
        Assert.Equal(HostCheckStatus.Denied, Run(tree.Root)["Lockdown"].Status);
    }

    [Fact]
    public void A_machine_that_says_nothing_is_unknown_and_never_an_error()
    {
        using var tree = new TempTree();
        IEnumerable<HostCheck> checks = HostChecks.Run(tree.Root).Where(check => check.Name is not ("libbpf" or "clang" or "Debug files" or "zstd" or "xz"));
        Assert.All(checks, check => Assert.True(check.Status is HostCheckStatus.Unknown, check.ToString()));
    }
}
