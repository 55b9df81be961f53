using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>
/// Which symbol a log means by name+offset/size. Lines are known by construction: <see cref="TinyKernel.LineOf"/>.
/// </summary>
public class SymbolMatchTests
{
    [Theory]
    [InlineData("RIP: 0010:dup+0x4/0x20", 0x1004)]
    [InlineData("RIP: 0010:dup+0x4/0x30", 0x1044)]
    public void Of_two_functions_of_one_name_the_size_tells_which(string line, ulong address)
    {
        SymbolLocation place = DecodedLog.Place(Twins(), line);

        Assert.Equal(("dup", TinyKernel.LineOf(address)), (place.Frames.Single().Function, place.Line));
        Assert.Equal(address, place.Candidates.Single().LinkAddress);
        Assert.Null(place.Reason);
    }

    [Fact]
    public void Two_of_one_size_are_ambiguous_and_both_are_told()
    {
        SymbolLocation place = DecodedLog.Place(
            new TinyKernel().Function("dup", 0x1000, 0x20).Function("a", 0x1020, 0x20).Function("dup", 0x1040, 0x20).Function("b", 0x1060, 0x20),
            "RIP: 0010:dup+0x14/0x20");

        Assert.True(place.IsAmbiguous);
        Assert.Empty(place.Frames);
        Assert.Equal(UnresolvedKind.Ambiguous, place.Reason?.Kind);
        Assert.Equal([11, 15], place.Candidates.Select(c => c.Frames.Single().Line!.Value));
        Assert.Equal([0x1014UL, 0x1054UL], place.Candidates.Select(c => c.LinkAddress));
        Assert.Contains("lib/a.c:11", place.Reason!.Message, StringComparison.Ordinal);
        Assert.Contains("lib/a.c:15", place.Reason!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_of_one_size_that_say_the_same_are_one_answer()
    {
        // Copies of a static inline function of a header: both on line 10.
        var kernel = new TinyKernel().Function("dup", 0x1000, 8).Function("a", 0x1008, 0x20).Symbol("dup", 0x1028, 8).Symbol("b", 0x1030, 8);
        kernel.Dwarf.AddFunction("dup", 0x1028, 8).End();
        kernel.Dwarf.Lines = kernel.Dwarf.LineTable().ToArray();
        FlattenLines(kernel.Dwarf.Lines);

        SymbolLocation place = DecodedLog.Place(kernel, "RIP: 0010:dup+0x2/0x8");

        Assert.False(place.IsAmbiguous);
        Assert.Null(place.Reason);
        Assert.Equal(("dup", 10), (place.Frames.Single().Function, place.Line!.Value));
        Assert.Equal(2, place.Candidates.Count);
    }

    [Theory]
    [InlineData("work.isra.0")]
    [InlineData("work.constprop.0")]
    [InlineData("work.part.0")]
    [InlineData("work.cold")]
    [InlineData("work.llvm.123")]
    [InlineData("work.isra.0.cold")]
    public void A_suffix_in_the_log_is_part_of_the_name(string symbol)
    {
        TinyKernel kernel = new TinyKernel().Function("work", 0x1000, 0x20).Symbol(symbol, 0x1020, 0x20).Symbol("next", 0x1040, 0x20);
        kernel.Dwarf.AddFunction("work", 0x1020, 0x20).End();

        SymbolLocation place = DecodedLog.Place(kernel, $"RIP: 0010:{symbol}+0x4/0x20");

        Assert.Equal(("work", TinyKernel.LineOf(0x1024)), (place.Frames.Single().Function, place.Line));
        Assert.Equal(symbol, place.Symbol);
    }

    [Theory]
    [InlineData("work.isra.0")]
    [InlineData("work.llvm.4711")]
    [InlineData("work.part.0")]
    [InlineData("work.constprop.0")]
    [InlineData("work.cold")]
    public void A_suffix_the_kernel_dropped_is_found_by_the_size(string symbol)
    {
        TinyKernel kernel = new TinyKernel().Symbol(symbol, 0x1000, 0x30).Symbol("next", 0x1030, 0x20);
        kernel.Dwarf.AddFunction("work", 0x1000, 0x30).End();

        SymbolLocation fits = DecodedLog.Place(kernel, "RIP: 0010:work+0x14/0x30");
        SymbolLocation other = DecodedLog.Place(kernel, "RIP: 0010:work+0x14/0x40");

        Assert.Equal(TinyKernel.LineOf(0x1014), fits.Line);
        Assert.Equal(symbol, fits.Candidates.Single().Symbol);
        Assert.Empty(other.Frames);
        Assert.Equal(UnresolvedKind.NoSuchSymbol, other.Reason?.Kind);
    }

    [Fact]
    public void A_longer_name_is_not_a_suffix()
    {
        TinyKernel kernel = new TinyKernel().Function("work_more", 0x1000, 0x30).Function("next", 0x1030, 0x20);

        Assert.Equal(UnresolvedKind.NoSuchSymbol, DecodedLog.Place(kernel, "RIP: 0010:work+0x14/0x30").Reason?.Kind);
    }

    [Fact]
    public void Sizes_that_fit_nothing_are_told_once_with_their_number()
    {
        using var tree = new TempTree();
        string path = tree.Put("vmlinux", Twins().Build());

        DecodedLog log = DecodedLog.Of(
            new SymbolizerOptions { Vmlinux = path, Root = DecodedLog.Nowhere },
            " dup+0x4/0x99", " a+0x4/0x20", " dup+0x5/0x98", " a+0x4/0x99");

        Assert.Equal(
            [UnresolvedKind.SizeMismatch, null, UnresolvedKind.SizeMismatch, UnresolvedKind.SizeMismatch],
            log.Locations.Select(l => l.Reason?.Kind));
        Assert.All(log.Locations.Where(l => l.Reason is not null), l => Assert.Empty(l.Frames));
        Diagnostic told = Assert.Single(log.Complaints);
        Assert.Equal("SymbolSizeMismatch", told.Id);
        Assert.Contains("3 of 4", told.Message, StringComparison.Ordinal);
        Assert.Contains(path, told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_code_made_at_run_time_does_not_make_the_vmlinux_a_wrong_one()
    {
        using var tree = new TempTree();

        // The kernel prints BPF programs so, without a module (kernel/bpf/core.c, __bpf_address_lookup).
        DecodedLog log = DecodedLog.Of(
            new SymbolizerOptions { Vmlinux = tree.Put("vmlinux", Twins().Build()), Root = DecodedLog.Nowhere },
            " a+0x4/0x20", " bpf_prog_6deef7357e7b4530+0x12/0x40");

        Assert.Equal(UnresolvedKind.NoSuchSymbol, log.Locations.Last().Reason?.Kind);
        Assert.DoesNotContain(log.Complaints, d => d.Message.Contains("not the one that crashed", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Complaints, d => d.Id == "SymbolSizeMismatch");
    }

    [Fact]
    public void An_offset_beyond_the_size_is_refused()
    {
        SymbolLocation place = DecodedLog.Place(Twins(), "RIP: 0010:dup+0x21/0x20");

        Assert.Equal(UnresolvedKind.OffsetOutOfRange, place.Reason?.Kind);
        Assert.Empty(place.Frames);
    }

    [Fact]
    public void Without_a_size_a_name_of_one_function_is_enough()
    {
        SymbolLocation place = DecodedLog.Place(Twins(), "RIP: 0010:a+0x4 (end)");

        Assert.Equal((TinyKernel.LineOf(0x1024), 0x20UL), (place.Line, place.Size));
        Assert.True(DecodedLog.Place(Twins(), "RIP: 0010:dup+0x4 (end)").IsAmbiguous);
    }

    [Theory]
    [InlineData(0x90UL)] // to the section's end, as st_size has it too
    [InlineData(0xf70UL)] // to the end of the page
    public void The_last_function_of_a_section_may_reach_to_a_page_s_end(ulong size)
    {
        TinyKernel kernel = new TinyKernel().Function("a", 0x1000, 0x70).Function("last", 0x1070, 0x90);

        Assert.Equal(TinyKernel.LineOf(0x1084), DecodedLog.Place(kernel, $"RIP: 0010:last+0x14/0x{size:x}").Line);
        // Not so one in the middle.
        Assert.Equal(UnresolvedKind.SizeMismatch, DecodedLog.Place(kernel, $"RIP: 0010:a+0x14/0x{size:x}").Reason?.Kind);
    }

    [Fact]
    public void Beyond_the_last_function_there_is_no_code()
    {
        TinyKernel kernel = new TinyKernel().Function("a", 0x1000, 0x70).Function("last", 0x1070, 0x20);

        SymbolLocation place = DecodedLog.Place(kernel, "RIP: 0010:last+0x200/0xf70");

        Assert.Empty(place.Frames);
        Assert.NotNull(place.Reason);
    }

    [Fact]
    public void Aliases_of_one_function_are_one_answer()
    {
        TinyKernel kernel = new TinyKernel().Function("__do_sys_x", 0x1000, 0x20).Symbol("__x64_sys_x", 0x1000, 0x20).Symbol("__x64_sys_x", 0x1000, 0x20)
            .Symbol("next", 0x1020, 0x20);

        SymbolLocation place = DecodedLog.Place(kernel, "RIP: 0010:__x64_sys_x+0x14/0x20");

        Assert.Equal(("__do_sys_x", 11), (place.Frames.Single().Function, place.Line!.Value));
        Assert.Single(place.Candidates);
        Assert.Equal("__x64_sys_x", place.Symbol);
    }

    /// <summary>dup of 0x20 bytes at 0x1000, dup of 0x30 bytes at 0x1040.</summary>
    private static TinyKernel Twins() =>
        new TinyKernel().Function("dup", 0x1000, 0x20).Function("a", 0x1020, 0x20).Function("dup", 0x1040, 0x30).Function("b", 0x1070, 0x20);

    /// <summary>Makes each "advance_line 1" of the line program an "advance_line 0".</summary>
    private static void FlattenLines(byte[] table)
    {
        for (int i = 0; i + 4 < table.Length; i++)
        {
            if (table[i] == 1 && table[i + 1] == 2 && table[i + 2] == 16 && table[i + 3] == 3)
            {
                table[i + 4] = 0;
            }
        }
    }
}
