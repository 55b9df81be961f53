using System.Diagnostics;
using KernelDebug.Debuginfod;
using KernelDebug.Elf;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Debuginfod;

/// <summary>Against elfutils' own server and client: what the one client fetches the other finds, and what the one missed the other knows.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class RealServerTests : IDisposable
{
    private const string UnknownId = "0123456789abcdef0123456789abcdef01234567";
    private readonly TempTree _tree = new();
    private readonly string _id = DebuginfodClientTests.IdOf("dwarf/gcc-dwarf5");
    private readonly string _cache;

    public RealServerTests()
    {
        _cache = Path.Combine(_tree.Root, "cache");
        _tree.Copy("served/prog", FixtureFiles.Path("dwarf/gcc-dwarf5"));
    }

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void WhatWeFetched_ElfutilsFinds()
    {
        using DebuginfodServer server = Serve();

        ServerAnswer answer = Assert.Single(Fetch(server, DebuginfodArtifact.DebugInfo(_id)!));
        server.Stop();

        Assert.Equal(DebugFileStatus.Downloaded, answer.Status);
        Assert.Equal((0, answer.Path!), server.Find(_cache, "debuginfo", _id));
    }

    [Fact]
    public void WhatElfutilsFetched_WeFind_AndBothCachesAreEqual()
    {
        using DebuginfodServer server = Serve();
        string ours = Path.Combine(_tree.Root, "ours");
        (int exit, string theirs) = server.Find(_cache, "debuginfo", _id);

        Fetch(server, DebuginfodArtifact.DebugInfo(_id)!, ours);
        server.Stop();

        Assert.Equal(0, exit);
        string own = Path.Combine(ours, Path.GetRelativePath(_cache, theirs));
        Assert.Equal(File.ReadAllBytes(theirs), File.ReadAllBytes(own));
        Assert.Equal((File.GetUnixFileMode(theirs), File.GetLastWriteTimeUtc(theirs)), (File.GetUnixFileMode(own), File.GetLastWriteTimeUtc(own)));
        DebugFile found = Assert.Single(Search(server, new DebugFileRequest { BuildId = _id }), file => file.IsUsable);
        Assert.Equal((DebugFileStatus.Found, theirs, true), (found.Status, found.Path, found.HasDebugInfo));
    }

    [Fact]
    public void WhatWeMissed_ElfutilsDoesNotAskForAgain_NorWeForWhatItMissed()
    {
        using DebuginfodServer server = Serve();
        const string other = "89abcdef0123456789abcdef0123456789abcdef";

        Assert.Equal(DebugFileStatus.Absent, Assert.Single(Fetch(server, DebuginfodArtifact.DebugInfo(UnknownId)!)).Status);
        Assert.NotEqual(0, server.Find(_cache, "debuginfo", other).ExitCode);
        server.Stop();

        // Its own word for "nobody has it"; with the server gone, one that asked would be refused the connection.
        Assert.Contains("No such file", server.Complaint(_cache, "debuginfo", UnknownId), StringComparison.Ordinal);
        DebugFile row = Assert.Single(Search(server, new DebugFileRequest { BuildId = other }), file => file.Path?.StartsWith(_cache, StringComparison.Ordinal) == true);
        Assert.Equal(DebugFileStatus.Absent, row.Status);
        Assert.Contains("when last asked", row.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.c")]
    [InlineData("odd #name.c")]
    public void SourceText_IsTheSameNameInBothCaches(string name)
    {
        Assert.SkipUnless(DebuginfodServer.IsInstalled("gcc"), "gcc is not installed, and the server finds source by the path it was compiled at");
        string source = _tree.Put($"served/{name}", "int main(void) { return 0; }\n"u8.ToArray());
        string program = Path.Combine(_tree.Root, "served", "made");
        using (Process gcc = Process.Start("gcc", ["-g", "-Wl,--build-id", "-o", program, source]))
        {
            gcc.WaitForExit();
        }

        using ElfFile elf = ElfFile.Open(program);
        string id = ElfNotes.BuildId(elf)!;
        using DebuginfodServer server = Serve();
        string ours = Path.Combine(_tree.Root, "ours");

        ServerAnswer answer = Assert.Single(Fetch(server, DebuginfodArtifact.Source(id, source)!, ours));
        (int exit, string theirs) = server.Find(_cache, "source", id, source);

        Assert.Equal((DebugFileStatus.Downloaded, 0), (answer.Status, exit));
        Assert.Equal(Path.GetRelativePath(_cache, theirs), Path.GetRelativePath(ours, answer.Path!));
        Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(answer.Path!));
    }

    [Fact]
    public void TheDecoder_FetchesWhatTheLogNames()
    {
        const string id = "00112233445566778899aabbccddeeff00112233";
        _tree.Put("served/vmlinux", new TinyKernel { Release = "6.6.6-test", BuildId = id }.Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build());
        using DebuginfodServer server = Serve();
        var options = new SymbolizerOptions { Root = DecodedLog.Nowhere, Debuginfod = Options(server, _cache) };
        string[] log = [$"CPU: 0 PID: 1 Comm: a Not tainted 6.6.6-test #1 {id}", " f+0x11/0x20"];

        DecodedLog fetched = DecodedLog.Of(options, log);
        server.Stop();
        DecodedLog cached = DecodedLog.Of(options, log);

        string path = Path.Combine(_cache, id, "debuginfo");
        Assert.All((DecodedLog[])[fetched, cached], decoded => Assert.Equal((path, 11), (decoded.Locations.Single().Candidates.Single().ObjectPath, decoded.Locations.Single().Line)));
        Assert.Empty(fetched.Complaints);
    }

    private DebuginfodServer Serve() => DebuginfodServer.Start(Path.Combine(_tree.Root, "served"), Path.Combine(_tree.Root, "home"));

    private static DebuginfodOptions Options(DebuginfodServer server, string cache) => new() { Servers = [new Uri(server.Url + "/")], CachePath = cache };

    private ServerAnswer[] Fetch(DebuginfodServer server, DebuginfodArtifact artifact, string? cache = null)
    {
        using var client = new DebuginfodClient(Options(server, cache ?? _cache));
        return [.. client.Find(artifact, _ => true)];
    }

    private DebugFile[] Search(DebuginfodServer server, DebugFileRequest request)
    {
        using var search = new DebugFileSearch(new SymbolizerOptions { Root = DecodedLog.Nowhere, Debuginfod = Options(server, _cache) }, _ => { });
        return [.. search.Find(request, new HashSet<DebugFileKind> { DebugFileKind.Vmlinux }, null)];
    }
}
