using KernelDebug.Gsym;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Gsym;

/// <summary>
/// The format byte by byte, put together by hand after LLVM's DebugInfo/GSYM headers: one function <c>outer</c> of 0x40 bytes at 0x1010 with
/// <c>mid</c> inlined at 0x1018 to 0x1030 and <c>leaf</c> inlined into that at 0x1020 to 0x1028, and <c>label</c> at 0x1080 with a name alone.
/// </summary>
public class GsymBytesTests
{
    private const int Outer = 1;
    private const int Mid = 7;
    private const int Leaf = 11;
    private const int Label = 16;
    private const int Directory = 22;
    private const int FileA = 27;
    private const int FileB = 31;

    public static TheoryData<bool, int> Encodings => new() { { false, 1 }, { false, 2 }, { false, 4 }, { false, 8 }, { true, 1 }, { true, 2 }, { true, 4 }, { true, 8 } };

    [Theory, MemberData(nameof(Encodings))]
    public void Header_and_functions_are_read(bool isBigEndian, int addressSize)
    {
        using GsymFile file = Read(Build(isBigEndian, addressSize));

        Assert.Equal((2, "0102030405060708090a0b0c0d0e0f1011121314"), (file.Header.Count, file.Header.BuildId));
        Assert.Equal([(0x1010UL, 0x40U, "outer"), (0x1080UL, 0x10U, "label")], Enumerable.Range(0, 2).Select(file.FunctionAt).Select(f => (f.Start, f.Size, file.StringAt(f.Name))));
    }

    [Theory, MemberData(nameof(Encodings))]
    public void Lines_and_calls_are_read(bool isBigEndian, int addressSize)
    {
        using GsymFile file = Read(Build(isBigEndian, addressSize));

        Assert.Empty(file.Find(0x100f));
        Assert.Equal([Frame("outer", "/src/a.c", 10)], file.Find(0x1010));
        Assert.Equal([Frame("mid", "/src/a.c", 12, true), Frame("outer", "/src/a.c", 11)], file.Find(0x1018));
        Assert.Equal([Frame("leaf", "/src/b.h", 300, true), Frame("mid", "/src/b.h", 5, true), Frame("outer", "/src/a.c", 11)], file.Find(0x1020));
        Assert.Equal([Frame("mid", "/src/a.c", 9, true), Frame("outer", "/src/a.c", 11)], file.Find(0x1028));
        Assert.Equal([Frame("outer", "/src/a.c", 9)], file.Find(0x1030));
        // A row without a file: the line table says nothing from there on.
        Assert.Equal([Frame("outer", null, null)], file.Find(0x104f));
        Assert.Empty(file.Find(0x1050));
        // A name of the symbol table alone.
        Assert.Empty(file.Find(0x1080));
        Assert.Empty(file.Find(0x2000));
    }

    [Fact]
    public void A_part_of_a_later_version_is_passed_over()
    {
        byte[] bytes = Build(false, 4, later: true);

        using GsymFile file = Read(bytes);

        Assert.Equal(3, file.Find(0x1020).Count);
    }

    [Fact]
    public void Behind_the_range_of_the_root_the_function_has_no_name()
    {
        byte[] bytes = Build(false, 4, rootSize: 0x38);

        using GsymFile file = Read(bytes);

        Assert.Equal("outer", file.Find(0x1047).Single().Name);
        Assert.Empty(file.Find(0x1048));
    }

