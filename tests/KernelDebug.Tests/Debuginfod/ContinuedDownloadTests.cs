using KernelDebug.Debuginfod;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Debuginfod;

/// <summary>A download that broke off goes on where it was, and never joins two files into one.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ContinuedDownloadTests : IDisposable
{
    private const string Tag = "\"v1\"";
    private static readonly byte[] _file = File.ReadAllBytes(FixtureFiles.Path("dwarf/gcc-dwarf5"));
    private static readonly string _id = DebuginfodClientTests.IdOf("dwarf/gcc-dwarf5");
    private static readonly DebuginfodArtifact _artifact = DebuginfodArtifact.DebugInfo(_id)!;
    private readonly TempTree _tree = new();

    private string Target => Path.Combine(_tree.Root, _id, "debuginfo");

    private string Part => Target + ".part";

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void WhatBrokeOff_IsContinuedInTheSameRun()
    {
        using var server = ScriptedServer.WithRanges(_file, Tag, breaksOffAfter: 6000);

        ServerAnswer answer = Fetch(server, retries: 5);

        Assert.Equal(DebugFileStatus.Downloaded, answer.Status);
        Assert.Equal(_file, File.ReadAllBytes(Target));
        Assert.Equal([null, "bytes=6000-", "bytes=12000-"], server.Requests.Select(r => r.Headers.GetValueOrDefault("Range")));
        Assert.All(server.Requests.Skip(1), r => Assert.Equal(Tag, r.Headers["If-Range"]));
        Assert.Equal([Target], Directory.GetFiles(Path.GetDirectoryName(Target)!));
    }

    [Fact]
    public void WhatBrokeOff_IsContinuedTheNextTime()
    {
        using var server = ScriptedServer.WithRanges(_file, Tag, breaksOffAfter: 6000);

        ServerAnswer[] answers = [Fetch(server), Fetch(server), Fetch(server)];

        Assert.Equal([DebugFileStatus.Failed, DebugFileStatus.Failed, DebugFileStatus.Downloaded], answers.Select(a => a.Status));
        Assert.Equal(_file, File.ReadAllBytes(Target));
        Assert.Equal([null, "bytes=6000-", "bytes=12000-"], server.Requests.Select(r => r.Headers.GetValueOrDefault("Range")));
    }

    [Fact]
    public void WhatWasStopped_IsKeptAndContinued()
    {
        using var stop = new CancellationTokenSource();
        using var hold = new ManualResetEventSlim();
        bool holds = true;
        using var server = new ScriptedServer((request, stream) =>
        {
            int start = request.Headers.ContainsKey("Range") ? 4000 : 0;
            string range = start > 0 ? $"206 Partial Content\r\nContent-Range: bytes {start}-{_file.Length - 1}/{_file.Length}" : "200 OK";
            ScriptedServer.Write(stream, $"HTTP/1.1 {range}\r\nETag: {Tag}\r\nContent-Length: {_file.Length - start}\r\nConnection: close\r\n\r\n");
            stream.Write(_file.AsSpan(start, 4000));
            stream.Flush();
            if (holds)
            {
                hold.Wait();
            }

            stream.Write(_file.AsSpan(start + 4000));
        });
        DebuginfodOptions options = Options(server) with { Cancellation = stop.Token, Progress = progress => { if (progress.Received == 4000) { stop.Cancel(); } } };

        Assert.ThrowsAny<OperationCanceledException>(() => Fetch(options));

        Assert.Equal(_file.Take(4000), File.ReadAllBytes(Part));
        Assert.False(File.Exists(Target));
        holds = false;
        hold.Set();
        Assert.Equal(DebugFileStatus.Downloaded, Fetch(Options(server)).Status);
        Assert.Equal("bytes=4000-", server.Requests[^1].Headers["Range"]);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public void AnotherFileAtTheSameAddress_IsFetchedAnew()
    {
        byte[] other = [.. _file.Select(b => (byte)~b)];
        using (var before = ScriptedServer.WithRanges(other, "\"v0\"", breaksOffAfter: 6000))
        {
            Fetch(before);
        }

        using var server = ScriptedServer.WithRanges(_file, Tag);
        // As if it had been the same address.
        File.WriteAllText(Part + ".from", $"{server.Url}buildid/{_id}/debuginfo\n\"v0\"\n{_file.Length}\n");

        ServerAnswer answer = Fetch(server);

        Assert.Equal("\"v0\"", server.Requests[0].Headers["If-Range"]);
        Assert.Equal(DebugFileStatus.Downloaded, answer.Status);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public void APartOfAnotherServer_IsNotContinued()
    {
        using (var before = ScriptedServer.WithRanges(_file, Tag, breaksOffAfter: 6000))
        {
            Fetch(before);
        }

        using var server = ScriptedServer.WithRanges(_file, Tag);

        Assert.Equal(DebugFileStatus.Downloaded, Fetch(server).Status);
        Assert.DoesNotContain("Range", server.Requests[0].Headers.Keys);
    }

    [Theory]
    [InlineData("ETag: W/\"v1\"")]
    [InlineData("X: y")]
    public void WithoutAWordThatTellsTheFile_NothingIsKept(string header)
    {
        using var server = new ScriptedServer((_, stream) => ScriptedServer.Reply(stream, "200 OK", [.. _file.Take(6000)], header, $"Content-Length: {_file.Length}"));

        Assert.Equal(DebugFileStatus.Failed, Fetch(server).Status);
        Assert.Empty(Directory.GetFiles(_tree.Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void ALastModificationLongAgo_TellsTheFile()
    {
        using var server = new ScriptedServer((_, stream) => ScriptedServer.Reply(
            stream, "200 OK", [.. _file.Take(6000)], $"Content-Length: {_file.Length}", "Date: Tue, 02 Jan 2024 03:06:05 GMT", "Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT"));

        Fetch(server);
        Fetch(server);

        Assert.Equal("Tue, 02 Jan 2024 03:04:05 GMT", server.Requests[1].Headers["If-Range"]);
    }

    [Fact]
    public void AServerThatSendsAllAgain_IsTakenAtItsWord()
    {
        int requests = 0;
        using var server = new ScriptedServer((_, stream) => ScriptedServer.Reply(
            stream, "200 OK", requests++ == 0 ? [.. _file.Take(6000)] : _file, $"ETag: {Tag}", $"Content-Length: {_file.Length}"));

        Fetch(server);

        Assert.Equal(DebugFileStatus.Downloaded, Fetch(server).Status);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Theory]
    [InlineData("bytes 5999-{1}/{0}")]
    [InlineData("bytes 6000-{1}/99999")]
    [InlineData("bytes 6000-{1}/*")]
    [InlineData("words")]
    public void AnotherPartThanAskedFor_IsRefused(string range)
    {
        using var server = new ScriptedServer((request, stream) =>
        {
            if (request.Headers.ContainsKey("Range"))
            {
                ScriptedServer.Reply(stream, "206 Partial Content", _file[6000..], $"Content-Range: {string.Format(range, _file.Length, _file.Length - 1)}");
            }
            else
            {
                ScriptedServer.Reply(stream, "200 OK", [.. _file.Take(6000)], $"ETag: {Tag}", $"Content-Length: {_file.Length}");
            }
        });

        Fetch(server);

        Assert.Equal((DebugFileStatus.Failed, "it sends another part than was asked for"), (Fetch(server).Status, Fetch(server).Reason));
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public void ARangeThatTheServerDoesNotHave_StartsAnew()
    {
        using var server = new ScriptedServer((request, stream) =>
        {
            if (request.Headers.ContainsKey("Range"))
            {
                ScriptedServer.Reply(stream, "416 Range Not Satisfiable", []);
            }
            else
            {
                ScriptedServer.Reply(stream, "200 OK", _file, $"ETag: {Tag}");
            }
        });
        _tree.Put($"{_id}/debuginfo.part", new byte[100]);
        _tree.Put($"{_id}/debuginfo.part.from", System.Text.Encoding.UTF8.GetBytes($"{server.Url}buildid/{_id}/debuginfo\n{Tag}\n{_file.Length}\n"));

        Assert.Equal(DebugFileStatus.Downloaded, Fetch(server).Status);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Theory]
    [InlineData("")]
    [InlineData("one line\n")]
    [InlineData("{0}\n\"v1\"\n-5\n")]
    [InlineData("{0}\n\"v1\"\n10\n")]
    [InlineData("{0}\n\"v1\"\n99999999999999999999\n")]
    public void ADamagedNoteOfThePart_StartsAnew(string note)
    {
        using var server = ScriptedServer.WithRanges(_file, Tag);
        _tree.Put($"{_id}/debuginfo.part", new byte[100]);
        _tree.Put($"{_id}/debuginfo.part.from", System.Text.Encoding.UTF8.GetBytes(string.Format(note, $"{server.Url}buildid/{_id}/debuginfo")));

        Assert.Equal(DebugFileStatus.Downloaded, Fetch(server).Status);
        Assert.Equal(_file, File.ReadAllBytes(Target));
    }

    [Fact]
    public void AFileThatAnotherProgramIsFetching_IsLeftToIt()
    {
        using var server = ScriptedServer.WithRanges(_file, Tag);
        _tree.Put($"{_id}/debuginfo.part", new byte[100]);
        using FileStream other = new(Part, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        Assert.Equal(DebugFileStatus.Failed, Fetch(server).Status);
        Assert.Equal(100, other.Length);
    }

    private DebuginfodOptions Options(ScriptedServer server, int retries = 0) => new() { Servers = [server.Url], CachePath = _tree.Root, Retries = retries };

    private ServerAnswer Fetch(ScriptedServer server, int retries = 0) => Fetch(Options(server, retries));

    private static ServerAnswer Fetch(DebuginfodOptions options)
    {
        using var client = new DebuginfodClient(options);
        return Assert.Single(client.Find(_artifact, _ => true));
    }
}
