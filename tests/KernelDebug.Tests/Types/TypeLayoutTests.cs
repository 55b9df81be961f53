using System.Globalization;
using System.Text.RegularExpressions;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Tests.Inference;
using KernelDebug.Tests.Support;
using KernelDebug.Types;
using Xunit;

namespace KernelDebug.Tests.Types;

/// <summary>Members by their places: real structures against pahole, and made ones whose answers are plain.</summary>
public partial class TypeLayoutTests
{
    private static readonly DataType Byte = new(TypeKind.Base, "unsigned char", 1);
    private static readonly DataType Word = new(TypeKind.Base, "unsigned int", 4);
    private static readonly DataType Long = new(TypeKind.Base, "unsigned long", 8);
    private static readonly DataType Text = new(TypeKind.PointerTo, null, 8, () => Byte);

    [Fact]
    public void Real_members_are_pahole_s()
    {
        using ElfFile elf = ElfFile.Open(MemberCases.ModulePath);
        var dwarf = new DwarfFile(elf);
        int compared = 0;
        foreach ((string structure, string member, ulong offset, ulong size) in Members())
        {
            DataType type = Find(elf, dwarf, structure);
            LayoutPlace? place = TypeLayout.Find(type, offset, size);
            Assert.NotNull(place);
            // A union's members of one place and size are all named.
            Assert.Contains(member, Regex.Split(place.Path, @"\W+"));
            compared++;
        }

        Assert.InRange(compared, 30, 60);
    }

    [Fact]
    public void A_structure_s_padding_and_what_is_behind_it_are_nothing()
    {
        DataType pair = Structure(16, ("first", Word, 0), ("second", Long, 8));
        Assert.Equal("first", TypeLayout.Find(pair, 0, 4)?.Path);
        Assert.Null(TypeLayout.Find(pair, 4, 4));
        Assert.Null(TypeLayout.Find(pair, 16, 1));
        Assert.Null(TypeLayout.Find(pair, 12, 8));
        Assert.Null(TypeLayout.Find(pair, ulong.MaxValue, 8));
    }

    [Fact]
    public void Bytes_of_several_members_name_them_all()
    {
        DataType three = Structure(12, ("a", Word, 0), ("b", Word, 4), ("c", Word, 8));
        LayoutPlace? place = TypeLayout.Find(three, 4, 8);
        Assert.Equal("{b, c}", place?.Path);
        Assert.Equal(4UL, place?.Offset);
        Assert.Null(place?.Type);
    }

    [Fact]
    public void Part_of_a_number_is_the_number_and_part_of_a_pointer_nothing()
    {
        DataType both = Structure(16, ("flags", Long, 0), ("name", Text, 8));
        Assert.Equal("flags", TypeLayout.Find(both, 1, 1)?.Path);
        Assert.Null(TypeLayout.Find(both, 1, 1)?.Type);
        Assert.Null(TypeLayout.Find(both, 8, 4));
        Assert.Same(Text, TypeLayout.Find(both, 8, 8)?.Type);
    }

    /// <summary>The shape of struct sk_buff's first bytes (include/linux/skbuff.h).</summary>
    [Fact]
    public void A_union_s_pointers_are_all_possible()
    {
        DataType device = Pointer(Structure(64, ("mtu", Word, 0)));
        DataType node = Structure(24, ("parent", Long, 0), ("right", Pointer(Word), 8), ("left", Pointer(Word), 16));
        DataType inner = new(TypeKind.Union, null, 8, null, () => [new("dev", device, 0, 64, false), new("scratch", Long, 0, 64, false)]);
        DataType chain = Structure(24, ("next", Pointer(Word), 0), ("prev", Pointer(Word), 8), (null, inner, 16));
        DataType buffer = new(TypeKind.Union, null, 24, null, () => [new(null, chain, 0, 192, false), new("rbnode", node, 0, 192, false)]);
        LayoutPlace? place = TypeLayout.Find(buffer, 16, 8);
        Assert.Equal(["dev", "rbnode.left", "scratch"], place?.Choices.Select(choice => choice.Path).Order(StringComparer.Ordinal));
        Assert.Null(place?.Type);
    }

    [Fact]
    public void Bits_tell_fields_of_one_word_apart()
    {
        DataType flags = new(TypeKind.Structure, "flags", 4, null, () => [new("low", Word, 0, 4, true), new("high", Word, 4, 28, true)]);
        Assert.Equal("{low, high}", TypeLayout.Find(flags, 0, 4)?.Path);
        Assert.Equal("low", TypeLayout.Find(flags, 0, 4, 0x0f)?.Path);
        Assert.Equal("high", TypeLayout.Find(flags, 0, 1, 0x80)?.Path);
        Assert.Equal("high", TypeLayout.Find(flags, 2, 1)?.Path);
    }

