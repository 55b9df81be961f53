using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>What differs between two files, and which differences break code that was compiled against the first.</summary>
public class ComparisonTests
{
    private const uint Int = 1;
    private const uint UnsignedInt = 2;
    private const uint Char = 3;
    private const uint Pointer = 4;
    private const uint OtherPointer = 5;

    [Theory]
    [InlineData("/sys/kernel/btf/vmlinux")]
    [InlineData("fixture")]
    public void AFile_DiffersFromItselfInNothing(string path)
    {
        path = path == "fixture" ? FixtureFiles.Path("btf/header/header.btf") : path;
        Assert.SkipUnless(File.Exists(path), "needs a kernel with BTF in /sys/kernel/btf");
        using BtfFile one = BtfFile.Open(path);
        using BtfFile other = BtfFile.Open(path);

        Assert.Empty(BtfComparison.Compare(one, other));
    }

    [Fact]
    public void AMemberInAHole_IsNoBreak()
    {
        BtfTypeDifference found = Compare([("a", Char, 0), ("b", Int, 32)], [("a", Char, 0), ("new", Char, 8), ("b", Int, 32)], 8, 8);

        Assert.Equal((BtfChange.Changed, false), (found.Change, found.IsAbiBreak));
        BtfPartDifference part = Assert.Single(found.Parts);
        Assert.Equal(("new", BtfChange.Added, 8ul), (part.Name, part.Change, part.NewBitOffset));
    }

    [Fact]
    public void AMemberThatMoved_IsABreak()
    {
        BtfTypeDifference found = Compare([("a", Int, 0), ("b", Int, 32)], [("b", Int, 0), ("a", Int, 32)], 8, 8);

        Assert.True(found.IsAbiBreak);
        Assert.Equal([("b", BtfChange.Moved), ("a", BtfChange.Moved)], found.Parts.Select(part => (part.Name, part.Change)));
    }

    [Fact]
    public void AMemberThatIsGone_IsABreak() => Assert.Equal(
        [("b", BtfChange.Removed, true)],
        Compare([("a", Int, 0), ("b", Int, 32)], [("a", Int, 0)], 8, 8).Parts.Select(part => (part.Name, part.Change, part.IsAbiBreak)));

    [Fact]
    public void AnotherSize_IsABreak_OfTheTypeAlone()
    {
        BtfTypeDifference found = Compare([("a", Int, 0)], [("a", Int, 0), ("b", Int, 32)], 4, 8);

        Assert.Equal((BtfChange.Resized | BtfChange.Changed, true, 4ul, 8ul), (found.Change, found.IsAbiBreak, found.OldSize, found.NewSize));
        Assert.False(found.Parts.Single().IsAbiBreak);
    }

    [Theory]
    [InlineData(Int, UnsignedInt, true)]
    [InlineData(Pointer, OtherPointer, false)]
    [InlineData(Int, Char, true)]
    public void AnotherType_IsABreakWhereItsBitsMeanAnother(uint old, uint changed, bool isBreak)
    {
        BtfPartDifference part = Compare([("a", old, 0)], [("a", changed, 0)], 8, 8).Parts.Single();

        Assert.True(part.Change.HasFlag(BtfChange.Retyped));
        Assert.Equal(isBreak, part.IsAbiBreak);
    }

    [Fact]
    public void TypesOfOneFile_AreAddedAndRemoved()
    {
        using BtfFile old = Types().Struct("gone", 4, ("a", Int, 0)).Struct("stays", 4, ("a", Int, 0)).Open();
        using BtfFile changed = Types().Struct("stays", 4, ("a", Int, 0)).Struct("comes", 4, ("a", Int, 0)).Open();

        Assert.Equal(
            [("struct comes", BtfChange.Added, false), ("struct gone", BtfChange.Removed, true)],
            BtfComparison.Compare(old, changed).Select(one => (one.Name, one.Change, one.IsAbiBreak)));
        Assert.Empty(BtfComparison.Compare(old, changed, name => name == "stays"));
        Assert.Empty(BtfComparison.Compare(old, changed, null, BtfKind.Union));
    }

