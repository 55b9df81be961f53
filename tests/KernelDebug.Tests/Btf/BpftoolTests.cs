using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>Every type of every file as bpftool reads it: kind, name, size, members, values, parameters.</summary>
public class BpftoolTests
{
    [Theory]
    [InlineData("bpf.o", "bpf.json")]
    [InlineData("bpfeb.o", "bpfeb.json")]
    [InlineData("shapes.btf", "shapes.json")]
    public void Fixture_IsReadAsBpftoolDoes(string file, string json)
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path($"btf/{file}"));

        Assert.Equal(btf.Count, BpftoolOracle.Compare(btf, File.ReadAllText(FixtureFiles.Path($"btf/{json}"))));
    }

    [Fact]
    public void SplitFixture_ContinuesItsBase()
    {
        using BtfFile shapes = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        using BtfFile module = BtfFile.Open(FixtureFiles.Path("btf/module.btf"), shapes);

        Assert.Equal(module.Count, BpftoolOracle.Compare(module, File.ReadAllText(FixtureFiles.Path("btf/module.json"))));
        Assert.Equal(shapes.EndId, module.FirstId);
    }

    [Theory]
    [InlineData("/sys/kernel/btf/vmlinux")]
    [InlineData(null)]
    public void Kernel_IsReadAsBpftoolDoes(string? path)
    {
        path ??= DecodedLog.Vmlinux;
        Assert.SkipUnless(path is not null && File.Exists(path), "needs a kernel with BTF in /sys/kernel/btf, and one in KERNELDEBUG_VMLINUX");
        string[]? json = NativeTool.Lines("bpftool", ["btf", "dump", "file", path, "-j"]);
        Assert.SkipUnless(json is not null, "needs bpftool");
        using BtfFile btf = BtfFile.Open(path);

        Assert.Equal(btf.Count, BpftoolOracle.Compare(btf, string.Concat(json)));
    }

    /// <summary>The modules beside the vmlinux, as Debian's -dbg package has them, each on its types.</summary>
    [Fact]
    public void ModulesOfAKernel_AreReadAsBpftoolDoes()
    {
        Assert.SkipUnless(DecodedLog.Vmlinux is not null, DecodedLog.NeedsVmlinux);
        string release = Path.GetFileName(DecodedLog.Vmlinux)["vmlinux-".Length..];
        string folder = Path.GetFullPath(Path.Combine(DecodedLog.Vmlinux, "../../lib/modules", release));
        Assert.SkipUnless(Directory.Exists(folder), $"needs the modules of the same kernel in {folder}");
        using BtfFile vmlinux = BtfFile.Open(DecodedLog.Vmlinux);
        string[] modules = [.. Directory.EnumerateFiles(folder, "*.ko*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Where(path => BtfObjects.OfFile(path).HasBtf)];
        Assert.SkipUnless(modules.Length > 0, $"needs modules with a section .BTF in {folder}");
        foreach (string path in modules.Where((_, i) => i % Math.Max(1, modules.Length / 30) == 0))
        {
            string[]? json = NativeTool.Lines("bpftool", ["-B", DecodedLog.Vmlinux, "btf", "dump", "file", path, "-j"]);
            Assert.SkipUnless(json is not null, "needs bpftool");
            using BtfFile module = BtfFile.Open(path, vmlinux);

            Assert.Equal(module.Count, BpftoolOracle.Compare(module, string.Concat(json)));
        }
    }

    /// <summary>The first look-ups search, the later ones are by index: both find what going through all types finds.</summary>
    [Theory]
    [InlineData("bpf.o")]
    [InlineData("shapes.btf")]
    public void Names_AreFoundByScanAndByIndex(string file)
    {
        using BtfFile all = BtfFile.Open(FixtureFiles.Path($"btf/{file}"));
        foreach (IGrouping<string?, BtfType> named in all.Types.Where(type => type.Name is not null).GroupBy(type => type.Name))
        {
            using BtfFile btf = BtfFile.Open(FixtureFiles.Path($"btf/{file}"));
            for (int lookup = 0; lookup < 12; lookup++)
            {
                Assert.Equal(named.Select(type => type.Id), btf.FindIds(named.Key!));
                Assert.Empty(btf.FindIds(named.Key + "_"));
            }
        }
    }
}
