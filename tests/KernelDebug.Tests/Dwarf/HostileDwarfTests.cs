using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Dwarf;

/// <summary>Debug information made to hang, to exhaust memory, or to lead the reader out of its bytes.</summary>
public class HostileDwarfTests
{
    private static DwarfBuilder WithMain(int extraScopes = 0)
    {
        DwarfBuilder builder = new DwarfBuilder().AddFunction("main", 0x1000, 0x100);
        for (int i = 0; i < extraScopes; i++)
        {
            builder.Entries.Uleb(DwarfBuilder.Block);
        }

        return builder;
    }

    [Fact]
    public void ScopesNestedWithoutEnd_AreRefused() =>
        Hostile.Refused(WithMain(extraScopes: 500_000).Build(), "nested at most");

    [Fact]
    public void ScopesNestedWithoutEndOutsideFunctions_DoNotOverflowTheStack()
    {
        var builder = new DwarfBuilder();
        for (int i = 0; i < 500_000; i++)
        {
            builder.Entries.Uleb(DwarfBuilder.Block);
        }

        Hostile.Find(builder.Build());
    }

    [Fact]
    public void OriginThatIsItself_HasNoName()
    {
        var builder = new DwarfBuilder();
        int self = builder.FirstEntry;
        builder.Entries.Uleb(DwarfBuilder.Origin).U32((ulong)self).U64(0x1000).U32(0x100);

        CodeLookup? found = Hostile.Find(builder.Build());

        CodeFrame frame = Assert.Single(found!.Frames);
        Assert.Null(frame.Name);
        Assert.Equal(10, frame.Line);
    }

    [Fact]
    public void OriginsInACircle_HaveNoName()
    {
        var builder = new DwarfBuilder();
        int first = builder.FirstEntry;
        int entrySize = 1 + 4 + 8 + 4;
        builder.Entries.Uleb(DwarfBuilder.Origin).U32((ulong)(first + entrySize)).U64(0x1000).U32(0x80);
        builder.Entries.Uleb(DwarfBuilder.Origin).U32((ulong)first).U64(0x1080).U32(0x80);

        Assert.Null(Assert.Single(Hostile.Find(builder.Build())!.Frames).Name);
    }

    [Fact]
    public void OriginOutsideTheUnit_IsRefused()
    {
        var builder = new DwarfBuilder();
        builder.Entries.Uleb(DwarfBuilder.Origin).U32(0x7fff_ffff).U64(0x1000).U32(0x100);

        Hostile.Refused(builder.Build(), "inside the unit");
    }

    [Fact]
    public void SiblingThatLeadsBack_IsRefused()
    {
        var builder = new DwarfBuilder();
        builder.Entries.Uleb(DwarfBuilder.Sibling).U32((ulong)builder.FirstEntry);

        Hostile.Refused(builder.Build(), "DW_AT_sibling after its entry");
    }

    [Fact]
    public void UnknownAbbreviation_IsRefused()
    {
        var builder = new DwarfBuilder();
        builder.Entries.Uleb(99);

        Hostile.Refused(builder.Build(), "have code 99");
    }

    [Fact]
    public void AbbreviationTableWithoutEnd_IsRefused()
    {
        DwarfBuilder builder = WithMain();
        ByteWriter endless = builder.Abbreviations;
        builder.Abbreviations = new ByteWriter().Raw(endless.ToArray()[..^1]);
        for (int i = 0; i < 10; i++)
        {
            builder.Abbreviations.Raw([0xff, 0xff, 0x03, 0x0b, 0x01, 0x03]);
        }

        Hostile.Refused(builder.End().Build(), ".debug_abbrev");
    }

    [Fact]
    public void MillionsOfAbbreviations_AreRefused()
    {
        DwarfBuilder builder = WithMain();
        var table = new ByteWriter();
        for (uint code = 100; code < 1_200_000; code++)
        {
            table.Uleb(code, 0x0b).U8(0, 0, 0);
        }

        builder.Abbreviations = table.Raw(builder.Abbreviations.ToArray());

        Hostile.Refused(builder.End().Build(), "abbreviations in a table");
    }

