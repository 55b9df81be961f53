using System.Text.RegularExpressions;
using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>Declarations to the letter as <c>bpftool btf dump format c</c> writes them.</summary>
public partial class DeclarationTests
{
    [Theory]
    [InlineData("bpf.o", "bpf.h")]
    [InlineData("bpfeb.o", "bpfeb.h")]
    [InlineData("shapes.btf", "shapes.h")]
    public void Members_AreSpelledAsBpftoolSpellsThem(string file, string header)
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path($"btf/{file}"));
        HashSet<string> lines = File.ReadLines(FixtureFiles.Path($"btf/{header}")).Select(line => line.Trim()).ToHashSet();
        int compared = 0;
        foreach (BtfStruct structure in btf.Types.OfType<BtfStruct>())
        {
            foreach (BtfMember member in structure.Members.Where(member => member.Type.Bare.Name is not null || member.Type.Bare is not BtfStruct))
            {
                Assert.Contains($"{member};", lines);
                compared++;
            }
        }

        foreach (BtfTypedef typedef in btf.Types.OfType<BtfTypedef>())
        {
            Assert.Contains($"typedef {BtfDeclaration.Declare(typedef.Target, typedef.Name!)};", lines);
            compared++;
        }

        Assert.InRange(compared, 30, 50);
    }

    /// <summary>What the source has, in the spelling above.</summary>
    [Theory]
    [InlineData("helper", "int helper(struct node *node, odd_t *odd, char **names)")]
    [InlineData("visit", "int visit(struct node *node, long long unsigned int count)")]
    [InlineData("nothing", "int nothing(void)")]
    public void Function_IsItsPrototype(string name, string expected)
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));

        Assert.Equal(expected, btf.Find<BtfFunction>(name)!.ToString());
    }

    [Fact]
    public void Names_SayWhatTheyName()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/bpf.o"));

        Assert.Equal("struct node", btf.Find("node")!.ToString());
        Assert.Equal("enum color", btf.Find("enum color")!.ToString());
        Assert.Equal("union either", btf.Find("either")!.ToString());
        Assert.Equal("struct node first", btf.Find("first")!.ToString());
        Assert.Equal("void", btf[0].ToString());
        Assert.Null(btf.Find("union node"));
    }

    /// <summary>
    /// pfunct, of pahole, prints prototypes with spaces of its own, qualifiers of a pointer before what it points to, and a pointer to an array
    /// as one to its element, knows no attributes, and writes a pointer to a pointer to a function in no language; without these, all are the same.
    /// </summary>
    [Theory]
    [InlineData("/sys/kernel/btf/vmlinux")]
    [InlineData(null)]
    public void EveryFunctionOfAKernel_IsAsPfunctHasIt(string? path)
    {
        path ??= DecodedLog.Vmlinux;
        Assert.SkipUnless(path is not null && File.Exists(path), "needs a kernel with BTF in /sys/kernel/btf, and one in KERNELDEBUG_VMLINUX");
        string[]? lines = NativeTool.Lines("pfunct", ["-F", "btf", "--prototypes", path]);
        Assert.SkipUnless(lines is not null, "needs pfunct, of the package dwarves");
        using BtfFile btf = BtfFile.Open(path);
        HashSet<string> expected = lines.Select(Bare).ToHashSet();
        List<string> functions = [.. btf.Types.OfType<BtfFunction>().Select(f => $"{f};").Where(text => !Lost().IsMatch(text)).Select(Bare)];

        Assert.True(functions.Count > 40_000);
        Assert.DoesNotContain(functions, function => !expected.Contains(function));
    }

    private static string Bare(string line) => NotCompared().Replace(line, "");

    [GeneratedRegex(@"\b(const|volatile|restrict)\b| ")]
    private static partial Regex NotCompared();

    [GeneratedRegex(@"\[|\(\*[ \w]*\*|__attribute__")]
    private static partial Regex Lost();
}
