using KernelDebug.KernelLog;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>What scripts/faddr2line takes (its offsets and sizes are the shell's numbers, hexadecimal or not), and addresses.</summary>
public class AddressTextTests
{
    [Theory]
    [InlineData("meminfo_proc_show+0x5/0x568", "meminfo_proc_show", 0x5, 0x568, null)]
    [InlineData("type_show+0x10/45", "type_show", 0x10, 45, null)]
    [InlineData("free_reserved_area+0x90", "free_reserved_area", 0x90, -1, null)]
    [InlineData("raw_ioctl+16", "raw_ioctl", 16, -1, null)]
    [InlineData("kfree", "kfree", 0, -1, null)]
    [InlineData("  kfree  ", "kfree", 0, -1, null)]
    [InlineData("deadbeef", "deadbeef", 0, -1, null)]
    [InlineData("gtpsim_dev_xmit+0x114/0x170 [gtpsim]", "gtpsim_dev_xmit", 0x114, 0x170, "gtpsim")]
    [InlineData("f.isra.0+0x1/0x2[snd-hda]", "f.isra.0", 1, 2, "snd-hda")]
    [InlineData("_ZN4core3ptr13drop_in_place17h0123456789abcdefE+0x3/0x4", "_ZN4core3ptr13drop_in_place17h0123456789abcdefE", 3, 4, null)]
    public void A_place_by_name(string text, string symbol, int offset, int size, string? module)
    {
        Assert.True(AddressText.TryParse(text, out SymbolReference reference));
        Assert.Equal((symbol, (ulong)offset, size < 0 ? null : (ulong?)size, module), (reference.Symbol, reference.Offset, reference.Size, reference.Module));
        Assert.Equal((LocationRole.InstructionPointer, null, false), (reference.Role, reference.Address, reference.MayBeCut));
    }

    [Theory]
    [InlineData("0xffffffff81234567", 0xffffffff81234567UL)]
    [InlineData("ffffffff81234567", 0xffffffff81234567UL)]
    [InlineData("0XC0008000", 0xc0008000UL)]
    public void An_address(string text, ulong address)
    {
        Assert.True(AddressText.TryParse(text, out SymbolReference reference));
        Assert.Equal((address, null), (reference.Address, reference.Symbol));
    }

    [Fact]
    public void A_build_id_in_the_brackets_is_the_modules()
    {
        Assert.True(AddressText.TryParse("f+0x1/0x2 [m C0BA1FC41E904EEC58CA79917D3711D50C1B5543]", out SymbolReference reference));
        Assert.Equal(("m", "c0ba1fc41e904eec58ca79917d3711d50c1b5543"), (reference.Module, reference.BuildId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("12")]
    [InlineData("kfree+")]
    [InlineData("kfree+0x")]
    [InlineData("kfree+0x10/")]
    [InlineData("kfree+0x10/0x20 and more")]
    [InlineData("kfree+0x10x")]
    [InlineData("+0x10/0x20")]
    [InlineData("kfree+0x10 [m")]
    [InlineData("kfree+0x10 []")]
    [InlineData("kfree+0x10 [a b c]")]
    [InlineData("[    8.2]  kfree+0x10/0x20")]
    [InlineData("0x123456789abcdef01")]
    public void Anything_else_is_no_place(string text) => Assert.False(AddressText.TryParse(text, out _));
}