    [Fact]
    public void OfSeveralOfAName_ThoseThatAreAlikeArePaired()
    {
        using BtfFile old = Types().Struct("s", 4, ("a", Int, 0)).Struct("s", 8, ("b", Int, 0)).Open();
        using BtfFile changed = Types().Struct("s", 8, ("b", Int, 0)).Struct("s", 4, ("a", Int, 0)).Open();
        using BtfFile fewer = Types().Struct("s", 8, ("b", Int, 0)).Open();

        Assert.Empty(BtfComparison.Compare(old, changed));
        Assert.Equal(4ul, Assert.Single(BtfComparison.Compare(old, fewer)).OldSize);
    }

    [Fact]
    public void Enumerators_AreComparedByNameAndValue()
    {
        using BtfFile old = Enumeration(("A", 0), ("B", 1), ("C", 2)).Open();
        using BtfFile changed = Enumeration(("A", 0), ("B", 2), ("D", 3)).Open();

        Assert.Equal(
            [("B", BtfChange.Retyped, true), ("C", BtfChange.Removed, true), ("D", BtfChange.Added, false)],
            BtfComparison.Compare(old, changed).Single().Parts.Select(part => (part.Name, part.Change, part.IsAbiBreak)));
    }

    [Fact]
    public void Functions_AreComparedByWhatTheyTakeAndReturn()
    {
        using BtfFile old = Function(0, Int).Open();
        using BtfFile same = Function(0, Int).Open();
        using BtfFile changed = Function(Int, Int, Pointer).Open();

        Assert.Empty(BtfComparison.Compare(old, same));
        BtfTypeDifference found = Assert.Single(BtfComparison.Compare(old, changed));
        Assert.Equal(("f()", true), (found.Name, found.IsAbiBreak));
        Assert.Equal([("(returns)", "void", "int"), ("p1", null, "struct x *")], found.Parts.Select(part => (part.Name, part.OldDeclaration, part.NewDeclaration)));
    }

    [Fact]
    public void MembersOfAnonymousStructures_AreComparedWhereTheyLie()
    {
        using BtfFile old = Types().Struct("", 8, ("a", Int, 0), ("b", Int, 32)).Struct("s", 8, ("", 8, 0)).Open();
        using BtfFile changed = Types().Struct("", 8, ("b", Int, 0), ("a", Int, 32)).Struct("s", 8, ("", 8, 0)).Open();

        Assert.Equal(["b", "a"], BtfComparison.Compare(old, changed).Single().Parts.Select(part => part.Name));
    }

    private static BtfTypeDifference Compare((string, uint, uint)[] old, (string, uint, uint)[] changed, uint oldSize, uint newSize)
    {
        using BtfFile before = Types().Struct("s", oldSize, old).Open();
        using BtfFile after = Types().Struct("s", newSize, changed).Open();
        return Assert.Single(BtfComparison.Compare(before, after));
    }

    private static BtfBuilder Types() => new BtfBuilder().Int().Type(BtfKind.Int, "unsigned int", 4, words: [32]).Type(BtfKind.Int, "char", 1, words: [8])
        .Type(BtfKind.Pointer, "", 6).Type(BtfKind.Pointer, "", 7).Type(BtfKind.Forward, "x", 0).Type(BtfKind.Forward, "y", 0);

    private static BtfBuilder Enumeration(params (string Name, uint Value)[] values)
    {
        var builder = new BtfBuilder();
        return builder.Type(BtfKind.Enum, "e", 4, values.Length, false, [.. values.SelectMany(value => new[] { builder.String(value.Name), value.Value })]);
    }

    private static BtfBuilder Function(uint returns, params uint[] parameters)
    {
        BtfBuilder builder = Types();
        builder.Type(BtfKind.FunctionPrototype, "", returns, parameters.Length, false, [.. parameters.SelectMany((type, i) => new[] { builder.String($"p{i}"), type })]);
        return builder.Type(BtfKind.Function, "f", 8);
    }
}
