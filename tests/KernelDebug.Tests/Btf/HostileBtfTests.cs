using KernelDebug.Btf;
using KernelDebug.Fuzz;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;
using Mutator = KernelDebug.Fuzz.Mutator;

namespace KernelDebug.Tests.Btf;

/// <summary>BTF that is cut, damaged, or made to hang a reader.</summary>
public class HostileBtfTests
{
    [Fact]
    public void CutAtEveryByte()
    {
        foreach (BtfBlob file in Corpus.Btf())
        {
            for (int length = 0; length < file.Bytes.Length; length++)
            {
                Hostile.Survive(() => _ = file.Ask(file.Bytes[..length], new Random(length)));
            }
        }
    }

    [Fact]
    public void TextWithoutEnd_EndsInAnError_AlsoWhereItEndsInVoid()
    {
        using BtfFile btf = new BtfBuilder().Struct("", 0, [.. Enumerable.Repeat(("member", 0u, 0u), 20_000)]).Open();

        Assert.Equal("built", Assert.Throws<BinaryFormatException>(() => new BtfTypeText().Of(btf[1])).File);
    }

    [Fact]
    public void TenThousandTimesDamaged()
    {
        BtfBlob[] files = [.. Corpus.Btf()];
        long answered = 0;
        long asked = 0;
        for (int seed = 0; seed < 10_000; seed++)
        {
            var random = new Random(seed);
            BtfBlob file = files[random.Next(files.Length)];
            byte[] damaged = Mutator.Mutate(file.Bytes, [(0, file.Bytes.Length), (0, 64)], random, mayCut: true);
            asked += file.Questions;
            Hostile.Survive(() => answered += file.Ask(damaged, random));
        }

        Assert.InRange((double)answered / asked, 0.1, 0.9);
    }

    [Fact]
    public void TypedefsInACircle_EndInTheException() =>
        Refused(new BtfBuilder().Type(BtfKind.Typedef, "a", 2).Type(BtfKind.Typedef, "b", 1), type => type.Bare, "at most 64 typedefs");

    [Fact]
    public void PointersInACircle_HaveNoDeclaration() =>
        Refused(new BtfBuilder().Type(BtfKind.Pointer, "", 2).Type(BtfKind.Pointer, "", 1), type => type.ToString(), "at most 64 links");

    [Fact]
    public void ArrayOfItself_HasNoSize() =>
        Refused(new BtfBuilder().Type(BtfKind.Array, "", 0, words: [1, 1, 2]), type => type.Size, "less than 2^64");

    [Fact]
    public void ArrayWhoseSizeOverflows_HasNone() => Refused(
        new BtfBuilder().Type(BtfKind.Array, "", 0, words: [2, 2, uint.MaxValue]).Type(BtfKind.Array, "", 0, words: [3, 3, uint.MaxValue]).Type(BtfKind.Array, "", 0, words: [4, 4, 3]).Int(),
        type => type.Size, "less than 2^64");

    [Fact]
    public void VariableOfAnArrayOfItself_HasNoSize()
    {
        using BtfFile file = new BtfBuilder().Type(BtfKind.Variable, "v", 2, words: [0]).Type(BtfKind.Array, "", 0, words: [1, 1, 2]).Open();

        Assert.Null(file[1].Size);
        Assert.Null(file[2].Size);
    }

    [Fact]
    public void AnonymousStructureOfItself_CannotBeFlattened() =>
        Refused(new BtfBuilder().Struct("s", 8, ("", 1, 0)), type => ((BtfStruct)type).FlattenedMembers, "at most 64 structures");

    [Fact]
    public void AnonymousMembersThatDouble_AreBounded()
    {
        var builder = new BtfBuilder();
        for (uint i = 1; i <= 40; i++)
        {
            builder.Struct("", 8, ("", i + 1, 0), ("", i + 1, 0));
        }

        Refused(builder.Struct("last", 8, ("x", 42, 0)).Int(), type => ((BtfStruct)type).FlattenedMembers, "at most 65536 members");
    }

    [Fact]
    public void ParametersThatDouble_AreBounded()
    {
        var builder = new BtfBuilder();
        for (uint i = 1; i <= 40; i++)
        {
            builder.Type(BtfKind.FunctionPrototype, "", 0, 2, false, 0, i + 1, 0, i + 1);
        }

        Refused(builder.Int(), type => type.ToString(), "repeats itself");
    }

    [Fact]
    public void ValuesWithoutEnd_AreBounded() => Refused(
        new BtfBuilder().Type(BtfKind.Array, "", 0, words: [2, 2, 1 << 19]).Type(BtfKind.Array, "", 0, words: [3, 3, 1 << 19]).Type(BtfKind.Struct, "empty", 0),
        type => BtfValueReader.Read(type, []), "at most 1048576 values");

    [Theory]
    [InlineData(0u, 7u, "expected the id of a type, 0 to 1, have 7")]
    [InlineData(0x7fffffffu, 0u, "expected a string inside")]
    public void ReferencesPastTheEnd_AreRefused(uint name, uint target, string words) => Refused(
        new BtfBuilder().Type(BtfKind.FunctionPrototype, "", 0, 1, false, name, target), type => type.Target, words);

    [Fact]
    public void NewerKind_IsPassedOverWhereTheFileTellsItsSize()
    {
        (byte, byte)[] kinds = [.. Enumerable.Repeat(((byte)0, (byte)0), 24), (8, 4)];
        BtfBuilder builder = new BtfBuilder().Type((BtfKind)24, "new", 5, 3, false, 1, 2, 3, 4, 5).Int();

        BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() => builder.Open());
        using BtfFile file = builder.Layout(kinds).Open();

        Assert.Contains("have 24", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(2, file.Count);
        Assert.Equal("new", Assert.IsType<BtfUnknown>(file[1]).Name);
        Assert.Equal(2u, file.Find("int")!.Id);
    }

    [Theory]
    [InlineData(0, 0x9e, "magic")]
    [InlineData(2, 2, "version 1, have 2")]
    [InlineData(3, 1, "flags 0")]
    [InlineData(4, 23, "header of 24")]
    [InlineData(15, 1, "inside the")]
    public void HeadersThatLie_AreRefused(int at, byte value, string words)
    {
        byte[] bytes = new BtfBuilder().Int().Build();
        bytes[at] = value;

        BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() => BtfFile.Read(ByteSource.FromArray(bytes, "hostile")));

        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    private static void Refused(BtfBuilder builder, Func<BtfType, object?> question, string words)
    {
        using BtfFile file = builder.Open();

        BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() => question(file[1]));

        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }
}
