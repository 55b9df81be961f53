using KernelDebug.Debuginfod;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Debuginfod;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>Each place says what became of it.</summary>
public sealed class DebugFileSearchTests : IDisposable
{
    private const string Release = "6.6.6-1-amd64";
    private const string BuildId = "0123456789abcdef0123456789abcdef01234567";
    private const string OtherId = "fedcba9876543210fedcba9876543210fedcba98";
    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void EachOutcome_IsSaidWithItsReason()
    {
        _tree.Put($"boot/vmlinux-{Release}", Kernel(OtherId));
        _tree.Put($"boot/vmlinux-{Release}.debug", "no ELF"u8.ToArray());
        _tree.Put($"usr/lib/debug/boot/vmlinux-{Release}", Stripped(BuildId));
        _tree.Put($"usr/lib/debug/lib/modules/{Release}/vmlinux", Kernel(BuildId));

        DebugFile[] files = Search(new() { Release = Release, BuildId = BuildId }, DebugFileKind.Vmlinux);

        Assert.Equal(
            [DebugFileStatus.WrongBuild, DebugFileStatus.Unreadable, DebugFileStatus.NoDebugInfo, DebugFileStatus.Absent],
            files.Take(4).Select(file => file.Status));
        Assert.Equal(OtherId, files[0].BuildId);
        Assert.Contains(OtherId, files[0].Reason, StringComparison.Ordinal);
        Assert.Contains("symbols", files[2].Reason, StringComparison.Ordinal);
        DebugFile found = Assert.Single(files, file => file.IsUsable);
        Assert.Equal(
            (DebugFileStatus.Found, $"{_tree.Root}/usr/lib/debug/lib/modules/{Release}/vmlinux", BuildId, Release, true, new FileInfo(found.Path!).Length),
            (found.Status, found.Path, found.BuildId, found.Release, found.HasDebugInfo, found.Size));
        Assert.DoesNotContain(files, file => file.Status is DebugFileStatus.Installable or DebugFileStatus.NotAsked);
    }

    [Fact]
    public void WhereNothingIs_ThePackageIsNamed_AndWhyNoServerWasAsked()
    {
        DebugFile[] files = Search(new() { Release = Release, BuildId = BuildId }, DebugFileKind.Vmlinux);

        Assert.Contains("DEBUGINFOD_URLS", Assert.Single(files, file => file.Status == DebugFileStatus.NotAsked).Reason, StringComparison.Ordinal);
        DebugFile package = Assert.Single(files, file => file.Status == DebugFileStatus.Installable);
        Assert.Equal(($"linux-image-{Release}-dbg", $"apt-get install linux-image-{Release}-dbg"), (package.Package, package.Command));
        Assert.Equal(files[^1], package);
    }

    [Fact]
    public void AServerIsAskedByTheBuildId_AndNothingFetchedUnlessToldTo()
    {
        using var server = ScriptedServer.With("200 OK", Kernel(BuildId));
        var request = new DebugFileRequest { Release = Release, BuildId = BuildId };

        DebugFile available = Assert.Single(Search(request, DebugFileKind.Vmlinux, server), file => file.Url is not null);
        DebugFile downloaded = Assert.Single(Search(request, DebugFileKind.Vmlinux, server, file => file.Size > 0), file => file.Url is not null);
        DebugFile cached = Assert.Single(Search(request, DebugFileKind.Vmlinux, server), file => file.IsUsable);

        Assert.Equal((DebugFileStatus.Available, $"{server.Url}buildid/{BuildId}/debuginfo", null), (available.Status, available.Url, available.Path));
        Assert.Equal((DebugFileStatus.Downloaded, available.Url, true), (downloaded.Status, downloaded.Url, downloaded.HasDebugInfo));
        Assert.Equal((DebugFileStatus.Found, downloaded.Path, 2), (cached.Status, cached.Path, server.Requests.Count));
    }

