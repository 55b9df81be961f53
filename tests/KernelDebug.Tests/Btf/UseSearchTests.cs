using System.Text.Json;
using KernelDebug.Btf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>What uses a type: against pahole, and against the plainest reading of bpftool's JSON.</summary>
public class UseSearchTests
{
    [Theory]
    [InlineData("node", "helper visit")]
    [InlineData("struct node", "helper visit")]
    [InlineData("u32", "helper")]
    [InlineData("char", "helper")]
    [InlineData("color", "")]
    [InlineData("void", "")]
    public void Functions_AreFoundByWhatTheyTake(string type, string expected)
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), Found(btf, new BtfUses { Parameters = [type] }).Select(found => found.Name!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Structures_AreFoundByWhatIsInThem()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        BtfType node = btf.Find("node")!;

        Assert.Contains(node, Found(btf, new BtfUses { Contents = ["u16"] }));
        Assert.Contains(node, Found(btf, new BtfUses { PointedTo = ["forward"] }));
        Assert.Contains(node, Found(btf, new BtfUses { PointedTo = ["node"], Member = name => name == "where" }));
        Assert.Contains(node, Found(btf, new BtfUses { Member = name => name == "low" }));
        Assert.DoesNotContain(node, Found(btf, new BtfUses { PointedTo = ["node"], Member = name => name == "buffer" }));
        Assert.DoesNotContain(node, Found(btf, new BtfUses { Member = name => name == "left" }));
        Assert.DoesNotContain(node, Found(btf, new BtfUses { Contents = ["node"] }));
        Assert.Equal(["nowhere"], new BtfUseSearch(btf, new BtfUses { Contents = ["nowhere", "node"] }).Missing);
    }

    [Fact]
    public void Modules_AreSearchedForTypesOfTheirBase()
    {
        using BtfFile shapes = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        using BtfFile module = BtfFile.Open(FixtureFiles.Path("btf/module.btf"), shapes);

        Assert.Equal(["own"], Found(module, new BtfUses { Contents = ["color"] }).Select(found => found.Name));
        Assert.Equal(["own_function"], Found(module, new BtfUses { Parameters = ["own"] }).Select(found => found.Name));
    }

    [Fact]
    public void StructureThatContainsItself_IsMalformed()
    {
        var types = new BtfBuilder();
        types.Struct("self", 4, ("self", 1, 0));
        using BtfFile btf = types.Open();

        Assert.Throws<BinaryFormatException>(() => Found(btf, new BtfUses { Contents = ["void"] }));
    }

    /// <summary>pahole sees members of the type itself, without typedefs, arrays and depth: all it sees is found.</summary>
    [Theory]
    [InlineData("list_head")]
    [InlineData("mutex")]
    [InlineData("sk_buff")]
    public void WhatPaholeFinds_IsFound(string type)
    {
        string kernel = Kernel();
        string[]? containers = NativeTool.Lines("pahole", ["-F", "btf", $"--contains={type}", kernel]);
        string[]? pointers = NativeTool.Lines("pahole", ["-F", "btf", $"--find_pointers_to={type}", kernel]);
        Assert.SkipUnless(containers is not null && pointers is not null, "needs pahole, of the package dwarves");
        using BtfFile btf = BtfFile.Open(kernel);
        HashSet<string> contain = Names(Found(btf, new BtfUses { Contents = [type] }));
        HashSet<string> pointTo = Names(Found(btf, new BtfUses { PointedTo = [type] }));

        Assert.DoesNotContain(containers.Select(line => line.Split(':')[0].Trim()), name => name != "(null)" && !contain.Contains(name));
        Assert.DoesNotContain(pointers.Select(line => line.Split(':')[0].Trim()), name => name != "(null)" && !pointTo.Contains(name));
        Assert.NotEmpty(containers);
        Assert.NotEmpty(pointers);
    }

    /// <summary>Every answer, to the id, as a plain walk over bpftool's JSON gives it.</summary>
    [Theory]
    [InlineData("list_head")]
    [InlineData("atomic_t")]
    [InlineData("sk_buff")]
    [InlineData("u32")]
    [InlineData("page")]
    public void Kernel_IsSearchedAsAPlainWalkDoes(string type)
    {
        string kernel = Kernel();
        string[]? json = NativeTool.Lines("bpftool", ["btf", "dump", "file", kernel, "-j"]);
        Assert.SkipUnless(json is not null, "needs bpftool");
        var walk = new PlainWalk(string.Concat(json), type);
        using BtfFile btf = BtfFile.Open(kernel);

        Assert.Equal(walk.Ids("FUNC", walk.Takes), Found(btf, new BtfUses { Parameters = [type] }).Select(found => found.Id));
        Assert.Equal(walk.Structures(walk.Contains), Found(btf, new BtfUses { Contents = [type] }).Select(found => found.Id));
        Assert.Equal(walk.Structures(id => walk.HasMember(id, _ => true, walk.PointsTo)), Found(btf, new BtfUses { PointedTo = [type] }).Select(found => found.Id));
        Assert.Equal(
            walk.Structures(id => walk.HasMember(id, name => name == "next", _ => true)),
            Found(btf, new BtfUses { Member = name => name == "next" }).Select(found => found.Id));
    }

    private static string Kernel()
    {
        string? kernel = DecodedLog.Vmlinux ?? "/sys/kernel/btf/vmlinux";
        Assert.SkipUnless(File.Exists(kernel), "needs a kernel with BTF in /sys/kernel/btf or KERNELDEBUG_VMLINUX");
        return kernel;
    }

    private static BtfType[] Found(BtfFile btf, BtfUses uses) => [.. BtfSearch.Matching(btf, null, [], new BtfUseSearch(btf, uses))];

    private static HashSet<string> Names(IEnumerable<BtfType> types) => types.Select(type => type.Name).OfType<string>().ToHashSet();

    private sealed class PlainWalk
    {
        private static readonly string[] Links = ["TYPEDEF", "CONST", "VOLATILE", "RESTRICT", "TYPE_TAG"];
        private static readonly string[] NoTypes = ["FUNC", "VAR", "DATASEC", "DECL_TAG", "TYPE_TAG"];
        private readonly Dictionary<uint, JsonElement> _types;
        private readonly HashSet<uint> _wanted;

        public PlainWalk(string json, string name)
        {
            _types = JsonDocument.Parse(json).RootElement.GetProperty("types").EnumerateArray().ToDictionary(type => type.GetProperty("id").GetUInt32());
            _wanted = _types.Where(type => !NoTypes.Contains(Kind(type.Key)) && type.Value.GetProperty("name").GetString() == name).Select(type => type.Key).ToHashSet();
        }

        public IEnumerable<uint> Ids(string kind, Func<uint, bool> condition) => _types.Keys.Where(id => Kind(id) == kind && condition(id)).Order();

        public IEnumerable<uint> Structures(Func<uint, bool> condition) => _types.Keys.Where(id => IsStructure(id) && condition(id)).Order();

        public bool Takes(uint function) => _types[To(function)].GetProperty("params").EnumerateArray().Any(parameter => Leads(parameter.GetProperty("type_id").GetUInt32(), ["PTR", "ARRAY", .. Links]));

        public bool Contains(uint structure) => Members(structure).Any(member => Leads(member.Type, ["ARRAY", .. Links]) || (Bare(member.Type, ["ARRAY", .. Links]) is var inner && IsStructure(inner) && Contains(inner)));

        public bool HasMember(uint structure, Func<string, bool> name, Func<uint, bool> type) => Members(structure).Any(member =>
            member.Name == "" && Bare(member.Type, Links) is var inner && IsStructure(inner) ? HasMember(inner, name, type) : name(member.Name) && type(member.Type));

        public bool PointsTo(uint type)
        {
            bool any = false;
            for (; type != 0; type = To(type))
            {
                if (_wanted.Contains(type))
                {
                    return any;
                }

                any |= Kind(type) == "PTR";
                if (Kind(type) is not ("PTR" or "ARRAY") && !Links.Contains(Kind(type)))
                {
                    return false;
                }
            }

            return false;
        }

        private bool Leads(uint type, string[] through)
        {
            for (; !_wanted.Contains(type); type = To(type))
            {
                if (type == 0 || !through.Contains(Kind(type)))
                {
                    return false;
                }
            }

            return true;
        }

        private uint Bare(uint type, string[] through)
        {
            while (type != 0 && through.Contains(Kind(type)))
            {
                type = To(type);
            }

            return type;
        }

        private bool IsStructure(uint id) => id != 0 && Kind(id) is "STRUCT" or "UNION";

        private string Kind(uint id) => id == 0 ? "void" : _types[id].GetProperty("kind").GetString()!;

        private uint To(uint id) => _types[id].GetProperty("type_id").GetUInt32();

        private IEnumerable<(string Name, uint Type)> Members(uint id) => _types[id].GetProperty("members").EnumerateArray()
            .Select(member => (member.GetProperty("name").GetString() is "(anon)" or null ? "" : member.GetProperty("name").GetString()!, member.GetProperty("type_id").GetUInt32()));
    }
}
