using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>Types that continue another file's: bases, wrong ones, distilled ones.</summary>
public class SplitTests
{
    private static string Module => FixtureFiles.Path("btf/module.btf");

    [Fact]
    public void WithoutABase_IsSaidToNeedOne()
    {
        BtfBaseMismatchException refusal = Assert.Throws<BtfBaseMismatchException>(() => BtfFile.Open(Module));

        Assert.Null(refusal.BaseFile);
        Assert.Contains("usually the vmlinux of the same build", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("btf/bpf.o")]
    [InlineData("btf/bpfeb.o")]
    public void AnotherBase_IsSeen(string wrong)
    {
        using BtfFile other = BtfFile.Open(FixtureFiles.Path(wrong));

        BtfBaseMismatchException refusal = Assert.Throws<BtfBaseMismatchException>(() => BtfFile.Open(Module, other));

        Assert.Equal(other.Path, refusal.BaseFile);
        Assert.NotEmpty(refusal.Evidence);
    }

    [Fact]
    public void NamesAndTypes_AreFoundInBothFiles()
    {
        using BtfFile shapes = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        using BtfFile module = BtfFile.Open(Module, shapes);

        Assert.Same(shapes.Find("color"), module.Find<BtfStruct>("own")!.Members["color"]!.Type);
        Assert.Same(shapes.Find("node"), module.Find("node"));
        Assert.Equal("int own_function(struct own *own, u32 first)", module.Find("own_function")!.ToString());
        Assert.Null(shapes.Find("own"));
    }

    /// <summary>The base's types are found by name, kind and size, whatever their ids; names may come from the distilled strings.</summary>
    [Fact]
    public void DistilledBase_IsMappedToTheRealOne()
    {
        using BtfFile real = new BtfBuilder().Int("long").Int().Struct("pair", 8, ("a", 2, 0), ("b", 2, 32)).Type(BtfKind.Struct, "list", 24).Open(name: "vmlinux");
        byte[] file = Distilled(new BtfBuilder().Type(BtfKind.Struct, "pair", 8).Int().Type(BtfKind.Forward, "list", 0), out _);

        using BtfFile module = BtfFile.Read(ElfFile.Read(ByteSource.FromArray(file, "module")), real);

        BtfStruct own = module.Find<BtfStruct>("own")!;
        Assert.Equal(real.EndId, own.Id);
        Assert.Same(real.Find("pair"), own.Members["first"]!.Type);
        Assert.Same(real.Find("int"), own.Members["pair"]!.Type);
        Assert.Same(real.Find("list"), own.Members["list"]!.Type.Target);
        Assert.Same(own, own.Members["self"]!.Type.Target);
    }

    [Fact]
    public void DistilledBase_StandsForTheBaseWhereNoneIsGiven()
    {
        byte[] file = Distilled(new BtfBuilder().Type(BtfKind.Struct, "pair", 8).Int().Type(BtfKind.Forward, "list", 0), out _);

        using BtfFile module = BtfFile.Read(ElfFile.Read(ByteSource.FromArray(file, "module")));

        Assert.True(module.Base!.IsDistilledBase);
        Assert.Equal("struct pair first", module.Find<BtfStruct>("own")!.Members["first"]!.ToString());
    }

    [Theory]
    [InlineData(12, "no Struct \"pair\" of 8 bytes")]
    [InlineData(8, "2 types that could be Struct \"pair\" of 8 bytes")]
    public void DistilledBase_ThatDoesNotFit_IsSeen(uint size, string evidence)
    {
        using BtfFile real = new BtfBuilder().Int().Type(BtfKind.Struct, "pair", size).Type(BtfKind.Struct, "pair", size).Type(BtfKind.Struct, "list", 24).Open(name: "vmlinux");
        byte[] file = Distilled(new BtfBuilder().Type(BtfKind.Struct, "pair", 8).Int().Type(BtfKind.Forward, "list", 0), out _);

        BtfBaseMismatchException refusal = Assert.Throws<BtfBaseMismatchException>(
            () => BtfFile.Read(ElfFile.Read(ByteSource.FromArray(file, "module")), real));

        Assert.Contains(evidence, refusal.Evidence, StringComparison.Ordinal);
    }

    // struct own { struct pair first; int pair; struct list *list; struct own *self; }: ids 4 to 6, the name "pair" from the base's strings.
    private static byte[] Distilled(BtfBuilder distilled, out uint stringStart)
    {
        uint shared = distilled.String("pair");
        byte[] baseBytes = distilled.Build();
        stringStart = BitConverter.ToUInt32(baseBytes, 20);
        var split = new BtfBuilder(stringStart: stringStart);
        split.Type(BtfKind.Struct, "own", 32, 4, false,
            split.String("first"), 1, 0, shared, 2, 64, split.String("list"), 5, 128, split.String("self"), 6, 192);
        split.Type(BtfKind.Pointer, "", 3).Type(BtfKind.Pointer, "", 4);
        var elf = new ElfBuilder(type: 1);
        elf.Add(".BTF", split.Build());
        elf.Add(".BTF.base", baseBytes);
        return elf.Build();
    }
}