    [Fact]
    public void OneRangeListForManyEntries_IsReadInTime()
    {
        // 20,000 inlined calls that share one list of 50,000 ranges, none of which has the address: 10^9 steps if each is read.
        var ranges = new ByteWriter();
        for (ulong i = 0; i < 50_000; i++)
        {
            ranges.U64(0x100000 + 2 * i).U64(0x100001 + 2 * i);
        }

        DwarfBuilder builder = new() { Ranges = ranges.U64(0).U64(0).ToArray() };
        int leaf = builder.FirstEntry;
        builder.Entries.Uleb(DwarfBuilder.Abstract).Text("leaf");
        builder.AddFunction("main", 0x1000, 0x100);
        for (int i = 0; i < 20_000; i++)
        {
            builder.Entries.Uleb(DwarfBuilder.InlinedRanges).U32((ulong)leaf).U32(0).U8(0);
        }

        Hostile.Find(builder.End().Build());
    }

    [Fact]
    public void LineRangeZero_IsRefused()
    {
        DwarfBuilder builder = WithMain();
        builder.Lines = builder.LineTable(lineRange: 0).ToArray();

        Hostile.Refused(builder.End().Build(), "line_range");
    }

    [Fact]
    public void OpcodeBaseZero_IsRefused()
    {
        DwarfBuilder builder = WithMain();
        builder.Lines = builder.LineTable(opcodeBase: 0).ToArray();

        Hostile.Refused(builder.End().Build(), "opcode_base");
    }

    [Fact]
    public void MinimumInstructionLengthZero_MovesNowhereAndEnds()
    {
        DwarfBuilder builder = WithMain();
        builder.Lines = builder.LineTable(minimumLength: 0).ToArray();

        CodeLookup? found = Hostile.Find(builder.End().Build());

        CodeFrame frame = Assert.Single(found!.Frames);
        Assert.Equal("main", frame.Name);
        Assert.Null(frame.Line);
    }

    [Fact]
    public void HugeFileTable_IsRefused()
    {
        DwarfBuilder builder = WithMain();
        ByteWriter table = new ByteWriter().U32(0).U16(5).U8(8, 0).U32(0).U8(1, 1, 1, -5, 14, 1)
            .U8(0, 0).U8(0).Uleb(0xffff_ffff_ffff);
        builder.Lines = table.Patch(0, (ulong)table.Length - 4, 4).ToArray();

        Hostile.Refused(builder.End().Build(), ".debug_line");
    }

    [Fact]
    public void FileEntriesOfNoFields_AreCountedAgainstTheBytes()
    {
        // A count of a million entries that take no bytes each.
        DwarfBuilder builder = WithMain();
        ByteWriter table = new ByteWriter().U32(0).U16(5).U8(8, 0).U32(0).U8(1, 1, 1, -5, 14, 1)
            .U8(0).Uleb(1 << 20).U8(0).Uleb(1 << 20);
        builder.Lines = table.Patch(0, (ulong)table.Length - 4, 4).ToArray();

        Hostile.Refused(builder.End().Build(), ".debug_line");
    }

    [Theory]
    [InlineData(0xffff_ffffUL)]
    [InlineData(0xffff_fff0UL)]
    [InlineData(0x7fff_ffffUL)]
    [InlineData(0UL)]
    public void UnitLengthsAtTheirLimits_AreRefusedOrEmpty(ulong length)
    {
        byte[] file = WithMain().End().Build();
        int at = IndexOf(file, [4, 0, 0, 0, 0, 0, 8]) - 4;
        BitConverter.TryWriteBytes(file.AsSpan(at), (uint)length);

        Hostile.Find(file);
    }

    private static int IndexOf(byte[] bytes, byte[] part)
    {
        int at = bytes.AsSpan().IndexOf(part);
        Assert.True(at > 4);
        return at;
    }
}
