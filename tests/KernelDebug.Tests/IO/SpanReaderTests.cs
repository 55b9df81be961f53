using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.IO;

/// <summary>Numbers and strings at the limits of their encodings (DWARF 5, Section 7.6, whose table gives the LEB128 examples).</summary>
public class SpanReaderTests
{
    private static ByteSlice Slice(byte[] bytes, bool bigEndian = false) => new(ByteSource.FromArray(bytes, "file"), ".section", bigEndian);

    private static ulong Uleb(params byte[] bytes) => Slice(bytes).Reader().ReadUleb128();

    private static long Sleb(params byte[] bytes) => Slice(bytes).Reader().ReadSleb128();

    [Fact]
    public void Uleb128_HasTheValuesOfTheStandard()
    {
        Assert.Equal(2UL, Uleb(0x02));
        Assert.Equal(127UL, Uleb(0x7f));
        Assert.Equal(128UL, Uleb(0x80, 0x01));
        Assert.Equal(12857UL, Uleb(0xb9, 0x64));
        Assert.Equal(ulong.MaxValue, Uleb(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01));
        Assert.Equal(1UL, Uleb(0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00));
    }

    [Fact]
    public void Sleb128_HasTheValuesOfTheStandard()
    {
        Assert.Equal(2L, Sleb(0x02));
        Assert.Equal(-2L, Sleb(0x7e));
        Assert.Equal(-127L, Sleb(0x81, 0x7f));
        Assert.Equal(-128L, Sleb(0x80, 0x7f));
        Assert.Equal(-129L, Sleb(0xff, 0x7e));
        Assert.Equal(long.MinValue, Sleb(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f));
    }

    [Fact]
    public void Leb128ThatDoesNotFitOrEnd_IsRefusedWithItsPlace()
    {
        byte[] hundred = [0x11, 0x22, .. Enumerable.Repeat((byte)0x80, 100), 0x00];
        BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() =>
        {
            SpanReader reader = Slice(hundred).Reader();
            reader.Skip(2);
            _ = reader.ReadUleb128();
        });
        Assert.Equal((".section", 2L), (refusal.Section, refusal.Offset));
        Assert.Throws<BinaryFormatException>(() => Uleb(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03));
        Assert.Throws<BinaryFormatException>(() => Uleb(0x80, 0x80));
        Assert.Throws<BinaryFormatException>(() => Sleb([.. Enumerable.Repeat((byte)0xff, 100)]));
        Assert.Throws<BinaryFormatException>(() => Uleb());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Numbers_AreReadInTheirByteOrder(bool bigEndian)
    {
        byte[] bytes = new ByteWriter(bigEndian).U16(0x1234).U32(0x12345678).U64(0x123456789abcdef0).Number(0x123456, 3).ToArray();
        SpanReader reader = Slice(bytes, bigEndian).Reader();

        Assert.Equal(0x1234, reader.ReadUInt16());
        Assert.Equal(0x12345678u, reader.ReadUInt32());
        Assert.Equal(0x123456789abcdef0ul, reader.ReadUInt64());
        Assert.Equal(0x123456u, reader.ReadUInt24());
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void StringWithoutEnd_IsRefused() => Assert.Throws<BinaryFormatException>(() => Slice("abc"u8.ToArray()).Reader().ReadCString());

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(-1, 2)]
    [InlineData(2, -1)]
    [InlineData(1, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void PartsOutside_AreRefused(long offset, long length) => Assert.Throws<BinaryFormatException>(() => Slice(new byte[4]).Slice(offset, length));
}
