using KernelDebug.Formatting;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>Which vmlinux is found for a log that names only its release or build-id.</summary>
public sealed class FindingVmlinuxTests : IDisposable
{
    private const string Release = "6.6.6-test";
    private const string BuildId = "0123456789abcdef0123456789abcdef01234567";
    private const string OtherId = "fedcba9876543210fedcba9876543210fedcba98";
    private const string CpuLine = $"CPU: 0 PID: 1 Comm: a Not tainted {Release} #1";
    private const string Frame = " f+0x11/0x20";
    private static readonly string[] _log = [CpuLine, Frame];
    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    /// <summary>decode_stacktrace.sh -r's places, in its order, then those of other distributions.</summary>
    private static readonly string[] _places =
    [
        $"/boot/vmlinux-{Release}", $"/boot/vmlinux-{Release}.debug", $"/usr/lib/debug/boot/vmlinux-{Release}", $"/usr/lib/debug/boot/vmlinux-{Release}.debug",
        $"/lib/modules/{Release}/vmlinux", $"/lib/modules/{Release}/build/vmlinux", $"/usr/lib/debug/lib/modules/{Release}/vmlinux",
        $"/usr/lib/debug/usr/lib/modules/{Release}/vmlinux.debug",
    ];

    public static TheoryData<int> Places => [.. Enumerable.Range(0, _places.Length)];

    [Theory, MemberData(nameof(Places))]
    public void Each_place_is_tried_and_told_in_order(int place)
    {
        // Those behind it are there too: the first one counts.
        foreach (string path in _places.Skip(place))
        {
            _tree.Put(path, Kernel());
        }

        DecodedLog log = Decode(_log);

        AssertDecoded(log, _tree.Root + _places[place]);
        Assert.Equal(
            [.. _places.Take(place).Select(p => $"vmlinux: not there: {_tree.Root}{p}"), $"vmlinux: using {_tree.Root}{_places[place]}"],
            log.Told);
    }

    [Theory]
    [InlineData(CpuLine)]
    [InlineData($"Linux version {Release} (builder@host) #1 SMP")]
    [InlineData($"[    0.000000] Linux version {Release} (builder@host) #1 SMP")]
    public void The_release_is_taken_from(string line)
    {
        string path = _tree.Put(_places[0], Kernel());

        AssertDecoded(Decode(line, Frame), path);
    }

    [Fact]
    public void A_vmlinux_of_another_release_under_this_one_s_name_is_passed_over()
    {
        string wrong = _tree.Put(_places[0], new TinyKernel { Release = "6.6.7-test" }.Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build());
        string right = _tree.Put(_places[2], Kernel());

        DecodedLog log = Decode(_log);

        AssertDecoded(log, right);
        Assert.Contains(log.Told, t => t.Contains(wrong, StringComparison.Ordinal) && t.Contains("6.6.7-test", StringComparison.Ordinal) && t.EndsWith("passed over", StringComparison.Ordinal));
    }

    [Fact]
    public void One_without_debug_information_is_passed_over()
    {
        var bare = new ElfBuilder();
        bare.AddSymbol("f", 0x1000, 0x20, bare.AddCode(".text", 0x1000, 0x100));
        _tree.Put(_places[0], bare.Build());
        string right = _tree.Put(_places[2], Kernel());

        AssertDecoded(Decode(_log), right);
    }

    [Fact]
    public void What_is_no_ELF_file_is_passed_over_with_one_warning()
    {
        string wrong = _tree.Put(_places[0], "not an ELF file"u8.ToArray());
        _tree.Put(_places[1], []);
        string right = _tree.Put(_places[2], Kernel());

        DecodedLog log = Decode(CpuLine, Frame, Frame, CpuLine, Frame);

        Assert.Equal([wrong, _tree.Root + _places[1]], log.Complaints.Select(d => d.Target));
        Assert.Equal(right, log.Locations.First().Candidates.Single().ObjectPath);
    }

    [Fact]
    public void The_build_id_directory_is_searched_after_the_places()
    {
        string path = _tree.Put($"/usr/lib/debug/.build-id/01/{BuildId[2..]}.debug", Kernel(BuildId));

        AssertDecoded(Decode($"{CpuLine} {BuildId}", Frame), path);
    }

    [Fact]
    public void A_build_id_other_than_the_log_s_is_passed_over_even_where_the_release_agrees()
    {
        _tree.Put(_places[0], Kernel(OtherId));

        DecodedLog log = Decode($"{CpuLine} {BuildId}", Frame);

        Assert.Equal(UnresolvedKind.NoVmlinux, log.Locations.Single().Reason?.Kind);
        Assert.Single(log.Complaints, d => d.Id == "VmlinuxNotFound");
    }

    [Theory]
    [InlineData("6.1.0-56-amd64", "linux-image-6.1.0-56-amd64-dbg")]
    [InlineData("5.4.0-131-generic", "linux-image-5.4.0-131-generic-dbgsym")]
    [InlineData("6.8.5-301.fc40.x86_64", "dnf debuginfo-install kernel-6.8.5-301.fc40.x86_64")]
    [InlineData("5.14.0-427.el9.x86_64", "dnf debuginfo-install kernel-5.14.0-427.el9.x86_64")]
    public void Nothing_found_is_one_warning_that_says_what_to_install(string release, string remedy)
    {
        string cpu = $"CPU: 0 PID: 1 Comm: a Not tainted {release} #1";

        DecodedLog log = Decode(cpu, Frame, Frame, cpu, Frame);

        Diagnostic warning = Assert.Single(log.Complaints);
        Assert.Equal((DiagnosticSeverity.Warning, "VmlinuxNotFound"), (warning.Severity, warning.Id));
        Assert.Contains(release, warning.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, warning.RecommendedAction, StringComparison.Ordinal);
        Assert.All(log.Locations, l => Assert.Equal(UnresolvedKind.NoVmlinux, l.Reason?.Kind));
        Assert.Equal(Frame, log.Lines[1].Text);
    }

