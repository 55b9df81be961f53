using KernelDebug.Debuginfod;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Debuginfod;

/// <summary>The environment of debuginfod-find(1), and names that lead nowhere else.</summary>
public sealed class DebuginfodOptionsTests
{
    private const string Id = "b42fed78a6b3c8738934aa9f61cdf2e49a5312de";

    [Fact]
    public void NothingSet_IsNoServerAndTheManualSDefaults()
    {
        DebuginfodOptions options = Of(("HOME", "/home/me"));

        Assert.Empty(options.Servers);
        Assert.Equal("/home/me/.cache/debuginfod_client", options.CachePath);
        Assert.Equal((TimeSpan.FromSeconds(90), null, null, 2), (options.Timeout, options.MaxTime, options.MaxSize, options.Retries));
    }

    [Fact]
    public void Servers_AreWordsOnceEach()
    {
        DebuginfodOptions options = Of(("DEBUGINFOD_URLS", "  http://a:8002/ https://b.example/x ima:enforcing http://a:8002 file:///srv ftp://c nonsense "));

        Assert.Equal(["http://a:8002/", "https://b.example/x/"], options.Servers.Select(url => url.ToString()));
        Assert.Equal(["file:///srv", "ftp://c", "nonsense"], options.UnusableServers);
    }

    [Theory]
    [InlineData("/cache", "DEBUGINFOD_CACHE_PATH=/cache", "XDG_CACHE_HOME=/x")]
    [InlineData("/x/debuginfod_client", "DEBUGINFOD_CACHE_PATH=", "XDG_CACHE_HOME=/x")]
    [InlineData("/nowhere/.cache/debuginfod_client", "XDG_CACHE_HOME=", "HOME=/nowhere")]
    [InlineData("/.cache/debuginfod_client")]
    public void TheCache_IsWhereTheManualSaysIt(string path, params string[] environment) =>
        Assert.Equal(path, Of([.. environment.Select(word => (word.Split('=')[0], word.Split('=')[1]))]).CachePath);

    [Fact]
    public void TheOldCache_IsUsedWhereItIs()
    {
        using var tree = new TempTree();
        Directory.CreateDirectory(Path.Combine(tree.Root, ".debuginfod_client_cache"));

        Assert.Equal($"{tree.Root}/.debuginfod_client_cache", Of(("HOME", tree.Root), ("XDG_CACHE_HOME", "/x")).CachePath);
    }

    [Theory]
    [InlineData("5", 5)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("x", null)]
    [InlineData("99999999999999", int.MaxValue / 1000)]
    public void ATimeOfZero_IsNoLimit(string text, int? seconds)
    {
        TimeSpan? limit = seconds is { } s ? TimeSpan.FromSeconds(s) : null;
        DebuginfodOptions options = Of(("DEBUGINFOD_TIMEOUT", text), ("DEBUGINFOD_MAXTIME", text));

        Assert.Equal((limit, limit), (options.Timeout, options.MaxTime));
    }

    [Fact]
    public void SizeAndRetries_AreNumbers()
    {
        DebuginfodOptions options = Of(("DEBUGINFOD_MAXSIZE", "1000000"), ("DEBUGINFOD_RETRY_LIMIT", "7"));

        Assert.Equal((1_000_000L, 7), (options.MaxSize, options.Retries));
        Assert.Null(Of(("DEBUGINFOD_MAXSIZE", "0")).MaxSize);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("../../../../etc")]
    [InlineData("0123456789abcdeg")]
    [InlineData("0123456789abcdef\n")]
    [InlineData(null)]
    public void WhatIsNoBuildId_IsAskedForNowhere(string? text)
    {
        Assert.Null(DebuginfodArtifact.DebugInfo(text));
        Assert.Null(DebuginfodArtifact.Source(text, "/a.c"));
    }

    [Fact]
    public void CapitalsOfABuildId_AreTheSameBuild() => Assert.Equal(Id, DebuginfodArtifact.DebugInfo(Id.ToUpperInvariant())!.BuildId);

    /// <summary>The names are those that elfutils 0.188 gives its files.</summary>
    [Theory]
    [InlineData("/tmp/srv/t.c", "source##tmp##srv##t.c")]
    [InlineData("/tmp/srv/a#b.c", "source##tmp##srv##a#_b.c")]
    [InlineData("/a/./b//../c.c", "source##a##c.c")]
    [InlineData("/../../etc/passwd", "source##etc##passwd")]
    public void ASourcePath_IsOneName(string path, string name) =>
        Assert.Equal($"/c/{Id}/{name}", new DebuginfodCache("/c").PathOf(DebuginfodArtifact.Source(Id, path)!));

    [Theory]
    [InlineData("mm/slub.c")]
    [InlineData("/")]
    [InlineData("/..")]
    [InlineData("/a\nb.c")]
    [InlineData("")]
    public void WhatIsNoAbsolutePath_IsAskedForNowhere(string path) => Assert.Null(DebuginfodArtifact.Source(Id, path));

    [Fact]
    public void APathTooLongForAName_IsAskedForNowhere() => Assert.Null(DebuginfodArtifact.Source(Id, "/" + new string('a', 300)));

    private static DebuginfodOptions Of(params (string Name, string Value)[] environment) =>
        DebuginfodOptions.FromEnvironment(name => environment.FirstOrDefault(pair => pair.Name == name).Value);
}
