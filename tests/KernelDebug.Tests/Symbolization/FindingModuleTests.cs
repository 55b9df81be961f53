using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>Where a module's file is looked for, and what becomes of files that only look like one.</summary>
public sealed class FindingModuleTests : IDisposable
{
    private const string Release = "6.1.0-56-amd64";
    private const string BuildId = "c0ba1fc41e904eec58ca79917d3711d50c1b5543";
    private const string CpuLine = $"CPU: 0 PID: 1 Comm: a Not tainted {Release} #1";
    private const string Frame = " gtpsim_trigger_write+0x1b2/0x220 [gtpsim]";
    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData($"lib/modules/{Release}/extra/gtpsim.ko.xz")]
    [InlineData($"lib/modules/{Release}/kernel/drivers/net/gtpsim.ko.xz")]
    [InlineData($"usr/lib/debug/lib/modules/{Release}/updates/dkms/gtpsim.ko.xz")]
    public void Below_the_directories_of_the_release(string place)
    {
        string path = _tree.Copy(place, DecodedLog.SampleModule);

        AssertFound(path, Decode(new(), CpuLine, Frame));
    }

    [Theory]
    [InlineData("gtpsim.ko.xz", "../../samples/gtpsim/gtpsim.ko.xz")]
    [InlineData("gtpsim.ko.zst", "gtpsim/gtpsim.ko.zst")]
    [InlineData("gtpsim.ko.debug", "gtpsim/gtpsim.ko.debug.xz")]
    [InlineData("gtpsim.ko", "gtpsim/gtpsim-zstd.ko")]
    public void Under_each_ending(string name, string from)
    {
        string path = _tree.Copy($"m/deep/er/{name}", FixtureFiles.Path(from));

        AssertFound(path, Decode(new() { ModulePaths = [$"{_tree.Root}/m"] }, Frame));
    }

    [Theory]
    [InlineData("gtp-sim.ko.xz", "gtp_sim")]
    [InlineData("gtp_sim.ko.xz", "gtp_sim")]
    [InlineData("gtp_sim.ko.xz", "gtp-sim")]
    public void A_dash_in_the_name_is_an_underscore(string file, string module)
    {
        string path = _tree.Copy("m/" + file, DecodedLog.SampleModule);

        AssertFound(path, Decode(new() { ModulePaths = [$"{_tree.Root}/m"] }, Frame.Replace("[gtpsim]", $"[{module}]", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("gtpsim2.ko.xz")]
    [InlineData("xgtpsim.ko.xz")]
    [InlineData("gtpsim.kof")]
    [InlineData(".gtpsim.ko.cmd")]
    [InlineData("gtpsim")]
    public void A_file_of_another_name_is_not_the_module(string file)
    {
        _tree.Copy("m/" + file, DecodedLog.SampleModule);

        DecodedLog log = Decode(new() { ModulePaths = [$"{_tree.Root}/m"] }, CpuLine, Frame, Frame);

        Assert.All(log.Locations, l => Assert.Equal(UnresolvedKind.NoModuleFile, l.Reason?.Kind));
        Assert.Single(log.Complaints, d => d.Id == "ModuleNotFound" && d.Target == "gtpsim");
    }

    [Fact]
    public void A_missing_module_is_told_of_once_and_with_each_place()
    {
        DecodedLog log = Decode(new() { ModulePaths = [$"{_tree.Root}/no-such"] }, "WARNING: CPU: 0 PID: 1 at " + Frame.Trim(), CpuLine, Frame, Frame, CpuLine, Frame);

        Diagnostic warning = Assert.Single(log.Complaints, d => d.Target == "gtpsim");
        Assert.Equal((DiagnosticSeverity.Warning, "ModuleNotFound"), (warning.Severity, warning.Id));
        Assert.Contains("-ModulePath", warning.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains($"module gtpsim: not there: {_tree.Root}/no-such", log.Told);
        Assert.Contains($"module gtpsim: not there: {_tree.Root}/lib/modules/{Release}", log.Told);
    }

    [Fact]
    public void A_missing_module_is_told_of_once_also_beside_a_named_vmlinux()
    {
        string vmlinux = _tree.Put("vmlinux", new TinyKernel { Release = Release }.Function("f", 0x1000, 0x100).Build());

        // Asked for before the log says its release, and after.
        DecodedLog log = Decode(new() { Vmlinux = vmlinux }, "WARNING: CPU: 0 PID: 1 at " + Frame.Trim(), CpuLine, Frame);

        Assert.Single(log.Complaints);
    }

    [Fact]
    public void Beside_the_vmlinux_but_not_below_an_ordinary_directory()
    {
        string vmlinux = _tree.Put("v/vmlinux", new TinyKernel { Release = Release }.Function("f", 0x1000, 0x100).Build());
        _tree.Copy("v/sub/gtpsim.ko.xz", DecodedLog.SampleModule);
        Assert.Empty(Decode(new() { Vmlinux = vmlinux, Root = DecodedLog.Nowhere }, Frame).Locations.Single().Frames);

        string beside = _tree.Copy("v/gtpsim.ko.xz", DecodedLog.SampleModule);
        AssertFound(beside, Decode(new() { Vmlinux = vmlinux, Root = DecodedLog.Nowhere }, Frame));
    }

    [Fact]
    public void Below_the_vmlinux_of_a_build_tree()
    {
        string vmlinux = _tree.Put("v/vmlinux", new TinyKernel { Release = Release }.Function("f", 0x1000, 0x100).Build());
        _tree.Put("v/modules.order", []);
        string path = _tree.Copy("v/drivers/net/gtpsim.ko.xz", DecodedLog.SampleModule);

        AssertFound(path, Decode(new() { Vmlinux = vmlinux, Root = DecodedLog.Nowhere }, Frame));
    }

    [Fact]
    public void A_named_file_comes_before_the_usual_places_and_another_build_is_passed_over_for_the_right_one()
    {
        string wrong = _tree.Copy("m/gtpsim.ko.xz", FixtureFiles.Path("gtpsim/gtpsim-other-build.ko.xz"));
        string right = _tree.Copy($"lib/modules/{Release}/extra/gtpsim.ko.xz", DecodedLog.SampleModule);

        DecodedLog log = Decode(new() { ModulePaths = [wrong] }, CpuLine, Frame.Replace("]", $" {BuildId}]", StringComparison.Ordinal));

        AssertFound(right, log);
        Assert.DoesNotContain(log.Complaints, d => d.Target == "gtpsim");
        Assert.Contains(log.Told, t => t.Contains(wrong, StringComparison.Ordinal) && t.EndsWith("passed over", StringComparison.Ordinal));
    }

    [Fact]
    public void A_stripped_module_gives_way_to_one_with_debug_information()
    {
        _tree.Copy($"usr/lib/debug/lib/modules/{Release}/a/gtpsim.ko", FixtureFiles.Path("gtpsim/gtpsim-stripped.ko"));
        string right = _tree.Copy($"lib/modules/{Release}/extra/gtpsim.ko.xz", DecodedLog.SampleModule);

        AssertFound(right, Decode(new(), CpuLine, Frame));
    }

    [Fact]
    public void The_debug_file_of_a_stripped_module_is_found_by_build_id()
    {
        _tree.Copy($"lib/modules/{Release}/extra/gtpsim.ko", FixtureFiles.Path("gtpsim/gtpsim-stripped.ko"));
        string path = _tree.Copy($"usr/lib/debug/.build-id/c0/{BuildId[2..]}.debug", FixtureFiles.Path("gtpsim/gtpsim.ko.debug.xz"));

        AssertFound(path, Decode(new(), CpuLine, Frame));
    }

    [Fact]
    public void The_debug_file_of_a_module_is_found_by_the_log_s_build_id_alone()
    {
        string path = _tree.Copy($"usr/lib/debug/.build-id/c0/{BuildId[2..]}.debug", FixtureFiles.Path("gtpsim/gtpsim.ko.debug.xz"));

        AssertFound(path, Decode(new(), CpuLine, Frame.Replace("]", $" {BuildId}]", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("gtpsim.ko.debug", true, true)]
    [InlineData("gtpsim.ko.debug", false, false)]
    [InlineData("../m/gtpsim.ko.debug", true, false)]
    [InlineData("/etc/passwd", true, false)]
    [InlineData("..", true, false)]
    [InlineData("", true, false)]
    public void A_debug_link_is_followed_where_it_is_a_plain_name_and_the_checksum_fits(string link, bool isRightCrc, bool isFollowed)
    {
        string debug = _tree.Copy("m/gtpsim.ko.debug", FixtureFiles.Path("gtpsim/gtpsim.ko.debug.xz"));
        uint crc = Crc32.OfFile(debug) ^ (isRightCrc ? 0u : 1u);
        var elf = new ElfBuilder(type: 1);
        elf.AddSymbol("gtpsim_trigger_write", 0, 0x220, elf.AddCode(".text", 0, 0x220));
        var section = new ByteWriter().Text(link);
        section.Raw(new byte[-section.Length & 3]).U32(crc);
        elf.Add(".gnu_debuglink", section.ToArray());
        string module = _tree.Put("n/gtpsim.ko", elf.Build());
        if (isFollowed || !isRightCrc)
        {
            _tree.Copy("n/gtpsim.ko.debug", debug);
        }

        DecodedLog log = Decode(new() { ModulePaths = [module] }, Frame);

        Assert.Equal(isFollowed, log.Locations.Single().Frames.Count > 0);
        Assert.Equal(isFollowed ? null : UnresolvedKind.NoDebugInfo, log.Locations.Single().Reason?.Kind);
    }

    [Fact]
    public void Loops_dead_links_and_unreadable_files_do_no_harm()
    {
        string modules = $"{_tree.Root}/lib/modules/{Release}";
        string path = _tree.Copy($"lib/modules/{Release}/z/gtpsim.ko.xz", DecodedLog.SampleModule);
        Directory.CreateSymbolicLink($"{modules}/build", "/");
        Directory.CreateSymbolicLink($"{modules}/a", ".");
        Directory.CreateSymbolicLink($"{modules}/z/up", "..");
        Directory.CreateDirectory($"{modules}/b/gtpsim.ko");
        _tree.Put($"lib/modules/{Release}/c/gtpsim.ko", "no ELF"u8.ToArray());
        File.CreateSymbolicLink($"{modules}/z/gtpsim.ko", "nowhere");
        File.CreateSymbolicLink($"{modules}/z/gtpsim.ko.zst", "gtpsim.ko.zst");
        _tree.Put($"lib/modules/{Release}/d/gtpsim.ko", new byte[64]);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode($"{modules}/d/gtpsim.ko", UnixFileMode.None);
        }

        DecodedLog log = Decode(new(), CpuLine, Frame, Frame);

        Assert.All(log.Locations, l => Assert.Equal(path, l.Candidates.Single().ObjectPath));
        Assert.DoesNotContain(log.Complaints, d => d.Severity == DiagnosticSeverity.Error);
        Assert.Equal(log.Complaints.Select(d => (d.Id, d.Target)).Distinct().Count(), log.Complaints.Count());
    }

    [Fact]
    public void Only_unusable_files_are_an_error_with_their_name()
    {
        string path = _tree.Put("m/gtpsim.ko", "no ELF"u8.ToArray());

        DecodedLog log = Decode(new() { ModulePaths = [path] }, Frame);

        Assert.Equal(UnresolvedKind.MalformedFile, log.Locations.Single().Reason?.Kind);
        Assert.Contains(path, log.Locations.Single().Reason!.Message, StringComparison.Ordinal);
        Assert.Contains(log.Complaints, d => d.Severity == DiagnosticSeverity.Error && d.Id == "ModuleUnusable");
    }

    private DecodedLog Decode(SymbolizerOptions options, params string[] lines) =>
        DecodedLog.Of(options.Root.Length > 0 ? options : options with { Root = _tree.Root }, lines);

    private static void AssertFound(string path, DecodedLog log)
    {
        SymbolLocation place = Assert.Single(log.Locations);
        Assert.Null(place.Reason);
        Assert.Equal(path, place.Candidates.Single().ObjectPath);
        // The oracle's line for the instruction before .text+gtpsim_trigger_write+0x1b2 of the sample.
        using ElfFile elf = ElfFile.Open(DecodedLog.SampleModule);
        ulong at = elf.Symbols.FindCode("gtpsim_trigger_write")[0].Address + 0x1b1 - elf.FindSection(".text")!.Address;
        OracleRun run = Oracle.Read("gtpsim/gtpsim.ko").Single(r => r.Section == ".text" && r.Start <= at && at < r.End);
        Assert.Equal(run.Frames.Select(f => f.Line), place.Frames.Select(f => f.Line));
    }
}
