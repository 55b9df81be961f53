using KernelDebug.KernelLog;
using KernelDebug.Symbolization;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>Banners and CPU: lines as real kernels print them.</summary>
public class KernelBannerTests
{
    private const string Debian = "Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, "
        + "GNU ld (GNU Binutils for Debian) 2.40) # SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)";

    private const string Ubuntu = "Linux version 5.4.0-131-generic (buildd@lcy02-amd64-108) (gcc version 9.4.0 (Ubuntu 9.4.0-1ubuntu1~20.04.1)) "
        + "#147-Ubuntu SMP Fri Oct 14 17:07:22 UTC 2022";

    [Theory]
    [InlineData(Debian, "#1  Debian 6.1.192-2")]
    [InlineData(Ubuntu, "#147-Ubuntu")]
    [InlineData("Linux version 6.15.0 (me@box) (gcc (Debian 14.2.0-19) 14.2.0) #3 SMP PREEMPT_DYNAMIC Mon", "#3 PREEMPT(full)")]
    [InlineData("Linux version 6.1.0", "#7")]
    public void TheSameBuild_DoesNotDisagree(string banner, string version) => Assert.Null(KernelBanner.Disagreement(banner, version));

    [Theory]
    [InlineData(Debian, "#1  Debian 6.1.192-1", "Debian 6.1.192-2", "Debian 6.1.192-1")]
    [InlineData(Ubuntu, "#148-Ubuntu", "#147-Ubuntu", "#148-Ubuntu")]
    public void AnotherBuildOfTheRelease_IsTold(string banner, string version, string file, string log)
    {
        string? why = KernelBanner.Disagreement(banner, version);
        Assert.NotNull(why);
        Assert.Contains(file, why, StringComparison.Ordinal);
        Assert.Contains(log, why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CPU: 1 PID: 119 Comm: sh Tainted: G           OE      6.1.0-56-amd64 #1  Debian 6.1.192-2", "6.1.0-56-amd64", "#1  Debian 6.1.192-2", null)]
    [InlineData("CPU: 0 PID: 68 Comm: sh Tainted: G           O       6.1.192-kdata #1  d0ffa04898eaa3f8d75c1a0957890f0020800692", "6.1.192-kdata", "#1", "d0ffa04898eaa3f8d75c1a0957890f0020800692")]
    [InlineData("CPU: 3 UID: 0 PID: 1 Comm: init Not tainted 6.15.0 #2 PREEMPT(full)", "6.15.0", "#2 PREEMPT(full)", null)]
    public void TheTaskLine_GivesReleaseVersionAndBuildId(string line, string release, string version, string? buildId)
    {
        KernelFacts facts = KernelFacts.Read(PrintkLineParser.Parse($"[   17.392748] {line}", 1));
        Assert.Equal((release, version, buildId), (facts.Release, facts.Version, facts.BuildId));
    }
}
