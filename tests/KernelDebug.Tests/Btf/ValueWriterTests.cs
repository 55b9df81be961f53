using System.Collections;
using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>What is written reads back as it was, by the reader that is held against the kernel and gdb elsewhere, and by place in the C structure.</summary>
public class ValueWriterTests
{
    private static readonly BtfFile s_types = BtfFile.Open(FixtureFiles.Path("bpf/syscalls.bpf.o"));
    private static readonly BtfStruct s_event = (BtfStruct)s_types.Find("event")!;

    [Fact]
    public void AStructure_IsWrittenToItsPlaces()
    {
        byte[] bytes = new byte[s_event.ByteSize];
        BtfValueWriter.Write(s_event, new Hashtable
        {
            ["sequence"] = ulong.MaxValue, ["pid"] = "0x10", ["argument"] = -2, ["way"] = "WAY_PERF", ["flag"] = true, ["rest"] = 77, ["comm"] = "ab", ["fill"] = new byte[] { 9, 8 },
        }, bytes);

        // As struct event of syscalls.bpf.c lies in memory.
        byte[] expected = new byte[64];
        expected.AsSpan(0, 8).Fill(0xff);
        expected[8] = 0x10;
        new byte[] { 0xfe, 0xff, 0xff, 0xff }.CopyTo(expected, 12);
        expected[16] = 1;
        expected[20] = 1 | (77 << 1);
        "ab"u8.CopyTo(expected.AsSpan(24));
        new byte[] { 9, 8 }.CopyTo(expected, 40);
        Assert.Equal(expected, bytes);

        var value = BtfRecordClass.Of(s_event).Make(bytes);
        Assert.Equal((ulong.MaxValue, 16u, -2, "WAY_PERF", 1u, 77u, "ab"), (value.GetMember("sequence"), value.GetMember("pid"), value.GetMember("argument"), value.GetMember("way")!.ToString(), value.GetMember("flag"), value.GetMember("rest"), value.GetMember("comm")));
    }

    [Fact]
    public void MembersThatAreNotNamed_KeepTheirBytes()
    {
        byte[] bytes = new byte[s_event.ByteSize];
        bytes.AsSpan().Fill(0xff);
        BtfValueWriter.Write(s_event, new Hashtable { ["flag"] = 0, ["comm"] = "" }, bytes);
        Assert.Equal(0xfe, bytes[20]);
        Assert.Equal(0xff, bytes[21]);
        Assert.All(bytes[24..40], b => Assert.Equal(0, b));
        Assert.Equal(0xff, bytes[40]);
    }

    [Theory]
    [InlineData("pid", -1)]
    [InlineData("pid", 4294967296L)]
    [InlineData("argument", 2147483648L)]
    [InlineData("flag", 2)]
    [InlineData("rest", 2147483648L)]
    [InlineData("way", "WAY_OUT")]
    [InlineData("comm", "sixteen bytes at")]
    [InlineData("pid", "text")]
    [InlineData("pid", 1.5)]
    [InlineData("pid", null)]
    [InlineData("nothing", 1)]
    public void AValueThatDoesNotFit_IsAnErrorThatSaysWhere(string member, object? value)
    {
        byte[] bytes = new byte[s_event.ByteSize];
        var wrong = Assert.Throws<ArgumentException>(() => BtfValueWriter.Write(s_event, new Hashtable { [member] = value }, bytes));
        Assert.Contains(member, wrong.Message, StringComparison.Ordinal);
        Assert.All(bytes, b => Assert.Equal(0, b));
    }

    [Fact]
    public void ARecordObject_HasAPropertyForEachMember()
    {
        BtfRecordObject value = BtfRecordClass.Of(s_event).Make(new byte[64]);
        Assert.Equal(
            ["sequence", "pid", "argument", "way", "flag", "rest", "comm", "fill"],
            value.GetType().GetProperties().Select(property => property.Name));
        Assert.Equal(typeof(ulong), value.GetType().GetProperty("sequence")!.PropertyType);
        Assert.Equal(0u, value.GetType().GetProperty("pid")!.GetValue(value));
        Assert.Null(value.GetMember("none"));
        Assert.Same(value.GetType(), BtfRecordClass.Of(s_event).Make(new byte[64]).GetType());
        Assert.Throws<KernelDebug.IO.BinaryFormatException>(() => BtfRecordClass.Of(s_event).Make(new byte[63]));
    }
}