    [Theory]
    [InlineData(0, 0x00, "magic")]
    [InlineData(4, 0x02, "version 1")]
    [InlineData(6, 0x03, "addresses of 1, 2, 4 or 8 bytes")]
    [InlineData(7, 0x15, "UUID of at most 20")]
    [InlineData(19, 0x7f, "functions")]
    [InlineData(18, 0x01, "at least")]
    [InlineData(23, 0x7f, "at least")]
    [InlineData(27, 0x7f, "at least")]
    public void A_header_that_cannot_be_is_refused(int at, int value, string words)
    {
        byte[] bytes = Build(false, 4);
        bytes[at] = (byte)value;

        BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() => Read(bytes));

        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_what_stands_here()
    {
        var writer = new GsymWriter();
        uint outer = writer.AddString("outer");
        uint mid = writer.AddString("mid");
        uint leaf = writer.AddString("leaf");
        uint label = writer.AddString("label");
        uint a = writer.AddFile("/src/a.c");
        uint b = writer.AddFile("/src/b.h");
        var root = new GsymCallNode(new GsymCall(outer, 0, 0));
        root.Ranges.Add((0x1010, 0x1050));
        var inMid = new GsymCallNode(new GsymCall(mid, a, 11));
        inMid.Ranges.Add((0x1018, 0x1030));
        root.Children.Add(inMid);
        var inLeaf = new GsymCallNode(new GsymCall(leaf, b, 5));
        inLeaf.Ranges.Add((0x1020, 0x1028));
        inMid.Children.Add(inLeaf);
        var parts = new ByteBuffer();
        GsymLine[] rows = [new(0x1010, a, 10), new(0x1018, a, 12), new(0x1020, b, 300), new(0x1028, a, 9), new(0x1048, 0, 9)];
        GsymWriter.WriteParts(parts, 0x1010, rows, root);
        writer.Add(0x1010, 0x40, outer, parts.Span);
        parts.Clear();
        GsymWriter.WriteParts(parts, 0x1080, [], null);
        writer.Add(0x1080, 0x10, label, parts.Span);

        var written = new MemoryStream();
        writer.Write(written, "0102030405060708090a0b0c0d0e0f1011121314", writer.Length);
        written.Write(writer.Strings);

        Assert.Equal(Convert.ToHexString(Build(false, 1)), Convert.ToHexString(written.ToArray()));
    }

    private static CodeFrame Frame(string? name, string? path, int? line, bool isInlined = false) => new(name, name, path, line, null, isInlined);

    private static GsymFile Read(byte[] bytes) => GsymFile.Read(ByteSource.FromArray(bytes, "tiny.gsym"));

    private static byte[] Build(bool isBigEndian, int addressSize, bool later = false, ulong rootSize = 0x40)
    {
        ByteWriter strings = new ByteWriter().Text("").Text("outer").Text("mid").Text("leaf").Text("label").Text("/src").Text("a.c").Text("b.h");
        ByteWriter lines = new ByteWriter(isBigEndian).U8(0, 2).Uleb(10)  // line differences 0 to 2; the first line
            .U8(4)                                    // special: line +0, address +0; the file is 1 from the start
            .U8(4 + 2 + 8 * 3)                        // special: line +2, address +8
            .U8(1, 2, 3, 0xa0, 0x02, 2, 8)            // SetFile 2; AdvanceLine +288; AdvancePC +8
            .U8(1, 1, 3, 0xdd, 0x7d, 2, 8)            // SetFile 1; AdvanceLine -291; AdvancePC +8
            .U8(1, 0, 4 + 32 * 3)                     // SetFile 0; special: line +0, address +32
            .U8(0);
        ByteWriter calls = new ByteWriter(isBigEndian)
            .Uleb(1, 0, rootSize).U8(1).U32(Outer).Uleb(0, 0)
            .Uleb(1, 8, 0x18).U8(1).U32(Mid).Uleb(1, 11)
            .Uleb(1, 8, 8).U8(0).U32(Leaf).Uleb(2, 5)
            .U8(0, 0);
        ByteWriter outer = new ByteWriter(isBigEndian).U32(0x40).U32(Outer).U32(1).U32((ulong)lines.Length).Raw(lines.ToArray());
        if (later)
        {
            outer.U32(4).U32(3).U8(1, 2, 3);
        }

        outer.U32(2).U32((ulong)calls.Length).Raw(calls.ToArray()).U64(0);
        Align(outer);
        byte[] label = new ByteWriter(isBigEndian).U32(0x10).U32(Label).U64(0).ToArray();

        var file = new ByteWriter(isBigEndian);
        file.U32(0x4753594d).U16(1).U8(addressSize, 20).U64(0x1010).U32(2).U32(0).U32((ulong)strings.Length)
            .Raw([.. Enumerable.Range(1, 20).Select(i => (byte)i)]);
        file.Number(0, addressSize).Number(0x70, addressSize);
        Align(file);
        int offsets = file.Length;
        file.U32(0).U32(0).U32(3).U32(0).U32(0).U32(Directory).U32(FileA).U32(Directory).U32(FileB);
        file.Patch(offsets, (ulong)file.Length, 4).Raw(outer.ToArray());
        file.Patch(offsets + 4, (ulong)file.Length, 4).Raw(label);
        return file.Patch(20, (ulong)file.Length, 4).Raw(strings.ToArray()).ToArray();
    }

    private static void Align(ByteWriter writer)
    {
        while (writer.Length % 4 != 0)
        {
            writer.U8(0);
        }
    }
}
