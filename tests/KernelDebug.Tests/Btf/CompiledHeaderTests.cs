using KernelDebug.Btf;
using KernelDebug.Btf.CHeader;
using KernelDebug.Tests.BtfEncoding;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>Both tools' headers through a compiler and pahole: the types that come out are the same, but for what bpftool writes wrongly.</summary>
public class CompiledHeaderTests
{
    /// <summary>
    /// bpftool before v7.2 writes enumerations of one byte as if they had four. What contains one by value has another layout then; of all
    /// that differs, ours has the kernel's, and theirs has not.
    /// </summary>
    [Theory]
    [InlineData("/sys/kernel/btf/vmlinux")]
    [InlineData(null)]
    public void TypesOfBothHeaders_AreTheSame(string? path)
    {
        path ??= DecodedLog.Vmlinux;
        Assert.SkipUnless(path is not null && File.Exists(path), "needs a kernel with BTF in /sys/kernel/btf, and one in KERNELDEBUG_VMLINUX");
        string? clang = NativeTool.Installed("clang", "clang-14", "clang-16", "clang-19");
        string? header = NativeTool.Text("bpftool", "btf", "dump", "file", path, "format", "c");
        Assert.SkipUnless(clang is not null && header is not null && NativeTool.Installed("pahole") is not null, "needs clang, bpftool and pahole");
        using var tree = new TempTree();
        using BtfFile kernel = BtfFile.Open(path);
        using var ours = new StringWriter();
        CHeaderWriter.Write(ours, kernel, new(), stop: TestContext.Current.CancellationToken);
        using BtfFile own = Compile(clang, tree, "own", ours.ToString());
        using BtfFile other = Compile(clang, tree, "other", header);
        HashSet<string> same = [.. DescribedTypes.Of(own)];
        same.IntersectWith(DescribedTypes.Of(other));

        Assert.InRange(same.Count, 15_000, int.MaxValue);
        foreach (BtfType type in own.Types.Where(type => type.Name is not null && !same.Contains(DescribedTypes.Of(type))))
        {
            string named = BtfDeclaration.NameOf(type);
            string expected = Shape(kernel.Find(named)!);
            Assert.Equal(expected, Shape(type));
            Assert.NotEqual(expected, Shape(other.Find(named)!));
        }
    }

    /// <summary>Size, and where each member is: what a compiler makes of a header apart from the names of base types, which are its own.</summary>
    private static string Shape(BtfType type) =>
        $"{type} {type.Size} " + (type is BtfStruct structure ? string.Join(';', structure.Members.Select(member => $"{member.Name} {member.BitOffset} {member.BitSize}")) : "");

    private static BtfFile Compile(string clang, TempTree tree, string name, string header)
    {
        string source = tree.Put(name + ".c", System.Text.Encoding.UTF8.GetBytes(header));
        string compiled = Path.Combine(tree.Root, name + ".o");
        string types = Path.Combine(tree.Root, name + ".btf");
        Assert.Equal("", NativeTool.Errors(clang, ["-g", "-gdwarf-4", "-w", "-fno-eliminate-unused-debug-types", "-c", source, "-o", compiled]));
        Assert.Equal("", NativeTool.Errors("pahole", ["-J", "--btf_gen_floats", "--btf_encode_detached=" + types, compiled]));
        return BtfFile.Open(types);
    }
}