    [Fact]
    public void WhatIsHere_IsAskedForNowhere()
    {
        using var server = ScriptedServer.With("200 OK", Kernel(BuildId));
        _tree.Put($"boot/vmlinux-{Release}", Kernel(BuildId));

        Search(new() { Release = Release, BuildId = BuildId }, DebugFileKind.Vmlinux, server, _ => true);

        Assert.Empty(server.Requests);
    }

    [Fact]
    public void AStrippedFileOfTheRelease_SaysWhichDebugInformationToAskFor()
    {
        using var server = ScriptedServer.With("404 Not Found");
        _tree.Put($"boot/vmlinux-{Release}", Stripped(BuildId));

        Search(new() { Release = Release }, DebugFileKind.Vmlinux, server);

        Assert.Equal($"/buildid/{BuildId}/debuginfo", Assert.Single(server.Requests).Path);
    }

    [Theory]
    [InlineData(Release, "#1 SMP Debian 6.6.6-1 (2024-01-01)", true)]
    [InlineData(Release, "#1 SMP Debian 6.6.6-2 (2024-01-01)", false)]
    [InlineData("6.6.7-1-amd64", "#1 SMP Debian 6.6.6-1 (2024-01-01)", false)]
    public void TheRunningKernel_SaysItsBuildId_WhereItIsTheOneMeant(string running, string version, bool isMeant)
    {
        using var server = ScriptedServer.With("404 Not Found");
        _tree.Put("proc/sys/kernel/osrelease", System.Text.Encoding.UTF8.GetBytes(running + "\n"));
        _tree.Put("proc/sys/kernel/version", System.Text.Encoding.UTF8.GetBytes(version + "\n"));
        byte[] id = Convert.FromHexString(BuildId);
        _tree.Put("sys/kernel/notes", new ByteWriter().U32(4).U32((ulong)id.Length).U32(3).Text("GNU").Raw(id).ToArray());

        DebugFile[] files = Search(new() { Release = Release, Version = "#1  Debian 6.6.6-1" }, DebugFileKind.Vmlinux, server);

        Assert.Equal(isMeant ? [$"/buildid/{BuildId}/debuginfo"] : [], server.Requests.Select(request => request.Path));
        Assert.Equal(isMeant, !files.Any(file => file.Reason?.Contains("asked by build-id", StringComparison.Ordinal) == true));
    }

    [Fact]
    public void AModule_IsLookedForBelowTheReleaseAndAtServersByItsOwnId()
    {
        using var server = ScriptedServer.With("404 Not Found");
        string path = _tree.Copy("lib/modules/6.1.0-56-amd64/extra/gtpsim.ko.xz", DecodedLog.SampleModule);
        var request = new DebugFileRequest
        {
            Release = "6.1.0-56-amd64",
            Modules = [new ModuleRequest("gtpsim", null, true), new ModuleRequest("other", BuildId, false), new ModuleRequest("strange", BuildId, true)],
        };

        DebugFile[] files = Search(request, DebugFileKind.Module, server);

        Assert.Equal(path, Assert.Single(files, file => file.IsUsable).Path);
        Assert.Equal($"/buildid/{BuildId}/debuginfo", server.Requests[0].Path);
        Assert.Equal("other", Assert.Single(files, file => file.Status == DebugFileStatus.Installable).Name);
    }

    [Fact]
    public void WhatWasAskedForBefore_IsNotRepeated()
    {
        using var search = new DebugFileSearch(new SymbolizerOptions { Root = _tree.Root, Debuginfod = Servers() }, _ => { });
        var request = new DebugFileRequest { Release = Release, Modules = [new ModuleRequest("a", null, false)] };
        var kinds = Enum.GetValues<DebugFileKind>().ToHashSet();

        Assert.NotEmpty(search.Find(request, kinds, null).ToArray());
        Assert.Empty(search.Find(request, kinds, null).ToArray());
    }

