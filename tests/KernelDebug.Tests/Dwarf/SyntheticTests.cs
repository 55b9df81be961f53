using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Dwarf;

/// <summary>Files made in memory whose answers are known by how they were made.</summary>
public class SyntheticTests
{
    [Theory]
    [InlineData(false, 8)]
    [InlineData(true, 8)]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    public void EitherByteOrderAndClass_FindsFunctionLineAndCaller(bool bigEndian, int addressSize)
    {
        var builder = new DwarfBuilder(bigEndian, addressSize);
        int leaf = builder.FirstEntry;
        builder.Entries.Uleb(DwarfBuilder.Abstract).Text("leaf");
        builder.AddFunction("outer", 0x1000, 0x80).AddInlined(leaf, 0x1020, 0x20, line: 77).End().End();
        builder.AddFunction("next", 0x1080, 0x80).End();
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(builder.Build(), "made"));
        var dwarf = new DwarfFile(elf);

        Assert.Equal([new CodeFrame("outer", null, "/src/lib/a.c", 10, null, false)], dwarf.Find(0x100f).Frames);
        Assert.Equal([new CodeFrame("outer", null, "/src/lib/a.c", 11, null, false)], dwarf.Find(0x1010).Frames);
        Assert.Equal(
            [new CodeFrame("leaf", null, "/src/lib/a.c", 13, null, true), new CodeFrame("outer", null, "/src/lib/a.c", 77, null, false)],
            dwarf.Find(0x103f).Frames);
        Assert.Equal([new CodeFrame("next", null, "/src/lib/a.c", 25, null, false)], dwarf.Find(0x10ff).Frames);
        Assert.Empty(dwarf.Find(0x1100).Frames);
        Assert.Empty(dwarf.Find(0xfff).Frames);
    }

    [Theory]
    [InlineData(0x57, 0x0b, 77, 77)] // a call without DW_AT_call_file: its place is unknown, not the unit's own file
    [InlineData(0x57, 0x0d, 0x7f, null)] // a line of -1 is none
    public void CallSiteThatIsNotStated_IsUnknown(int fileAttribute, int lineForm, int line, int? expected)
    {
        var builder = new DwarfBuilder();
        builder.Abbreviations = new ByteWriter()
            .Uleb(DwarfBuilder.Unit, 0x11).U8(1).Uleb(0x03, 0x08, 0x1b, 0x08, 0x10, 0x17, 0x11, 0x01, 0x12, 0x06, 0, 0)
            .Uleb(DwarfBuilder.Function, 0x2e).U8(1).Uleb(0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0)
            .Uleb(DwarfBuilder.Inlined, 0x1d).U8(1).Uleb(0x31, 0x13, 0x11, 0x01, 0x12, 0x06, (ulong)fileAttribute, 0x0b, 0x59, (ulong)lineForm, 0, 0)
            .Uleb(DwarfBuilder.Abstract, 0x2e).U8(0).Uleb(0x03, 0x08, 0, 0)
            .U8(0);
        int leaf = builder.FirstEntry;
        builder.Entries.Uleb(DwarfBuilder.Abstract).Text("leaf");
        builder.AddFunction("outer", 0x1000, 0x80).AddInlined(leaf, 0x1020, 0x20, line).End().End();
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(builder.Build(), "made"));

        CodeFrame outer = new DwarfFile(elf).Find(0x1020).Frames[1];

        Assert.Equal(("outer", null, expected, 1), (outer.Name, outer.Path, outer.Line, outer.Column!.Value));
    }

    [Fact]
    public void DamagedUnit_IsToldOfAtEachAddressItMayHold()
    {
        // The root's ranges lie outside their section, which is found out when no .debug_aranges leads to a unit.
        var builder = new DwarfBuilder
        {
            Abbreviations = new ByteWriter()
                .Uleb(DwarfBuilder.Unit, 0x11).U8(1).Uleb(0x03, 0x08, 0x1b, 0x08, 0x10, 0x17, 0x11, 0x01, 0x55, 0x17, 0, 0)
                .Uleb(DwarfBuilder.Function, 0x2e).U8(1).Uleb(0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0)
                .U8(0),
        };
        builder.AddFunction("f", 0x1000, 0x80).End();
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(builder.Build(), "made"));
        var dwarf = new DwarfFile(elf);

        foreach (ulong address in (ulong[])[0x1000, 0x1010])
        {
            BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() => dwarf.Find(address));
            Assert.Equal(("made", ".debug_ranges"), (refusal.File, refusal.Section));
        }
    }

    [Fact]
    public void RiscVSetAndSubtractUleb128_KeepTheirLength()
    {
        // .debug_x: a padded ULEB128 of two bytes that becomes (function end) - (function start) = 0x123.
        var elf = new ElfBuilder(machine: 243, type: 1);
        int text = elf.AddCode(".text", 0, 0x400);
        int data = elf.Add(".debug_x", [0x80, 0x00, 0x55]);
        elf.AddSymbol("start", 0x10, 0, text);
        elf.AddSymbol("end", 0x133, 0, text);
        const ulong SetUleb128 = 60;
        const ulong SubUleb128 = 61;
        elf.Add(".rela.debug_x", new ByteWriter().U64(0).U64((2UL << 32) | SetUleb128).U64(0).U64(0).U64((1UL << 32) | SubUleb128).U64(0).ToArray(),
            type: 4, info: (uint)data);
        using ElfFile file = ElfFile.Read(ByteSource.FromArray(elf.Build(), "made"));

        byte[] bytes = DebugSection.Open(file, ".debug_x").Slice(0, 3).Span.ToArray();

        Assert.Equal([0xa3, 0x02, 0x55], bytes);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(12)]
    public void RelocatedFieldCutByAWindow_IsRelocatedWhole(int cut)
    {
        var elf = new ElfBuilder(machine: 62, type: 1);
        int text = elf.AddCode(".text", 0, 0x400);
        int data = elf.Add(".debug_x", new byte[32]);
        elf.AddSymbol("function", 0x28, 0, text);
        elf.Add(".rela.debug_x", new ByteWriter().U64(4).U64((1UL << 32) | 1).U64(0x1122_0000).ToArray(), type: 4, info: (uint)data);
        using ElfFile file = ElfFile.Read(ByteSource.FromArray(elf.Build(), "made"));
        DebugSection section = DebugSection.Open(file, ".debug_x");
        byte[] whole = section.Slice(0, 32).Span.ToArray();
        Assert.NotEqual(0, whole[6]);

        Assert.Equal(whole[..cut], section.Slice(0, (ulong)cut).Span.ToArray());
        Assert.Equal(whole[cut..], section.Slice((ulong)cut, (ulong)(32 - cut)).Span.ToArray());
    }

    [Fact]
    public void UnknownForm_IsRefusedByItsNumber()
    {
        // clang's -minimize-addr-in-v5=Form: DW_FORM_LLVM_addrx_offset.
        using ElfFile elf = ElfFile.Open(FixtureFiles.Path("dwarf/clang19-dwarf5-llvm-form"));
        ulong text = elf.FindSection(".text")!.Address;

        BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() => new DwarfFile(elf).Find(text + 0x100));

        Assert.Contains("0x2001", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(".debug_info", refusal.Section);
    }

    [Theory]
    [InlineData("dwarf/gcc-dwarf4-split")]
    [InlineData("dwarf/gcc-dwarf5-split")]
    [InlineData("dwarf/clang19-dwarf4-split")]
    [InlineData("dwarf/clang19-dwarf5-split")]
    public void SplitUnit_NamesTheDwoThatHasTheFunctions(string fixture)
    {
        using ElfFile elf = ElfFile.Open(FixtureFiles.Path(fixture));
        ElfSymbol function = Assert.Single(elf.Symbols.FindCode("sched_pick"));

        CodeLookup found = new DwarfFile(elf).Find(function.Address);

        Assert.EndsWith("sched.dwo", found.DwoName, StringComparison.Ordinal);
        CodeFrame only = Assert.Single(found.Frames);
        Assert.Null(only.Name);
        Assert.Equal("/usr/src/kd/sched.c", only.Path);
    }
}