    [Theory]
    [InlineData("6.1/../../../../etc")]
    [InlineData("6/x")]
    [InlineData("1/../../tmp")]
    public void A_release_with_slashes_names_no_place(string release)
    {
        DecodedLog log = Decode($"Linux version {release} (x)", Frame);

        Assert.DoesNotContain(log.Told, t => t.Contains(release, StringComparison.Ordinal));
        Assert.Single(log.Complaints, d => d.Id == "VmlinuxNotFound");
    }

    [Theory]
    [InlineData(null, "6.6.7-test", null)]
    [InlineData(OtherId, Release, BuildId)]
    public void A_named_vmlinux_of_another_kernel_is_an_error_once_unless_forced(string? ofFile, string release, string? ofLog)
    {
        string path = _tree.Put("my/vmlinux", Kernel(ofFile));
        string cpu = $"CPU: 0 PID: 1 Comm: a Not tainted {release} #1 {ofLog}".TrimEnd();
        var options = new SymbolizerOptions { Vmlinux = path, Root = DecodedLog.Nowhere };

        DecodedLog refused = DecodedLog.Of(options, cpu, Frame, Frame, cpu, Frame);
        DecodedLog forced = DecodedLog.Of(options with { Force = true }, cpu, Frame, Frame, cpu, Frame);

        Diagnostic error = Assert.Single(refused.Complaints);
        Assert.Equal((DiagnosticSeverity.Error, "BuildIdMismatch", path), (error.Severity, error.Id, error.Target));
        Assert.Contains(ofFile ?? Release, error.Message, StringComparison.Ordinal);
        Assert.Contains(ofLog ?? release, error.Message, StringComparison.Ordinal);
        Assert.All(refused.Locations, l => Assert.Equal((UnresolvedKind.BuildIdMismatch, 0), (l.Reason!.Kind, l.Frames.Count)));
        Assert.Empty(forced.Complaints);
        Assert.All(forced.Locations, l => Assert.Equal(11, l.Line));
    }

    [Fact]
    public void A_named_release_that_is_not_the_log_s_is_an_error_once_unless_forced()
    {
        _tree.Put(_places[0], Kernel());
        const string cpu = "CPU: 0 PID: 1 Comm: a Not tainted 6.6.7-test #1";
        var options = new SymbolizerOptions { Release = Release, Root = _tree.Root };

        DecodedLog refused = DecodedLog.Of(options, cpu, Frame, Frame);
        DecodedLog forced = DecodedLog.Of(options with { Force = true }, cpu, Frame, Frame);

        Diagnostic error = Assert.Single(refused.Complaints);
        Assert.Equal((DiagnosticSeverity.Error, "BuildIdMismatch"), (error.Severity, error.Id));
        Assert.All(refused.Locations, l => Assert.Empty(l.Frames));
        Assert.Empty(forced.Complaints);
        Assert.All(forced.Locations, l => Assert.Equal(11, l.Line));
    }

    [Fact]
    public void Reports_of_two_kernels_in_one_log_are_each_decoded_with_their_own()
    {
        _tree.Put("boot/vmlinux-6.6.6-a", new TinyKernel { Release = "6.6.6-a" }.Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build());
        _tree.Put("boot/vmlinux-6.6.6-b", new TinyKernel { Release = "6.6.6-b" }.Function("g", 0x1000, 0x80).Function("f", 0x1080, 0x20).Function("h", 0x10a0, 0x60).Build());

        DecodedLog log = Decode(Cpu("a"), Frame, Cpu("b"), Frame, Cpu("a"), Frame);

        Assert.Equal([11, 19, 11], log.Locations.Select(l => l.Line!.Value));
        Assert.Empty(log.Complaints);

        static string Cpu(string kernel) => $"CPU: 0 PID: 1 Comm: a Not tainted 6.6.6-{kernel} #1";
    }

    [Fact]
    public void Of_two_kernels_the_missing_one_is_told_of_once()
    {
        string path = _tree.Put(_places[0], Kernel());
        const string other = "CPU: 0 PID: 1 Comm: a Not tainted 6.6.7-other #1";

        DecodedLog log = Decode(CpuLine, Frame, other, Frame, CpuLine, Frame, other, Frame);

        Assert.Equal([path, null, path, null], log.Locations.Select(l => l.Candidates.SingleOrDefault()?.ObjectPath));
        Assert.Equal("6.6.7-other", Assert.Single(log.Complaints).Target);
    }

    private DecodedLog Decode(params string[] lines) => DecodedLog.Of(new SymbolizerOptions { Root = _tree.Root }, LineLayout.Log, lines);

    private static byte[] Kernel(string? buildId = null) =>
        new TinyKernel { Release = Release, BuildId = buildId }.Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build();

    private static void AssertDecoded(DecodedLog log, string path)
    {
        SymbolLocation place = Assert.Single(log.Locations);
        Assert.Equal((path, 11), (place.Candidates.Single().ObjectPath, place.Line!.Value));
        Assert.Empty(log.Complaints);
    }
}
