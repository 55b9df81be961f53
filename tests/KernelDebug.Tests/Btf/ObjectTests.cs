using System.IO.Compression;
using System.Text;
using System.Text.Json;
using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>What BTF is loaded, against bpftool, and why a module has none.</summary>
[Collection(BpfKernel.Collection)]
public class ObjectTests
{
    private const string Release = "6.1.0-test";

    [Fact]
    public void Module_HasNoneWhereTheKernelHasNone()
    {
        using var machine = new TempTree();

        Assert.Contains("the kernel itself has no types", new BtfAbsence(Release, machine.Root).Reason("own"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("# CONFIG_DEBUG_INFO_BTF_MODULES is not set\n", true)]
    [InlineData("CONFIG_DEBUG_INFO_BTF_MODULES=y\n", false)]
    public void Module_HasNoneWhereTheKernelWasBuiltSo(string config, bool isReason)
    {
        using var plain = Machine();
        plain.Put($"boot/config-{Release}", Encoding.ASCII.GetBytes("CONFIG_BPF=y\n" + config));
        using var packed = Machine();
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write(Encoding.ASCII.GetBytes(config));
        }

        packed.Put("proc/config.gz", bytes.ToArray());

        foreach (TempTree machine in new[] { plain, packed })
        {
            Assert.Equal(isReason, new BtfAbsence(Release, machine.Root).Reason("own").Contains("without CONFIG_DEBUG_INFO_BTF_MODULES", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Module_HasNoneWhereItsFileHasNone()
    {
        using var machine = Machine();
        machine.Put($"lib/modules/{Release}/modules.dep", "kernel/own-one.ko: kernel/other.ko\nkernel/other.ko:\nkernel/gone.ko:\n"u8.ToArray());
        string without = machine.Copy($"lib/modules/{Release}/kernel/own-one.ko", FixtureFiles.Path("elf/aarch64-dwarf4.o"));
        string with = machine.Copy($"lib/modules/{Release}/kernel/other.ko", FixtureFiles.Path("btf/bpf.o"));
        var absence = new BtfAbsence(Release, machine.Root);

        Assert.StartsWith($"of its file {without}: it has no .BTF section", absence.Reason("own_one"), StringComparison.Ordinal);
        Assert.StartsWith($"its file {with} has types that the kernel does not show", absence.Reason("other"), StringComparison.Ordinal);
        Assert.StartsWith("it is not known why: its file", absence.Reason("gone"), StringComparison.Ordinal);
        Assert.StartsWith("it is not known why: no file", absence.Reason("nowhere"), StringComparison.Ordinal);
    }

    /// <summary>Where that is allowed.</summary>
    [Fact]
    public void Loaded_AreThoseOfBpftool()
    {
        string[]? json = NativeTool.Lines("bpftool", ["-j", "btf", "list"]);
        Assert.SkipUnless(json is { Length: > 0 }, "needs bpftool, and to be allowed to list BTF");
        IReadOnlyList<BtfObject> loaded;
        try
        {
            loaded = BtfLoadedObjects.List();
        }
        catch (DllNotFoundException missing)
        {
            Assert.Skip(missing.Message);
            throw;
        }

        // The kernel lets go of programs a while after they are closed: what is not there afterwards, and just so, counts for nothing.
        string[] afterwards = [.. Listed(NativeTool.Lines("bpftool", ["-j", "btf", "list"])!).Select(item => item.GetRawText())];

        // bpftool's own, which it holds while it lists, are gone.
        JsonElement[] expected = [.. Listed(json!).Where(item => afterwards.Contains(item.GetRawText()))
            .Where(item => item.GetProperty("kernel").GetBoolean() || Ids(item, "prog_ids").Length + Ids(item, "map_ids").Length > 0)];
        Dictionary<uint, BtfObject> found = loaded.ToDictionary(item => item.Id!.Value);
        foreach (JsonElement item in expected)
        {
            BtfObject have = found[item.GetProperty("id").GetUInt32()];
            Assert.Equal(item.GetProperty("size").GetInt64(), have.Size);
            Assert.Equal(item.TryGetProperty("name", out JsonElement name) ? name.GetString() : "", have.Name);
            Assert.Equal(item.GetProperty("kernel").GetBoolean(), have.Source != BtfObjectSource.Program);
            Assert.Equal(Ids(item, "prog_ids").Order(), have.ProgramIds);
            Assert.Equal(Ids(item, "map_ids").Order(), have.MapIds);
        }

        Assert.NotEmpty(expected);
    }

    private static TempTree Machine()
    {
        var machine = new TempTree();
        machine.Put("sys/kernel/btf/vmlinux", [0]);
        return machine;
    }

    private static JsonElement[] Listed(string[] json) => [.. JsonDocument.Parse(string.Concat(json)).RootElement.EnumerateArray()];

    private static uint[] Ids(JsonElement item, string name) => item.TryGetProperty(name, out JsonElement ids) ? [.. ids.EnumerateArray().Select(id => id.GetUInt32())] : [];
}
