using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>Where an answer could be wrong there is none, and the reason is.</summary>
public class DoubtTests
{
    // gtpsim_dev_xmit has 0x170 bytes in the sample module, as its logs print.
    private const string Fits = " gtpsim_dev_xmit+0x114/0x170 [gtpsim]";
    private const string Misfits = " gtpsim_handle_skb_ipv4+0x137/0x1f0 [gtpsim]";

    [Fact]
    public void After_one_size_that_differs_nothing_of_that_module_is_decoded()
    {
        DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), Fits, Misfits, Fits);

        Assert.Equal([null, UnresolvedKind.SizeMismatch, UnresolvedKind.BuildIdMismatch], log.Locations.Select(l => l.Reason?.Kind));
        Assert.Empty(log.Locations.Last().Frames);
        Assert.Contains("gtpsim_handle_skb_ipv4", log.Locations.Last().Reason!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Force_decodes_what_fits_all_the_same()
    {
        DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule) with { Force = true }, Misfits, Fits);

        Assert.NotEmpty(log.Locations.Last().Frames);
    }

    [Fact]
    public void A_report_is_checked_as_a_whole_before_any_of_it_is_decoded()
    {
        PanicTrace trace = Assert.Single(PanicTraceParser.ParseAll(
            ["BUG: unable to handle page fault for address: 0", "CPU: 0 PID: 1 Comm: x Not tainted 6.1.0-56-amd64 #1", "Call Trace:", Fits, Misfits]));
        using var decoder = new KernelDebug.Decoding.LogDecoder(new() { Symbols = DecodedLog.WithModule(DecodedLog.SampleModule) }, _ => { });

        PanicTrace decoded = decoder.Decode(trace);

        Assert.Equal(2, decoded.CallTrace.Count);
        Assert.All(decoded.CallTrace, frame => Assert.Empty(frame.Frames));
    }

    [Fact]
    public void A_module_is_found_under_another_file_name()
    {
        using var tree = new TempTree();
        string renamed = tree.Copy("the-one-that-crashed.bin.xz", DecodedLog.SampleModule);

        Assert.NotEmpty(DecodedLog.Of(DecodedLog.WithModule(renamed), Fits).Locations.First().Frames);
    }

    [Fact]
    public void A_jump_to_zero_is_a_null_call_and_no_matter_of_the_load_offset()
    {
        SymbolLocation place = DecodedLog.Place(new TinyKernel().Function("a", 0x1000, 0x70), "RIP: 0010:0x0");

        Assert.Equal(UnresolvedKind.OutsideKernelImage, place.Reason?.Kind);
        Assert.Contains("null function pointer", place.Reason!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_offset_that_ends_its_line_may_be_cut()
    {
        // Of "RIP: 0010:a+0x14/0x70", cut behind the 1.
        SymbolLocation place = DecodedLog.Place(new TinyKernel().Function("a", 0x1000, 0x70), "RIP: 0010:a+0x1");

        Assert.Equal((UnresolvedKind.CutLine, 0), (place.Reason?.Kind, place.Frames.Count));
    }

    [Fact]
    public void A_link_register_at_a_function_s_start_is_of_the_function_before_it()
    {
        // " panic from b+0x0/0x40" on arm: a, before b, ends in the call of panic.
        SymbolLocation place = DecodedLog.Place(new TinyKernel().Function("a", 0x1000, 0x70).Function("b", 0x1070, 0x40).Function("c", 0x10b0, 0x40), " panic from b+0x0/0x40");

        Assert.Equal((UnresolvedKind.NotAReturnAddress, 0), (place.Reason?.Kind, place.Frames.Count));
    }

    [Fact]
    public void The_warning_says_why_a_vmlinux_that_is_there_was_not_used()
    {
        using var tree = new TempTree();
        string vmlinux = tree.Copy("boot/vmlinux-6.1.0-1-x", DecodedLog.SampleModule);

        DecodedLog log = DecodedLog.Of(new KernelDebug.Symbolization.SymbolizerOptions { Root = tree.Root }, "CPU: 0 PID: 1 Comm: x Not tainted 6.1.0-1-x #1", " a+0x4/0x70");

        Diagnostic told = Assert.Single(log.Complaints);
        Assert.Contains($"{vmlinux} is of release 6.1.0-56-amd64", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_could_not_be_read_is_not_said_to_be_shown_elsewhere()
    {
        const string Line = "Code: Unable to access opcode bytes at 0x47b776.";

        DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), Line, Line);

        Assert.All(log.Lines, line => Assert.DoesNotContain("disassembled at", line.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Code_that_is_printed_once_more_is_not_shown_once_more()
    {
        string[] lines = LogFixtures.ReadLines("debian-6.1.0-56", "b1-proc-null", "oops.log");
        DecodedLine[] code = [.. DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), lines).Lines.Where(l => l.Disassembly is { UnavailableReason: null })];

        Assert.Equal(3, code.Length);
        Assert.Contains("All code", code[0].Text, StringComparison.Ordinal);
        Assert.EndsWith($"(disassembled at line {code[0].LineNumber})", code[2].Text, StringComparison.Ordinal);
        Assert.Equal(code[0].Disassembly!.FromFault.Select(r => r.Text), code[2].Disassembly!.FromFault.Select(r => r.Text));
    }
}