    [Fact]
    public void SourceFiles_AreFoundBelowTrees_AndAreNotSaidToBeOfTheBuild()
    {
        string own = _tree.Put("mine/gtpsim_dev.c", "x"u8.ToArray());
        string slub = _tree.Put($"lib/modules/{Release}/source/mm/slub.c", "x"u8.ToArray());
        _tree.Put($"lib/modules/{Release}/source/super.c", "x"u8.ToArray());
        var request = new DebugFileRequest
        {
            Release = Release,
            Sources =
            [
                new SourceRequest("/build/gtpsim/gtpsim_dev.c", "gtpsim", null),
                new SourceRequest("/build/linux-abc/mm/slub.c", null, null),
                new SourceRequest("/build/linux-abc/fs/ext4/super.c", null, null),
                new SourceRequest("/build/../../../../../../etc/passwd", null, null),
            ],
        };

        DebugFile[] files = Search(request, DebugFileKind.Source, options: new() { Root = _tree.Root, SourcePaths = [$"{_tree.Root}/mine"] });

        DebugFile[] found = [.. files.Where(file => file.IsUsable)];
        Assert.Equal([own, slub], found.Select(file => file.Path));
        Assert.All(found, file => Assert.Contains("not say of which build", file.Reason, StringComparison.Ordinal));
        Assert.All(files.Where(file => file.Name?.EndsWith("super.c", StringComparison.Ordinal) == true && file.Path is not null), file => Assert.Equal(DebugFileStatus.Absent, file.Status));
    }

    [Fact]
    public void ATreeWithoutSourceText_IsNotTheSource()
    {
        _tree.Put($"lib/modules/{Release}/build/include/linux/mm.h", []);
        _tree.Put($"usr/src/linux-source-6.6/init/main.c", []);

        DebugFile[] files = Search(new() { Release = Release }, DebugFileKind.Source);

        Assert.Contains("without", Assert.Single(files, file => file.Path == $"{_tree.Root}/lib/modules/{Release}/build").Reason, StringComparison.Ordinal);
        Assert.Equal($"{_tree.Root}/usr/src/linux-source-6.6", Assert.Single(files, file => file.IsUsable).Path);
    }

    [Theory]
    [InlineData("6.1/../../x")]
    [InlineData("..")]
    public void AReleaseThatLeadsElsewhere_NamesNoPlace(string release)
    {
        DebugFile[] files = Search(new() { Release = release, Modules = [new ModuleRequest("a", null, false)] }, DebugFileKind.Vmlinux, DebugFileKind.Module, DebugFileKind.Source);

        Assert.DoesNotContain(files, file => file.Path is not null);
    }

    private DebugFile[] Search(DebugFileRequest request, params DebugFileKind[] kinds)
    {
        using var search = new DebugFileSearch(new SymbolizerOptions { Root = _tree.Root, Debuginfod = Servers() }, _ => { });
        return [.. search.Find(request, kinds.ToHashSet(), null)];
    }

    private DebugFile[] Search(DebugFileRequest request, DebugFileKind kind, ScriptedServer? server = null, Func<DebugFile, bool>? confirm = null, SymbolizerOptions? options = null)
    {
        using var search = new DebugFileSearch((options ?? new() { Root = _tree.Root }) with { Debuginfod = Servers(server) }, _ => { });
        return [.. search.Find(request, new HashSet<DebugFileKind> { kind }, confirm)];
    }

    private DebuginfodOptions Servers(ScriptedServer? server = null) => new() { Servers = server is null ? [] : [server.Url], CachePath = $"{_tree.Root}/cache" };

    private static byte[] Kernel(string buildId) => new TinyKernel { Release = Release, BuildId = buildId }.Function("f", 0x1000, 0x20).Build();

    private static byte[] Stripped(string buildId)
    {
        var elf = new ElfBuilder();
        byte[] id = Convert.FromHexString(buildId);
        elf.Add(".notes", new ByteWriter().U32(4).U32((ulong)id.Length).U32(3).Text("GNU").Raw(id).ToArray(), type: 7);
        elf.AddSymbol("f", 0x1000, 0x20, elf.AddCode(".text", 0x1000, 0x100));
        return elf.Build();
    }
}
