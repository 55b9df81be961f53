using KernelDebug.Decoding;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>A line comes out at once, but where the vmlinux hangs on what a later line says.</summary>
public sealed class WaitingTests : IDisposable
{
    private const string Release = "6.6.6-test";
    private const string CpuLine = $"CPU: 0 PID: 1 Comm: a Not tainted {Release} #1";
    private const int MostWaiting = 40;
    private readonly TempTree _tree = new();
    private readonly List<Diagnostic> _diagnostics = [];

    public WaitingTests() => _tree.Put($"boot/vmlinux-{Release}", new TinyKernel { Release = Release }.Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build());

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void A_warning_waits_for_the_line_with_the_release_and_the_order_is_kept()
    {
        using LogDecoder decoder = Open();

        Assert.Equal(["before"], Text(decoder.Add("before")));
        Assert.Empty(decoder.Add("WARNING: CPU: 0 PID: 1 at lib/a.c:11 f+0x10/0x20"));
        Assert.Empty(decoder.Add("Modules linked in: x"));
        IReadOnlyList<DecodedLine> released = decoder.Add(CpuLine);
        Assert.Equal([2, 3, 4], released.Select(l => l.LineNumber));
        Assert.Equal(11, released[0].Locations.Single().Line);
        Assert.Equal(5, Assert.Single(decoder.Add(" g+0x11/0xe0")).LineNumber);
        Assert.Empty(decoder.Complete());
        Assert.DoesNotContain(_diagnostics, d => d.Severity != DiagnosticSeverity.Verbose);
    }

    [Fact]
    public void Of_a_log_that_never_says_it_a_bounded_number_waits()
    {
        using LogDecoder decoder = Open();
        int taken = 0;
        int given = 0;
        var order = new List<int>();
        for (int i = 0; i < 500; i++)
        {
            taken++;
            IReadOnlyList<DecodedLine> lines = decoder.Add(i % 3 == 0 ? " f+0x10/0x20" : "text");
            given += lines.Count;
            order.AddRange(lines.Select(l => l.LineNumber));
            Assert.InRange(taken - given, 0, MostWaiting);
        }

        order.AddRange(decoder.Complete().Select(l => l.LineNumber));
        Assert.Equal(Enumerable.Range(1, 500), order);
        Assert.Empty(decoder.Complete());
        Assert.Single(_diagnostics, d => d.Id == "VmlinuxNotFound");
    }

    [Fact]
    public void At_the_end_what_waited_comes_out()
    {
        using LogDecoder decoder = Open();

        Assert.Empty(decoder.Add(" f+0x10/0x20"));
        Assert.Empty(decoder.Add("text"));
        DecodedLine[] rest = [.. decoder.Complete()];

        Assert.Equal([" f+0x10/0x20", "text"], rest.Select(l => l.Text));
        Assert.Equal(UnresolvedKind.NoVmlinux, rest[0].Locations.Single().Reason?.Kind);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("RIP: 0033:0x47b7a0")]
    [InlineData("Code: 90 90 <0f> 0b")]
    public void What_needs_no_file_does_not_wait(string line)
    {
        using LogDecoder decoder = Open();

        Assert.Single(decoder.Add(line));
    }

    [Fact]
    public void Nothing_waits_where_the_vmlinux_is_named()
    {
        using var decoder = new LogDecoder(
            new DecodeOptions { Symbols = new SymbolizerOptions { Vmlinux = $"{_tree.Root}/boot/vmlinux-{Release}", Root = DecodedLog.Nowhere } }, _diagnostics.Add);

        Assert.Equal(11, Assert.Single(decoder.Add("WARNING: CPU: 0 PID: 1 at lib/a.c:11 f+0x10/0x20")).Locations.Single().Line);
    }

    [Fact]
    public void Nothing_waits_where_the_release_is_named()
    {
        using var decoder = new LogDecoder(
            new DecodeOptions { Symbols = new SymbolizerOptions { Release = Release, Root = _tree.Root } }, _diagnostics.Add);

        Assert.True(decoder.HasVmlinux);
        Assert.Equal(11, Assert.Single(decoder.Add("WARNING: CPU: 0 PID: 1 at lib/a.c:11 f+0x10/0x20")).Locations.Single().Line);
        Assert.Equal(11, decoder.Add(CpuLine).Concat(decoder.Add("RIP: 0010:f+0x10/0x20")).Last().Locations.Single().Line);
        // The log agreed with what was named: nothing is opened a second time.
        Assert.Single(_diagnostics, d => d.Message.Contains("using", StringComparison.Ordinal));
    }

    [Fact]
    public void The_boot_banner_says_the_release_too()
    {
        using LogDecoder decoder = Open();

        Assert.Single(decoder.Add($"Linux version {Release} (builder@host) #1 SMP"));
        Assert.Equal(11, Assert.Single(decoder.Add("WARNING: CPU: 0 PID: 1 at lib/a.c:11 f+0x10/0x20")).Locations.Single().Line);
    }

    private LogDecoder Open() => new(new DecodeOptions { Symbols = new SymbolizerOptions { Root = _tree.Root } }, _diagnostics.Add);

    private static IEnumerable<string> Text(IReadOnlyList<DecodedLine> lines) => lines.Select(l => l.Text);
}
