using KernelDebug.Debuginfod;
using KernelDebug.Elf;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Debuginfod;

/// <summary>What servers may say and send, and what the cache has afterwards.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class DebuginfodClientTests : IDisposable
{
    private const string OtherId = "0123456789abcdef0123456789abcdef01234567";
    private static readonly byte[] _file = File.ReadAllBytes(FixtureFiles.Path("dwarf/gcc-dwarf5"));
    private static readonly string _id = IdOf("dwarf/gcc-dwarf5");
    private static readonly DebuginfodArtifact _artifact = DebuginfodArtifact.DebugInfo(_id)!;
    private readonly TempTree _tree = new();
    private readonly List<DownloadProgress> _progress = [];

    private string Target => Path.Combine(_tree.Root, _id, "debuginfo");

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void AFileIsFetched_AndIsInTheCacheAsElfutilsHasIt()
    {
        using var server = ScriptedServer.With("200 OK", _file, "Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT");

        ServerAnswer answer = Assert.Single(Fetch(Options(server)));

        Assert.Equal((DebugFileStatus.Downloaded, Target, _file.Length), (answer.Status, answer.Path, answer.Size));
        Assert.Equal(_file, File.ReadAllBytes(Target));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Target));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(Target)!));
        Assert.Equal(new DateTime(2024, 1, 2, 3, 4, 5, DateTimeKind.Utc), File.GetLastWriteTimeUtc(Target));
        Assert.Equal($"/buildid/{_id}/debuginfo", Assert.Single(server.Requests).Path);
        Assert.Equal((_file.Length, (long?)_file.Length), (_progress[^1].Received, _progress[^1].Total));
        AssertNothingElse();
    }

    [Fact]
    public void WithoutConsent_NothingIsFetched()
    {
        using var server = ScriptedServer.With("200 OK", _file);
        using var client = new DebuginfodClient(Options(server));

        ServerAnswer probed = Assert.Single(client.Find(_artifact, null));
        ServerAnswer declined = Assert.Single(client.Find(_artifact, answer => answer.Size != _file.Length));

        Assert.All((ServerAnswer[])[probed, declined], answer => Assert.Equal((DebugFileStatus.Available, _file.Length, null), (answer.Status, answer.Size, answer.Path)));
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public void ServersAreAskedInTurn_UntilOneHasIt()
    {
        using var without = ScriptedServer.With("404 Not Found");
        using var broken = ScriptedServer.With("503 Service Unavailable");
        using var with = ScriptedServer.With("200 OK", _file);
        using var last = ScriptedServer.With("200 OK", _file);

        ServerAnswer[] answers = Fetch(Options(without, broken, with, last));

        Assert.Equal([DebugFileStatus.Absent, DebugFileStatus.Failed, DebugFileStatus.Downloaded], answers.Select(a => a.Status));
        Assert.Contains("503", answers[1].Reason, StringComparison.Ordinal);
        Assert.Empty(last.Requests);
    }

    [Fact]
    public void WhatNoServerHas_IsRememberedForAWhile()
    {
        using var one = ScriptedServer.With("404 Not Found");
        using var other = ScriptedServer.With("404 Not Found");
        DebuginfodOptions options = Options(one, other);
        var cache = new DebuginfodCache(_tree.Root);

        Fetch(options);

        Assert.Equal(0, new FileInfo(Target).Length);
        Assert.InRange(cache.MissingFor(_artifact)!.Value.TotalSeconds, 500, 600);
        File.WriteAllText(Path.Combine(_tree.Root, "cache_miss_s"), "0\n");
        Assert.Null(cache.MissingFor(_artifact));
        File.WriteAllText(Path.Combine(_tree.Root, "cache_miss_s"), "7200");
        Assert.InRange(cache.MissingFor(_artifact)!.Value.TotalSeconds, 7000, 7200);
        File.SetLastWriteTimeUtc(Target, DateTime.UtcNow.AddHours(-3));
        Assert.Null(cache.MissingFor(_artifact));
        Assert.False(cache.Has(_artifact));
    }

    [Fact]
    public void AnOldMark_GivesWayToTheFile()
    {
        _tree.Put($"{_id}/debuginfo", []);
        using var server = ScriptedServer.With("200 OK", _file);

        Fetch(Options(server));

        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Theory]
    [InlineData("503 Service Unavailable")]
    [InlineData("500 Internal Server Error")]
    [InlineData("403 Forbidden")]
    public void WhatAServerInTroubleDoesNotGive_IsNotRememberedAsMissing(string status)
    {
        using var without = ScriptedServer.With("404 Not Found");
        using var troubled = ScriptedServer.With(status);

        Fetch(Options(without, troubled));

        Assert.False(File.Exists(Target));
    }

    [Fact]
    public void AServerThatIsNotThere_SaysSo()
    {
        Uri url;
        using (var gone = ScriptedServer.With("404 Not Found"))
        {
            url = gone.Url;
        }

        ServerAnswer answer = Assert.Single(Fetch(Options() with { Servers = [url] }));

        Assert.Equal(DebugFileStatus.Failed, answer.Status);
        Assert.Contains("refused", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileOfAnotherBuild_DoesNotGetIntoTheCache()
    {
        using var server = ScriptedServer.With("200 OK", _file);
        using var client = new DebuginfodClient(Options(server));

        ServerAnswer answer = Assert.Single(client.Find(DebuginfodArtifact.DebugInfo(OtherId)!, _ => true));

        Assert.Equal((DebugFileStatus.Failed, null), (answer.Status, answer.Path));
        Assert.Contains(_id, answer.Reason, StringComparison.Ordinal);
        AssertNothing();
    }

    public static TheoryData<string, byte[]> WrongContents => new()
    {
        { "no ELF", "<html>not found</html>"u8.ToArray() },
        { "no ELF", new byte[4096] },
        { "damaged", [.. _file.Take(40)] },
        { "damaged", [.. _file.Take(_file.Length / 2)] },
        { "no build-id", new TinyKernel().Function("f", 0x1000, 0x20).Build() },
        { "no ELF", Gzip(_file) },
    };

    [Theory, MemberData(nameof(WrongContents))]
    public void WhatIsNotTheFile_DoesNotGetIntoTheCache(string why, byte[] contents)
    {
        using var server = ScriptedServer.With("200 OK", contents);

        ServerAnswer answer = Assert.Single(Fetch(Options(server)));

        Assert.Equal(DebugFileStatus.Failed, answer.Status);
        Assert.Contains(why, answer.Reason, StringComparison.Ordinal);
        AssertNothing();
    }

    [Fact]
    public void CompressedWithoutBeingAsked_IsRefused()
    {
        using var server = ScriptedServer.With("200 OK", Gzip(_file), "Content-Encoding: gzip");

        Assert.Contains("compressed", Assert.Single(Fetch(Options(server))).Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("Accept-Encoding", server.Requests[0].Headers.Keys);
    }

    [Theory]
    [InlineData("406 Not Acceptable")]
    [InlineData("200 OK")]
    public void WhatIsTooLarge_IsNotFetched(string status)
    {
        using var server = ScriptedServer.With(status, _file);

        ServerAnswer answer = Assert.Single(Fetch(Options(server) with { MaxSize = 1000 }));

        Assert.Equal(DebugFileStatus.TooLarge, answer.Status);
        Assert.Equal("1000", server.Requests[0].Headers["X-DEBUGINFOD-MAXSIZE"]);
        AssertNothing();
    }

    [Fact]
    public void ALengthNobodyCanHave_IsRefusedWithoutALimitOfTheUserS()
    {
        using var server = ScriptedServer.With("200 OK", _file, "Content-Length: 9223372036854775807");

        Assert.Equal(DebugFileStatus.TooLarge, Assert.Single(Fetch(Options(server))).Status);
    }

    [Fact]
    public void AStreamWithoutEnd_IsCutAtTheLimit()
    {
        using var server = new ScriptedServer((_, stream) =>
        {
            ScriptedServer.Reply(stream, "200 OK", [], "Transfer-Encoding: chunked");
            byte[] chunk = [.. "10000\r\n"u8, .. new byte[0x10000], .. "\r\n"u8];
            while (true)
            {
                stream.Write(chunk);
            }
        });

        ServerAnswer answer = Assert.Single(Fetch(Options(server) with { MaxSize = 1_000_000 }));

        Assert.Equal(DebugFileStatus.Failed, answer.Status);
        Assert.InRange(_progress[^1].Received, 1, 1_000_000);
        AssertNothing();
    }

    [Fact]
    public void AFileOfUnknownLength_IsFetched()
    {
        using var server = new ScriptedServer((_, stream) =>
        {
            ScriptedServer.Reply(stream, "200 OK", [], "Transfer-Encoding: chunked");
            ScriptedServer.Write(stream, $"{_file.Length:x}\r\n");
            stream.Write(_file);
            ScriptedServer.Write(stream, "\r\n0\r\n\r\n");
        });

        Assert.Equal(DebugFileStatus.Downloaded, Assert.Single(Fetch(Options(server))).Status);
    }

    [Fact]
    public void AServerThatSaysNothing_IsGivenUp()
    {
        using var release = new ManualResetEventSlim();
        using var server = new ScriptedServer((_, _) => release.Wait());

        ServerAnswer answer = Assert.Single(Fetch(Options(server) with { Timeout = TimeSpan.FromMilliseconds(200) }));
        release.Set();

        Assert.Equal((DebugFileStatus.Failed, "it did not answer in time"), (answer.Status, answer.Reason));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AServerThatStopsInTheMiddle_IsGivenUpAndTheNextAsked(bool isWholeLimit)
    {
        using var release = new ManualResetEventSlim();
        using var slow = new ScriptedServer((_, stream) =>
        {
            ScriptedServer.Reply(stream, "200 OK", [.. _file.Take(100)], $"Content-Length: {_file.Length}");
            release.Wait();
        });
        using var quick = ScriptedServer.With("200 OK", _file);
        var limit = TimeSpan.FromSeconds(2);
        DebuginfodOptions options = Options(slow, quick);

        ServerAnswer[] answers = Fetch(isWholeLimit ? options with { MaxTime = limit } : options with { Timeout = limit });
        release.Set();

        Assert.Equal([DebugFileStatus.Failed, DebugFileStatus.Downloaded], answers.Select(a => a.Status));
        Assert.Contains("second", answers[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void RedirectsWithinTheUsersServers_AreFollowed()
    {
        using var target = ScriptedServer.With("200 OK", _file);
        using var server = ScriptedServer.With("302 Found", null, $"Location: {target.Url}elsewhere");

        ServerAnswer[] answers = Fetch(Options(server, target));

        Assert.Equal(DebugFileStatus.Downloaded, Assert.Single(answers).Status);
        Assert.Equal("/elsewhere", Assert.Single(target.Requests).Path);
    }

    [Fact]
    public void ARedirectToAnotherServer_IsNotFollowed()
    {
        using var stranger = ScriptedServer.With("200 OK", _file);
        using var server = ScriptedServer.With("301 Moved Permanently", null, $"Location: {stranger.Url}buildid/{_id}/debuginfo");

        ServerAnswer answer = Assert.Single(Fetch(Options(server)));

        Assert.Equal(DebugFileStatus.Failed, answer.Status);
        Assert.Contains("DEBUGINFOD_URLS", answer.Reason, StringComparison.Ordinal);
        Assert.Empty(stranger.Requests);
        AssertNothing();
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("//example.invalid/x")]
    public void ARedirectToElsewhere_IsNotFollowed(string location)
    {
        using var server = ScriptedServer.With("302 Found", null, $"Location: {location}");

        Assert.Equal(DebugFileStatus.Failed, Assert.Single(Fetch(Options(server))).Status);
        AssertNothing();
    }

    [Fact]
    public void ARedirectInACircle_Ends()
    {
        using var server = ScriptedServer.With("302 Found", null, "Location: /again");

        ServerAnswer answer = Assert.Single(Fetch(Options(server)));

        Assert.Contains("redirects more than", answer.Reason, StringComparison.Ordinal);
        Assert.Equal(6, server.Requests.Count);
    }

    [Fact]
    public void APasswordOfTheList_IsSentAndNotShown()
    {
        using var server = ScriptedServer.With("404 Not Found");
        var url = new UriBuilder(server.Url) { UserName = "me", Password = "s%40cret" };

        ServerAnswer answer = Assert.Single(Fetch(Options() with { Servers = [url.Uri] }));

        Assert.Equal("Basic " + Convert.ToBase64String("me:s@cret"u8), server.Requests[0].Headers["Authorization"]);
        Assert.DoesNotContain("cret", answer.Url, StringComparison.Ordinal);
    }

    [Fact]
    public void HeadersWithoutEnd_AreRefused()
    {
        using var server = ScriptedServer.With("200 OK", _file, [.. Enumerable.Range(0, 3000).Select(i => $"X-{i}: {new string('x', 100)}")]);

        Assert.Equal(DebugFileStatus.Failed, Assert.Single(Fetch(Options(server))).Status);
    }

    [Fact]
    public void SourceText_IsFetchedByItsPath()
    {
        using var server = ScriptedServer.With("200 OK", "int x;\n"u8.ToArray());
        using var client = new DebuginfodClient(Options(server));

        ServerAnswer answer = Assert.Single(client.Find(DebuginfodArtifact.Source(_id, "/build/a b/../c#d/e.c")!, _ => true));

        Assert.Equal(Path.Combine(_tree.Root, _id, "source##build##c#_d##e.c"), answer.Path);
        Assert.Equal($"/buildid/{_id}/source/build/c%23d/e.c", server.Requests[0].Path);
    }

    private DebuginfodOptions Options(params ScriptedServer[] servers) => new()
    {
        Servers = [.. servers.Select(server => server.Url)],
        CachePath = _tree.Root,
        Retries = 0,
        Progress = _progress.Add,
    };

    private static ServerAnswer[] Fetch(DebuginfodOptions options)
    {
        using var client = new DebuginfodClient(options);
        return [.. client.Find(_artifact, _ => true)];
    }

    /// <summary>The cache has the file and nothing half done.</summary>
    private void AssertNothingElse() => Assert.Equal([Target], Directory.GetFiles(_tree.Root, "*", SearchOption.AllDirectories));

    private void AssertNothing() => Assert.Empty(Directory.GetFiles(_tree.Root, "*", SearchOption.AllDirectories));

    private static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var stream = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    internal static string IdOf(string fixture)
    {
        using ElfFile elf = ElfFile.Open(FixtureFiles.Path(fixture));
        return ElfNotes.BuildId(elf)!;
    }
}
