using KernelDebug.Btf;
using KernelDebug.Btf.CHeader;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>Headers as bpftool writes them, and as clang reads them.</summary>
public class CHeaderTests
{
    private const string NeedsKernel = "needs a kernel with BTF in /sys/kernel/btf, and one in KERNELDEBUG_VMLINUX";
    private const string NeedsBpftool = "needs bpftool";

    private static readonly CHeaderOptions LikeNewBpftool = new() { HasKernelFunctions = true };

    [Theory]
    [InlineData("bpf.o", "bpf.h")]
    [InlineData("bpfeb.o", "bpfeb.h")]
    [InlineData("shapes.btf", "shapes.h")]
    public void Fixture_IsWrittenAsBpftoolDoes(string file, string header)
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path($"btf/{file}"));

        Assert.Equal(File.ReadAllText(FixtureFiles.Path($"btf/{header}")), Write(btf, new()));
    }

    [Fact]
    public void PaddingsAttributesAndNames_AreThoseOfBpftool()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/header/header.btf"));

        Assert.Equal(File.ReadAllText(FixtureFiles.Path("btf/header/header.h")), Write(btf, LikeNewBpftool));
    }

    [Fact]
    public void Module_IsWrittenOnItsBase()
    {
        using BtfFile shapes = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        using BtfFile module = BtfFile.Open(FixtureFiles.Path("btf/module.btf"), shapes);

        Assert.Equal(File.ReadAllText(FixtureFiles.Path("btf/header/module.h")), Write(module, LikeNewBpftool));
    }

    [Fact]
    public void ModuleAlone_HasItsTypesAndWhatTheyNeed()
    {
        using BtfFile shapes = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        using BtfFile module = BtfFile.Open(FixtureFiles.Path("btf/module.btf"), shapes);

        string own = Write(module, new() { HasOwnTypesOnly = true });

        string[] whole = Definitions(Write(module, new()));
        Assert.Empty(Definitions(own).Except(whole));
        Assert.InRange(Definitions(own).Length, module.Types.Count(type => type is BtfStruct { Name: not null }), whole.Length - 1);
    }

    // bpftool sorts void along with the types and then begins behind the first, so the first enumeration is lost.
    [Fact]
    public void SortedByName_IsAsBpftoolSortsIt_WithTheFirstDefinitionToo()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/header/header.btf"));

        string sorted = Write(btf, LikeNewBpftool with { Order = CHeaderOrder.Name });

        const string lost = "enum {\n\tCONSTANT = 1,\n};\n\n";
        Assert.Contains(lost, sorted, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(FixtureFiles.Path("btf/header/header.sorted.h")), sorted.Replace(lost, "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/sys/kernel/btf/vmlinux")]
    [InlineData(null)]
    public void Kernel_IsWrittenAsBpftoolDoes(string? path)
    {
        path ??= DecodedLog.Vmlinux;
        Assert.SkipUnless(path is not null && File.Exists(path), NeedsKernel);
        Bpftool tool = Bpftool.Installed ?? Skip(NeedsBpftool);
        using BtfFile btf = BtfFile.Open(path);

        AssertSame(tool.Header(path), tool.Expected(btf));
    }

    [Fact]
    public void FortyModules_AreWrittenAsBpftoolDoes()
    {
        string[] modules = DebianModules();
        Assert.SkipUnless(modules.Length >= 40, DecodedLog.NeedsVmlinux + " and its modules beside it");
        Bpftool tool = Bpftool.Installed ?? Skip(NeedsBpftool);
        using BtfFile vmlinux = BtfFile.Open(DecodedLog.Vmlinux!);
        int compared = 0;
        for (int i = 0; compared < 40; i += modules.Length / 40)
        {
            using BtfFile module = BtfFile.Open(modules[i], vmlinux);
            AssertSame(tool.Header(modules[i], DecodedLog.Vmlinux), tool.Expected(module));
            compared++;
        }
    }

    [Theory]
    [InlineData("/sys/kernel/btf/vmlinux")]
    [InlineData("header.btf")]
    [InlineData(null)]
    public void Compiled_EveryStructureHasItsSizeAndEveryMemberItsPlace(string? path)
    {
        path = path == "header.btf" ? FixtureFiles.Path("btf/header/header.btf") : path ?? DecodedLog.Vmlinux;
        Assert.SkipUnless(path is not null && File.Exists(path), NeedsKernel);
        using BtfFile btf = BtfFile.Open(path);
        using var tree = new TempTree();
        string header = Path.Combine(tree.Root, "vmlinux.h");
        CHeaderWriter.Save(header, btf, new(), null, TestContext.Current.CancellationToken);

        (int count, string errors) = ClangLayout.Check(btf, header) ?? Skip<(int, string)>("needs clang");

        Assert.Equal("", errors);
        Assert.True(count > 50);
    }

    [Fact]
    public void NamedTypes_ComeWithWhatTheyNeed_AndNothingElse()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/header/header.btf"));

        string text = Write(btf, new() { Types = [btf.Find("struct later")!] });

        Assert.Equal(["struct later;", "struct twice {", "struct later {"], text.Split('\n').Where(line => line.StartsWith("struct", StringComparison.Ordinal)));
    }

    [Fact]
    public void Saved_IsWholeOrNotThere()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/header/header.btf"));
        using BtfFile broken = new BtfBuilder().Struct("self", 4, ("self", 1, 0)).Open();
        using var tree = new TempTree();
        string path = Path.Combine(tree.Root, "x.h");

        long length = CHeaderWriter.Save(path, btf, new(), null, TestContext.Current.CancellationToken);
        Assert.Throws<BinaryFormatException>(() => CHeaderWriter.Save(path, broken, new(), null, TestContext.Current.CancellationToken));

        Assert.Equal(Write(btf, new()), File.ReadAllText(path));
        Assert.Equal(length, new FileInfo(path).Length);
        Assert.Single(Directory.GetFiles(tree.Root));
    }

    [Fact]
    public void AStructureInItself_IsRefused()
    {
        using BtfFile btf = new BtfBuilder().Struct("outer", 4, ("inner", 2, 0)).Struct("inner", 4, ("outer", 1, 0)).Open();

        Assert.Contains("part of itself", Assert.Throws<BinaryFormatException>(() => Write(btf, new())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PrototypesThatRepeatEachOther_EndInAnError()
    {
        // Each takes the next twice: 2^60 visits.
        var builder = new BtfBuilder();
        for (uint id = 1; id <= 60; id++)
        {
            builder.Type(BtfKind.FunctionPrototype, "", 0, 2, false, 0, id + 1, 0, id + 1);
        }

        using BtfFile btf = builder.Int().Open();

        Assert.Throws<BinaryFormatException>(() => Write(btf, new()));
    }

    [Fact]
    public void AGapWithoutEnd_EndsInAnError()
    {
        using BtfFile btf = new BtfBuilder().Struct("huge", uint.MaxValue).Open();

        Assert.Contains("at most", Assert.Throws<BinaryFormatException>(() => Write(btf, new())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stopped_Stops()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/header/header.btf"));
        using var tree = new TempTree();

        Assert.Throws<OperationCanceledException>(() => CHeaderWriter.Save(Path.Combine(tree.Root, "x.h"), btf, new(), null, new CancellationToken(true)));
        Assert.Empty(Directory.GetFiles(tree.Root));
    }

    private static string Write(BtfFile file, CHeaderOptions options)
    {
        using var text = new StringWriter();
        CHeaderWriter.Write(text, file, options);
        return text.ToString();
    }

    private static string[] Definitions(string header) => header.Split("\n\n");

    // Four megabytes in a message help nobody.
    private static void AssertSame(string expected, string actual)
    {
        (string theirs, string ours) = expected.Split('\n').Zip(actual.Split('\n')).FirstOrDefault(pair => pair.First != pair.Second);
        Assert.Equal(theirs, ours);
        Assert.Equal(expected.Length, actual.Length);
    }

    private static string[] DebianModules()
    {
        string? root = Path.GetDirectoryName(Path.GetDirectoryName(DecodedLog.Vmlinux));
        string directory = Path.Combine(root ?? "", "lib", "modules");
        return Directory.Exists(directory) ? [.. Directory.GetFiles(directory, "*.ko", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];
    }

    private static Bpftool Skip(string reason) => Skip<Bpftool>(reason);

    private static T Skip<T>(string reason)
    {
        Assert.Skip(reason);
        return default;
    }

    /// <summary>The bpftool of this machine: what its version's headers lack or have besides.</summary>
    private sealed record Bpftool(int Minor)
    {
        public static Bpftool? Installed { get; } = NativeTool.Lines("bpftool", ["version"]) is [var first, ..]
            ? new Bpftool(Version.Parse(first.Split('v')[^1].Trim()).Minor)
            : null;

        public string Header(string path, string? basePath = null)
        {
            List<string> arguments = basePath is null ? [] : ["-B", basePath];
            arguments.AddRange(["btf", "dump", "file", path, "format", "c"]);
            if (Minor >= 5)
            {
                arguments.Add("unsorted");
            }

            return NativeTool.Text("bpftool", [.. arguments])!;
        }

        // Before v7.2 it wrote enumerations of one or eight bytes as if they had four; ClangLayout shows that ours have their size.
        public string Expected(BtfFile file)
        {
            string ours = Write(file, new CHeaderOptions { HasKernelFunctions = Minor >= 5 });
            return Minor >= 2 ? ours : ours.Replace(" __attribute__((mode(byte)))", "", StringComparison.Ordinal).Replace(" __attribute__((mode(word)))", "", StringComparison.Ordinal);
        }
    }
}
