using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>Which address of a line is meant: the very one, or the call before it. Each 16 bytes of the kernel are a line.</summary>
public class ReturnAddressTests
{
    // f is lines 10 and 11, g lines 12 and 13, h 14.
    private static TinyKernel Kernel() =>
        new TinyKernel().Function("f", 0x1000, 0x20).Function("g", 0x1020, 0x20).Function("h", 0x1040, 0x10).Function("end", 0x1050, 0xb0);

    [Theory]
    [InlineData("RIP: 0010:f+0x10/0x20", 11, true)]
    [InlineData("WARNING: CPU: 0 PID: 1 at lib/a.c:1 f+0x10/0x20", 11, true)]
    [InlineData("pc : f+0x10/0x20", 11, true)]
    [InlineData(" f+0x10/0x20", 10, false)]
    [InlineData(" ? f+0x10/0x20", 10, false)]
    [InlineData("lr : f+0x10/0x20", 10, false)]
    [InlineData(" f+0x0/0x20", 10, true)]
    [InlineData(" f+0x1/0x20", 10, false)]
    [InlineData(" f+0x11/0x20", 11, false)]
    [InlineData(" f+0x20/0x20", 11, false)] // the return address of a call that does not return, at the very end
    public void A_line_means(string line, int source, bool isExact)
    {
        SymbolLocation place = DecodedLog.Place(Kernel(), line);

        Assert.Equal((source, isExact), (place.Line!.Value, place.IsExact));
        Assert.Equal("f", place.Frames.Single().Function);
    }

    [Fact]
    public void An_address_found_on_the_stack_at_a_function_s_end_is_no_return_address()
    {
        SymbolLocation place = DecodedLog.Place(Kernel(), " ? f+0x20/0x20");

        Assert.Equal(UnresolvedKind.NotAReturnAddress, place.Reason?.Kind);
        Assert.Empty(place.Frames);
    }

    [Fact]
    public void On_request_return_addresses_are_decoded_as_they_are()
    {
        var options = new SymbolizerOptions { DecodeReturnAddress = true };

        Assert.Equal(11, DecodedLog.Place(Kernel(), " f+0x10/0x20", options).Line);
        Assert.Equal(11, DecodedLog.Place(Kernel(), "RIP: 0010:f+0x10/0x20", options).Line);
    }

    [Fact]
    public void A_first_frame_that_repeats_the_fault_is_exact_and_a_later_one_is_not()
    {
        SymbolLocation[] places = Places("RIP: 0010:f+0x10/0x20", "Call Trace:", " <TASK>", " f+0x10/0x20", " g+0x10/0x20", " f+0x10/0x20");

        Assert.Equal([11, 11, 12, 10], places.Select(l => l.Line!.Value));
        Assert.Equal([true, true, false, false], places.Select(l => l.IsExact));
    }

    [Fact]
    public void A_frame_after_another_first_one_is_a_return_address()
    {
        Assert.Equal([11, 12, 10], Places("RIP: 0010:f+0x10/0x20", "Call Trace:", " g+0x10/0x20", " f+0x10/0x20").Select(l => l.Line!.Value));
    }

    [Fact]
    public void The_pointer_of_user_space_does_not_make_the_next_frame_exact()
    {
        SymbolLocation[] places = Places(
            "RIP: 0010:f+0x10/0x20", "Call Trace:", " g+0x10/0x20", "RIP: 0033:0x47b7a0", "Call Trace:", " f+0x10/0x20");

        Assert.Equal([(11, true), (12, false), (10, false)], places.Where(l => l.Symbol is not null).Select(l => (l.Line!.Value, l.IsExact)));
    }

    [Fact]
    public void Another_report_s_pointer_does_not_count()
    {
        SymbolLocation[] places = Places(
            "CPU: 0 PID: 1 Comm: a Not tainted 6.1.0 #1", "RIP: 0010:f+0x10/0x20", "Call Trace:",
            "CPU: 1 PID: 2 Comm: b Not tainted 6.1.0 #1", "Call Trace:", " f+0x10/0x20");

        Assert.Equal([11, 10], places.Select(l => l.Line!.Value));
    }

    [Fact]
    public void An_interrupt_in_the_kernel_has_a_pointer_of_its_own()
    {
        // The registers stand between the interrupt's frames and the interrupted ones (arch/x86/kernel/dumpstack.c).
        SymbolLocation[] places = Places(
            "RIP: 0010:f+0x10/0x20", "Call Trace:", " <IRQ>", " g+0x10/0x20", " </IRQ>", "RIP: 0010:h+0x4/0x10", " h+0x4/0x10", " h+0x4/0x10");

        Assert.Equal([true, false, true, true, false], places.Select(l => l.IsExact));
    }

    private static SymbolLocation[] Places(params string[] lines)
    {
        using var tree = new TempTree();
        return [.. DecodedLog.Of(new SymbolizerOptions { Vmlinux = tree.Put("vmlinux", Kernel().Build()), Root = DecodedLog.Nowhere }, lines).Locations];
    }
}