    [Fact]
    public void Arrays_and_open_arrays_are_indexed()
    {
        DataType slot = Structure(16, ("id", Word, 0), ("owner", Text, 8));
        DataType four = new(TypeKind.Array, null, null, () => slot) { Count = 4 };
        DataType open = new(TypeKind.Array, null, null, () => Byte);
        DataType whole = new(TypeKind.Structure, "whole", 64, null, () => [new("slots", four, 0, 512, false), new("tail", open, 512, 0, false)]);
        Assert.Equal("slots[3].owner", TypeLayout.Find(whole, 56, 8)?.Path);
        Assert.Equal(64UL, four.Size);
        Assert.Null(TypeLayout.Find(whole, 64, 1));
        Assert.Equal("unsigned char [4]", new DataType(TypeKind.Array, null, null, () => Byte) { Count = 4 }.ToString());
    }

    [Fact]
    public void A_ring_of_names_ends()
    {
        DataType? ring = null;
        ring = new DataType(TypeKind.Typedef, "ring", null, () => ring);
        Assert.Equal(TypeKind.Unknown, ring.Bare.Kind);
        Assert.Null(TypeLayout.Find(ring, 0, 8));
        DataType? deep = null;
        deep = new DataType(TypeKind.Structure, "deep", 8, null, () => [new("again", deep!, 0, 64, false)]);
        Assert.Null(TypeLayout.Find(deep, 0, 8));
        DataType? arrow = null;
        arrow = new DataType(TypeKind.PointerTo, null, 8, () => arrow);
        Assert.Equal("?", arrow.ToString());
    }

    [Theory]
    [InlineData("struct pair *p")]
    [InlineData("int (*p)()")]
    [InlineData("const unsigned char *p")]
    [InlineData("struct pair (*p)[4]")]
    [InlineData("struct pair *p[4]")]
    public void Declarations_read_as_c(string expected)
    {
        DataType pair = Structure(4, ("a", Word, 0));
        DataType type = expected switch
        {
            "struct pair *p" => Pointer(pair),
            "int (*p)()" => Pointer(new DataType(TypeKind.Function, null, null, () => new DataType(TypeKind.Base, "int", 4))),
            "const unsigned char *p" => Pointer(new DataType(TypeKind.Qualifier, "const", null, () => Byte)),
            "struct pair (*p)[4]" => Pointer(new DataType(TypeKind.Array, null, null, () => pair) { Count = 4 }),
            _ => new DataType(TypeKind.Array, null, null, () => Pointer(pair)) { Count = 4 },
        };
        Assert.Equal(expected, TypeText.Declare(type, "p"));
    }

    private static DataType Pointer(DataType to) => new(TypeKind.PointerTo, null, 8, () => to);

    private static DataType Structure(ulong size, params (string? Name, DataType Type, ulong Offset)[] members) =>
        new(TypeKind.Structure, "pair", size, null, () => [.. members.Select(m => new TypeMember(m.Name, m.Type, m.Offset * 8, (m.Type.Size ?? 0) * 8, false))]);

    /// <summary>The leaves of layout.pahole.txt that are no bit fields, nor arrays, nor structures.</summary>
    private static IEnumerable<(string Structure, string Member, ulong Offset, ulong Size)> Members()
    {
        string structure = "";
        foreach (string line in File.ReadLines(FixtureFiles.Path("memberfault/layout.pahole.txt")))
        {
            if (line.StartsWith("struct ", StringComparison.Ordinal))
            {
                structure = line.Split(' ')[1];
            }
            else if (Leaf().Match(line) is { Success: true } leaf)
            {
                yield return (structure, leaf.Groups[1].Success ? leaf.Groups[1].Value : leaf.Groups[2].Value, Hex(leaf.Groups[3].Value), Hex(leaf.Groups[4].Value));
            }
        }
    }

    private static ulong Hex(string text) => ulong.Parse(text.Replace("0x", "", StringComparison.Ordinal), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>A structure by the variable or parameter of the module that points to it.</summary>
    private static DataType Find(ElfFile elf, DwarfFile dwarf, string name)
    {
        var waiting = new Queue<DataType>();
        foreach (string function in (string[])["mf_nested", "mf_vector"])
        {
            waiting.Enqueue(dwarf.FindScopes(elf.Symbols.FindCode(function)[0].Address)!.Variables[0].Type);
        }

        var seen = new HashSet<DataType>();
        while (waiting.TryDequeue(out DataType? type))
        {
            DataType bare = (type.Pointee ?? type).Bare;
            if (!seen.Add(bare))
            {
                continue;
            }

            if (bare.Kind == TypeKind.Structure && bare.Name == name)
            {
                return bare;
            }

            foreach (TypeMember member in bare.Members)
            {
                waiting.Enqueue(member.Type);
            }
        }

        throw new InvalidOperationException($"no struct {name}");
    }

    [GeneratedRegex(@"^\t+[^{}]*?(?:\(\*(\w+)\)\(.*\)|(\w+));\s+/\*\s+(0x[0-9a-f]+|0)\s+(0x[0-9a-f]+) \*/$")]
    private static partial Regex Leaf();
}
