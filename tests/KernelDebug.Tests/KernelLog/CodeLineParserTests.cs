using KernelDebug.KernelLog;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

public class CodeLineParserTests
{
    private static CodeBytes? Parse(string message, bool user = false, CodeByteOrder order = CodeByteOrder.Auto) =>
        CodeLineParser.TryParse(PrintkLineParser.Parse("[    1.000000] " + message, 3), user, out var code, order) ? code : null;

    [Fact]
    public void Bytes_of_x86_with_the_marked_one()
    {
        var code = Parse("Code: 48 8b 05 <0f> 0b 48", user: true)!;
        Assert.Equal([0x48, 0x8b, 0x05, 0x0f, 0x0b, 0x48], code.Bytes);
        Assert.Equal((3, 1, true, 3), (code.FaultIndex, code.UnitSize, code.IsUserSpace, code.LineNumber));
        Assert.Equal("48 8b 05 <0f> 0b 48", code.RawText);
        Assert.Null(code.UnavailableReason);
    }

    [Fact]
    public void Words_of_arm64_lie_little_endian()
    {
        // brk #0x800 is 0xd4210000: the CPU fetches 00 00 21 d4.
        var code = Parse("Code: aa0003f3 f9400260 (d4210000) d65f03c0")!;
        Assert.Equal([0xf3, 0x03, 0x00, 0xaa, 0x60, 0x02, 0x40, 0xf9, 0x00, 0x00, 0x21, 0xd4, 0xc0, 0x03, 0x5f, 0xd6], code.Bytes);
        Assert.Equal((8, 4), (code.FaultIndex, code.UnitSize));
    }

    [Fact]
    public void Halfwords_of_thumb_and_riscv()
    {
        var code = Parse("Code: 4b03 681b 2b00 (de02)")!;
        Assert.Equal([0x03, 0x4b, 0x1b, 0x68, 0x00, 0x2b, 0x02, 0xde], code.Bytes);
        Assert.Equal((6, 2), (code.FaultIndex, code.UnitSize));
    }

    [Fact]
    public void Words_in_angles_keep_the_printed_order_unless_told()
    {
        const string line = "Code: 7c0802a6 <e9230008> 60000000";
        Assert.Equal([0x7c, 0x08, 0x02, 0xa6, 0xe9, 0x23, 0x00, 0x08, 0x60, 0, 0, 0], Parse(line)!.Bytes);
        Assert.Equal([0xa6, 0x02, 0x08, 0x7c, 0x08, 0x00, 0x23, 0xe9, 0, 0, 0, 0x60], Parse(line, order: CodeByteOrder.LittleEndian)!.Bytes);
        Assert.Equal(Parse(line)!.Bytes, Parse(line, order: CodeByteOrder.BigEndian)!.Bytes);
        Assert.Equal(4, Parse(line)!.FaultIndex);
    }

    [Theory]
    [InlineData("Code: Bad RIP value.")]
    [InlineData("Code:  Bad RIP value.")]
    [InlineData("Code: bad PC value")]
    [InlineData("Code: Unable to access opcode bytes at 0xffffffffffffffd6.")]
    [InlineData("Code: Unable to access opcode bytes at RIP 0xffffffffffffffd6.")]
    public void No_bytes_and_why(string message)
    {
        var code = Parse(message)!;
        Assert.Empty(code.Bytes);
        Assert.Null(code.FaultIndex);
        Assert.Equal(message[5..].Trim(), code.UnavailableReason);
    }

    [Theory]
    [InlineData("error Code: 05 06 07 08")]
    [InlineData("Code: 5")]
    [InlineData("Code: 05 06")]
    [InlineData("Code: everything is fine")]
    [InlineData("Code:")]
    [InlineData("Codec: 48 8b 05 0f")]
    [InlineData("Krnl Code: 000003ff80123456: e3d0f0700024 stg %r13,112(%r15)")]
    public void Another_line(string message) => Assert.Null(Parse(message));

    [Theory]
    [InlineData("Code: 48 8b 05 0f 0b 4", 5)]
    [InlineData("Code: 48 8b 05 0f 0b[   12.5] x", 4)]
    [InlineData("Code: 48 8b 05 <0f", 3)]
    [InlineData("Code: 48 8b 05 0f <0b> <0b> 48", 5)]
    [InlineData("Code: 48 8b 05 0f 0bcd 48", 4)]
    public void A_line_cut_or_mixed_keeps_its_whole_units_only(string message, int bytes)
    {
        var code = Parse(message);
        Assert.Equal(bytes < 4 ? null : bytes, code?.Bytes.Count);
    }

    [Fact]
    public void Bytes_are_capped() => Assert.Equal(LogLimits.MaxCodeBytes, Parse("Code:" + string.Concat(Enumerable.Repeat(" 90", 10_000)))!.Bytes.Count);
}
