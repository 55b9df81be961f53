using KernelDebug.Host;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Host;

/// <summary>What is read of a machine, held against what getpcaps, uname, sysctl and mount said on it.</summary>
public class HostFactsTests
{
    private static HostFacts Read(string machine) => HostFacts.Read(FixtureFiles.Path($"host/{machine}"));

    [Fact]
    public void Root_of_a_distribution_has_all_that_tracing_needs()
    {
        HostFacts host = Read("debian-12");
        Assert.Equal("6.1.0-56-amd64", host.Release.Value);
        Assert.Equal("#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)", host.Version.Value);
        Assert.Equal("x86_64", host.Architecture.Value);
        Assert.Equal((0, 3, 2), (host.KptrRestrict.Value, host.PerfEventParanoid.Value, host.UnprivilegedBpfDisabled.Value));
        Assert.Equal((false, true, true), (host.BpfStatsEnabled.Value, host.BpfJitEnabled.Value, host.FtraceEnabled.Value));
        Assert.Equal(LockdownMode.None, host.Lockdown.Value);
        Assert.True(host.Lockdown.IsKnown);
        Assert.True(host.HasBtf.Value);
        Assert.True(host.IsInitialUserNamespace.Value);
        Assert.Equal(TracingFilesState.Readable, host.Tracing.State);
        Assert.EndsWith("/debian-12/sys/kernel/tracing", host.Tracing.Path, StringComparison.Ordinal);
        Assert.All(new[] { Capability.SysAdmin, Capability.SysLog, Capability.Perfmon, Capability.Bpf }, capability => Assert.True(host.Capabilities.Value.Has(capability)));
        Assert.Equal(41, host.Capabilities.Value.Names.Count);
        Assert.Equal("CAP_CHECKPOINT_RESTORE", host.Capabilities.Value.Names[40]);
    }

    [Fact]
    public void What_is_not_mounted_is_not_known_to_be_off()
    {
        HostFacts host = Read("locked");
        Assert.False(host.Lockdown.IsKnown);
        Assert.Equal("securityfs is not mounted", host.Lockdown.WhyUnknown);
        Assert.Equal((TracingFilesState.NotMounted, null), (host.Tracing.State, host.Tracing.Path));
    }

    [Fact]
    public void Root_of_a_user_namespace_has_capabilities_that_do_not_count()
    {
        HostFacts host = Read("user");
        Assert.True(host.Capabilities.Value.Has(Capability.Bpf));
        Assert.True(host.IsInitialUserNamespace.IsKnown);
        Assert.False(host.IsInitialUserNamespace.Value);
    }

    [Fact]
    public void What_is_missing_is_unknown_and_names_the_file()
    {
        HostFacts host = Read("user");
        Assert.Equal("there is no /proc/sys/kernel/kptr_restrict", host.KptrRestrict.WhyUnknown);
        Assert.Equal("unknown: there is no /proc/sys/kernel/osrelease", host.Release.ToString());
        Assert.Equal(TracingFilesState.Unknown, host.Tracing.State);
    }

    // capabilities(7); the masks are those the kernel prints for capsh --drop=... and an unprivileged process.
    [Theory]
    [InlineData("0000000000000000", "")]
    [InlineData("0000000000000400", "CAP_NET_BIND_SERVICE")]
    [InlineData("000000c000200000", "CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF")]
    [InlineData("0000020000000000", "CAP_41")]
    public void Capabilities_have_the_names_of_the_manual(string mask, string names)
    {
        using var tree = new TempTree();
        tree.Put("proc/self/status", System.Text.Encoding.ASCII.GetBytes($"Name:\tcat\nCapPrm:\tffffffffffffffff\nCapEff:\t{mask}\n"));
        Assert.Equal(names, HostFacts.Read(tree.Root).Capabilities.Value.ToString());
    }

    [Theory]
    [InlineData("27 24 0:12 / /sys/kernel/tracing rw - tracefs tracefs rw", "sys/kernel/tracing")]
    [InlineData("27 24 0:12 / /mnt/a\\040b rw shared:1 master:2 - tracefs none rw", "mnt/a b")]
    [InlineData("26 24 0:7 / /sys/kernel/debug rw - debugfs debugfs rw", "sys/kernel/debug/tracing")]
    [InlineData("20 24 0:12 / /mnt/a\\040b rw - tracefs none rw\n27 24 0:12 / /sys/kernel/tracing rw - tracefs tracefs rw", "sys/kernel/tracing")]
    [InlineData("27 24 0:12 /instances/one /mnt/a\\040b rw - tracefs none rw", null)]
    public void Tracefs_is_found_where_it_is_mounted_whole(string mounts, string? place)
    {
        using var tree = new TempTree();
        tree.Put("proc/self/mountinfo", System.Text.Encoding.ASCII.GetBytes(mounts + "\n"));
        foreach (string directory in new[] { "sys/kernel/tracing", "mnt/a b", "sys/kernel/debug/tracing" })
        {
            tree.Put($"{directory}/trace", []);
        }

        Assert.Equal(place is null ? null : $"{tree.Root}/{place}", HostFacts.Read(tree.Root).Tracing.State == TracingFilesState.Readable ? HostFacts.Read(tree.Root).Tracing.Path : null);
    }

    [Fact]
    public void A_kernel_without_lockdown_shows_no_file_where_it_would_be()
    {
        using var tree = new TempTree();
        tree.Put("proc/self/mountinfo", "30 24 0:6 / /sys/kernel/security rw - securityfs securityfs rw\n"u8.ToArray());
        Assert.Equal(LockdownMode.None, HostFacts.Read(tree.Root).Lockdown.Value);
        Assert.True(HostFacts.Read(tree.Root).Lockdown.IsKnown);
    }
}
