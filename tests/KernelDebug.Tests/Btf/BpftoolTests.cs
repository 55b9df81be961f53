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
}
