using System.Text;
using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>Layouts as pahole reckons them, and what a compiler makes of reorganized ones.</summary>
public class LayoutTests
{
    private static string Header => FixtureFiles.Path("btf/header/header.btf");

    [Fact]
    public void Fixture_IsLaidOutAsPaholeSays()
    {
        using BtfFile btf = BtfFile.Open(Header);

        (int same, IReadOnlyList<string> different) = PaholeOracle.Compare(btf, File.ReadAllText(FixtureFiles.Path("btf/header/header.pahole")));

        Assert.Empty(different);
        Assert.Equal(20, same);
    }

    [Theory]
    [InlineData("/sys/kernel/btf/vmlinux", 2000)]
    [InlineData(null, 7900)]
    public void EveryStructureOfAKernel_IsLaidOutAsPaholeSays(string? path, int least)
    {
        path ??= DecodedLog.Vmlinux;
        Assert.SkipUnless(path is not null && File.Exists(path), "needs a kernel with BTF in /sys/kernel/btf, and one in KERNELDEBUG_VMLINUX");
        string? printed = NativeTool.Text("pahole", "-F", "btf", path);
        Assert.SkipUnless(printed is not null, "needs pahole");
        using BtfFile btf = BtfFile.Open(path);

        (int same, IReadOnlyList<string> different) = PaholeOracle.Compare(btf, printed);

        Assert.Empty(different);
        Assert.InRange(same, least, int.MaxValue);
    }

    // Left to itself, pahole prints few unions.
    [Theory]
    [InlineData("/sys/kernel/btf/vmlinux")]
    [InlineData(null)]
    public void EveryUnionOfAKernel_IsLaidOutAsPaholeSays(string? path)
    {
        path ??= DecodedLog.Vmlinux;
        Assert.SkipUnless(path is not null && File.Exists(path), "needs a kernel with BTF in /sys/kernel/btf, and one in KERNELDEBUG_VMLINUX");
        using BtfFile btf = BtfFile.Open(path);
        string[] names = [.. btf.Types.OfType<BtfStruct>().Where(type => type.IsUnion && type.Name is not null).Select(type => type.Name!).Distinct()];
        string? printed = NativeTool.Text("pahole", "-F", "btf", "-C", string.Join(',', names), path);
        Assert.SkipUnless(printed is not null, "needs pahole");

        (int same, IReadOnlyList<string> different) = PaholeOracle.Compare(btf, printed);

        Assert.Empty(different);
        Assert.InRange(same, names.Length, int.MaxValue);
    }

    [Fact]
    public void Members_KnowTheirCacheLines()
    {
        using BtfFile btf = new BtfBuilder().Int().Type(BtfKind.Array, "", 0, words: [1, 1, 20])
            .Struct("wide", 144, ("first", 1, 0), ("across", 2, 32), ("second", 1, 32 + 640), ("last", 1, 1120)).Open();

        BtfLayout layout = btf.Find("wide") is BtfStruct wide ? wide.Layout : throw new InvalidOperationException();

        Assert.Equal((3, 16), (layout.CacheLines, layout.LastCacheLineBytes));
        Assert.Equal(["across"], layout.StraddlingMembers.Select(member => member.Name));
        Assert.Equal([0ul, 0, 1, 2], layout.Members.Select(member => member.CacheLine));
        Assert.Equal((52ul, 1, 0ul), (layout.Members[2].Hole, layout.Holes, layout.Padding));
        Assert.Equal(2, BtfLayout.Of(layout.Type, 128).CacheLines);
    }

    [Fact]
    public void Reorganized_HasAllMembers_AndIsNeverLarger()
    {
        string?[] files = [Header, FixtureFiles.Path("btf/shapes.btf"), DecodedLog.Vmlinux];
        foreach (string file in files.OfType<string>())
        {
            using BtfFile btf = BtfFile.Open(file);
            foreach (BtfLayout layout in btf.Types.OfType<BtfStruct>().Select(type => type.Layout))
            {
                BtfReorganization better = layout.Reorganize();
                Assert.True(better.ByteSize <= layout.ByteSize, layout.ToString());
                Assert.Equal(layout.ByteSize > better.ByteSize, layout.CanBePacked);
                Assert.Equal(layout.Type.Members.ToHashSet(), better.Members.Select(member => member.Member).ToHashSet());
            }
        }
    }

    [Fact]
    public void Reorganized_IsWhatACompilerMakesOfTheNewOrder()
    {
        string path = DecodedLog.Vmlinux ?? Header;
        using BtfFile btf = BtfFile.Open(path);
        string? clang = NativeTool.Installed("clang", "clang-14", "clang-16", "clang-19");
        Assert.SkipUnless(clang is not null, "needs clang");
        var source = new StringBuilder();
        int count = 0;
        foreach (BtfReorganization better in btf.Types.OfType<BtfStruct>().Select(type => type.Layout.Reorganize()).Where(better => better.SavedBytes > 0))
        {
            source.Append($"struct s{count} {{");
            foreach (BtfMovedMember member in better.Members)
            {
                BtfLayoutMember old = better.Layout.Members.Single(one => one.Member == member.Member);
                source.Append(old.BitFieldSize != 0
                    ? $" {Unsigned(old.ByteSize)} m{source.Length} : {old.BitFieldSize};"
                    : $" char m{member.ByteOffset}_{source.Length}[{old.ByteSize}] __attribute__((aligned({AlignmentOf(old)})));");
            }

            source.Append($" }} __attribute__((aligned({Math.Max(better.Layout.ForcedAlignment, 1)}))); _Static_assert(sizeof(struct s{count}) == {better.ByteSize}, \"{better.Layout.Type} {better.ByteSize}\");\n");
            count++;
        }

        using var tree = new TempTree();
        string file = tree.Put("packed.c", Encoding.UTF8.GetBytes(source.ToString()));

        Assert.Equal("", NativeTool.Errors(clang, ["-fsyntax-only", "-w", file]));
        Assert.True(count > 2);

        static string Unsigned(ulong size) => size switch { 1 => "unsigned char", 2 => "unsigned short", 4 => "unsigned int", _ => "unsigned long" };
    }

    private static uint AlignmentOf(BtfLayoutMember member) =>
        member.ForcedAlignment > 0 && member.ByteOffset % member.ForcedAlignment == 0 ? member.ForcedAlignment : AlignmentOf(member.Type);

    private static uint AlignmentOf(BtfType type) => type.Bare switch
    {
        BtfArray array => AlignmentOf(array.Target),
        BtfStruct structure => structure.Members.Select(member => AlignmentOf(member.Type)).DefaultIfEmpty(1u).Max(),
        var scalar => (uint)Math.Max(scalar.Size ?? 1, 1),
    };
}
