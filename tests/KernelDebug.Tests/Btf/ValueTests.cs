using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>Memory as clang lays it out for the initializer in tests/Fixtures/btf/shapes.c, in either byte order.</summary>
public class ValueTests
{
    [Theory]
    [InlineData("btf/bpf.o")]
    [InlineData("btf/bpfeb.o")]
    public void InitializedVariable_HasTheValuesOfItsSource(string fixture)
    {
        using ElfFile elf = ElfFile.Open(FixtureFiles.Path(fixture));
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path(fixture));

        var node = (BtfStructValue)BtfValueReader.Read(btf.Find<BtfVariable>("first")!, elf.Contents(elf.FindSection(".data.first")!).Span)!;

        Assert.Equal("café", node["name"]);
        Assert.Equal([(sbyte)-1, (sbyte)2, (sbyte)3, (sbyte)-128], Assert.IsType<object[]>(node["bytes"]));
        object[] matrix = Assert.IsType<object[]>(node["matrix"]);
        Assert.Equal([1u, 2u, 3u], Assert.IsType<object[]>(matrix[0]));
        Assert.Equal([4u, 5u, 0xfffffffau], Assert.IsType<object[]>(matrix[1]));
        Assert.Equal("BLUE", node["color"]!.ToString());
        Assert.Equal(0x1122334455667788ul, node["whole"]);
        Assert.Equal(elf.IsBigEndian ? 0x11223344u : 0x55667788u, node["low"]);
        Assert.Equal((ushort)(elf.IsBigEndian ? 0x1122 : 0x7788), Assert.IsType<BtfStructValue>(node["named"])["left"]);
        Assert.Equal(5u, node["a"]);
        Assert.Equal(-3, node["b"]);
        Assert.Equal(new BtfEnumNumber("FIRST", 1, false), node["c"]);
        Assert.Equal(0xabcdef0123ul, node["d"]);
        Assert.Equal(true, node["e"]);
        Assert.Equal(1.5f, node["f"]);
        Assert.Equal(-2.25, node["g"]);
        Assert.Equal(new BtfAddress(0x1234), node["unseen"]);
        Assert.Empty(Assert.IsType<byte[]>(node["tail"]));
        Assert.Equal("0x1234", node["unseen"]!.ToString());
    }

    [Fact]
    public void TooFewBytes_AreRefused()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));

        BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() => BtfValueReader.Read(btf.Find("node")!, new byte[100]));

        Assert.Contains("have 100", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TypesWithoutValues_AreRefused()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));

        Assert.Throws<ArgumentException>(() => BtfValueReader.Read(btf.Find<BtfFunction>("visit")!, new byte[8]));
        Assert.Throws<ArgumentException>(() => BtfValueReader.Read(btf.Find("forward")!, new byte[8]));
    }

    /// <summary>Bit fields before kind_flag: the type has the width, and the structure or the type has the offset.</summary>
    [Fact]
    public void BitFieldOfAnOldCompiler_IsReadByItsType()
    {
        using BtfFile btf = new BtfBuilder()
            .Type(BtfKind.Int, "unsigned int", 4, words: [5])
            .Struct("old", 4, ("low", 1, 0), ("high", 1, 7))
            .Open();

        var value = (BtfStructValue)BtfValueReader.Read(btf.Find("old")!, [0b1011_0011, 0b0000_1111, 0, 0])!;

        Assert.Equal(0b10011u, value["low"]);
        Assert.Equal(0b11111u, value["high"]);
        Assert.True(btf.Find<BtfStruct>("old")!.Members["high"]!.IsBitField);
    }
}
