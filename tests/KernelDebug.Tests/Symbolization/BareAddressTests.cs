using KernelDebug.Decoding;
using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>Addresses without a name, as a kernel without kallsyms prints them: looked up where the load offset is known.</summary>
public sealed class BareAddressTests : IDisposable
{
    private const ulong Kaslr = 0xffffffff9a000000;
    private const string OffsetLine = "Kernel Offset: 0xffffffff9a000000 from 0xffffffff81000000 (relocation range: 0xffffffff80000000-0xffffffffbfffffff)";
    private readonly TempTree _tree = new();
    private readonly SymbolizerOptions _options;

    public BareAddressTests() => _options = new SymbolizerOptions
    {
        Vmlinux = _tree.Put("vmlinux", new TinyKernel().Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build()),
        Root = DecodedLog.Nowhere,
    };

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("RIP: 0010:0xffffffff9a001010", "f", 0x10UL, 11)]
    [InlineData("RIP: 0010:0xffffffff9a001020", "g", 0UL, 12)]
    [InlineData(" [<ffffffff9a001010>]", "f", 0x10UL, 10)]
    [InlineData(" [<ffffffff9a001030>]", "g", 0x10UL, 12)]
    [InlineData(" [<ffffffff9a001020>]", "f", 0x20UL, 11)] // the return address of a call at f's very end
    public void With_the_offset_named(string line, string symbol, ulong offset, int source)
    {
        DecodedLog log = DecodedLog.Of(_options with { KaslrOffset = Kaslr }, "Call Trace:", line);

        SymbolLocation place = Assert.Single(log.Locations);
        Assert.Equal((symbol, offset, source), (place.Symbol!, place.Offset!.Value, place.Line!.Value));
        Assert.Null(place.Reason);
        Assert.Contains($"lib/a.c:{source}", log.Lines[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pointer_to_a_function_found_on_the_stack_is_no_return_address()
    {
        SymbolLocation place = DecodedLog.Of(_options with { KaslrOffset = Kaslr }, "Call Trace:", " ? 0xffffffff9a001020").Locations.Single();

        Assert.Equal(UnresolvedKind.NotAReturnAddress, place.Reason?.Kind);
        Assert.Empty(place.Frames);
    }

    [Fact]
    public void The_log_s_own_offset_counts_from_its_line_on()
    {
        DecodedLog log = DecodedLog.Of(_options, "RIP: 0010:0xffffffff9a001010", OffsetLine, "RIP: 0010:0xffffffff9a001010");

        Assert.Equal([UnresolvedKind.UnknownKaslrOffset, null], log.Locations.Select(l => l.Reason?.Kind));
        Assert.Equal([null, 11], log.Locations.Select(l => l.Line));
        Assert.Contains("load offset", log.Locations.First().Reason!.Message, StringComparison.Ordinal);
        Assert.Contains("load offset", log.Lines[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_boot_s_offset_is_not_this_one_s()
    {
        DecodedLog log = DecodedLog.Of(_options, OffsetLine, "Linux version 6.1.0 (a@b) #1", "RIP: 0010:0xffffffff9a001010");

        Assert.Equal(UnresolvedKind.UnknownKaslrOffset, log.Locations.Single().Reason?.Kind);
    }

    [Fact]
    public void What_is_named_goes_before_what_the_log_says()
    {
        DecodedLog log = DecodedLog.Of(_options with { KaslrOffset = Kaslr }, OffsetLine.Replace("9a0", "8b0", StringComparison.Ordinal), "RIP: 0010:0xffffffff9a001010");

        Assert.Equal(11, log.Locations.Single().Line);
    }

    [Theory]
    [InlineData("RIP: 0010:0xffffffff9a000ff0")]
    [InlineData("RIP: 0010:0xffffffff9a001100")]
    [InlineData("RIP: 0010:0xffffffffc0401010")]
    [InlineData("RIP: 0010:0xffff88810a001010")]
    public void Outside_the_image_there_is_no_answer(string line)
    {
        SymbolLocation place = DecodedLog.Of(_options with { KaslrOffset = Kaslr }, line).Locations.Single();

        Assert.Equal(UnresolvedKind.OutsideKernelImage, place.Reason?.Kind);
        Assert.Empty(place.Frames);
        Assert.Null(place.Symbol);
    }

    [Theory]
    [InlineData("RIP: 0033:0x1010")]
    [InlineData("RIP: 0033:0x7f0000001010")]
    [InlineData("RIP: 0033:f+0x10/0x20")]
    public void User_space_is_never_looked_up(string line)
    {
        DecodedLog log = DecodedLog.Of(_options with { KaslrOffset = 0 }, line);

        Assert.All(log.Locations, l => Assert.Equal((UnresolvedKind.UserSpace, 0), (l.Reason!.Kind, l.Frames.Count)));
        Assert.Equal(line, log.Lines[0].Text);
    }

    [Fact]
    public void A_report_s_own_offset_is_used_for_all_of_it_and_for_no_other()
    {
        string[] report =
        [
            "BUG: kernel NULL pointer dereference, address: 0000000000000000", "CPU: 0 PID: 1 Comm: a Not tainted 6.1.0 #1",
            "RIP: 0010:0xffffffff9a001010", "Call Trace:", " [<ffffffff9a001030>]", "Kernel panic - not syncing: Fatal exception",
        ];
        PanicTrace with = Assert.Single(PanicTraceParser.ParseAll([.. report, OffsetLine, "---[ end Kernel panic - not syncing: Fatal exception ]---"]));
        PanicTrace without = Assert.Single(PanicTraceParser.ParseAll([.. report, "---[ end Kernel panic - not syncing: Fatal exception ]---"]));
        Assert.Equal(Kaslr, with.KaslrOffset);
        using var decoder = new LogDecoder(new DecodeOptions { Symbols = _options }, _ => { });

        Assert.Equal(11, decoder.Decode(with).InstructionPointer!.Location.Line);
        Assert.Equal(UnresolvedKind.UnknownKaslrOffset, decoder.Decode(without).InstructionPointer!.Reason?.Kind);
    }
}
