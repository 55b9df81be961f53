using KernelDebug.Btf;
using KernelDebug.BtfEncoding;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.BtfEncoding;

/// <summary>A real kernel and its modules, whose DWARF was encoded when they were built: by pahole, with several threads.</summary>
public sealed class KernelTests
{
    [Fact]
    public void A_whole_vmlinux_has_the_types_it_was_built_with()
    {
        Assert.SkipUnless(DecodedLog.Vmlinux is not null, DecodedLog.NeedsVmlinux);
        using ElfFile elf = ElfFile.Open(DecodedLog.Vmlinux);
        using BtfFile expected = BtfFile.Open(DecodedLog.Vmlinux);
        EncodedBtf encoded = BtfEncoder.Encode(elf, null, stop: TestContext.Current.CancellationToken);
        using BtfFile actual = BtfFile.Read(ByteSource.FromArray(encoded.Bytes, "encoded"));

        // Of functions that several units have, such as system calls and their weak stand-ins, each thread of pahole takes the one it meets
        // first: with other names of parameters, so that one may be there twice, or as ours has it not at all.
        string[] functions = [.. actual.Types.OfType<BtfFunction>().Select(function => function.Name!).Order(StringComparer.Ordinal)];
        Assert.Equal(expected.Types.OfType<BtfFunction>().Select(function => function.Name!).Distinct().Order(StringComparer.Ordinal), functions);
        HashSet<string> theirs = [.. DescribedTypes.Of(expected)];
        HashSet<string> ours = [.. DescribedTypes.Of(actual)];
        string[] otherFunctions = [.. ours.Except(theirs).Where(type => type.StartsWith("Function ", StringComparison.Ordinal))];
        Assert.All(otherFunctions, function => Assert.Matches("^Function __(ia32|x64)_(compat_)?sys_", function));
        Assert.InRange(otherFunctions.Length, 0, functions.Length / 100);

        // Of a variable at address 0 pahole asks that the entry with the address has the name; here the declaration it refers to has it.
        string[] missing = [.. theirs.Except(ours).Where(IsNoFunction)];
        string[] added = [.. ours.Except(theirs).Where(IsNoFunction).Order(StringComparer.Ordinal)];
        Assert.Collection(
            added,
            section => Assert.StartsWith("DataSection .data..percpu", section, StringComparison.Ordinal),
            variable => Assert.Equal("Variable fixed_percpu_data 48 Struct struct fixed_percpu_data Global", variable));
        Assert.Equal(Assert.Single(missing), added[0].Replace(" fixed_percpu_data 0 48;", "", StringComparison.Ordinal));

        static bool IsNoFunction(string type) => !type.StartsWith("Function", StringComparison.Ordinal);
        Assert.InRange(actual.Count, 50_000, expected.Count + 1);
    }

    [Fact]
    public void Thirty_modules_have_the_types_they_were_built_with()
    {
        Assert.SkipUnless(DecodedLog.Vmlinux is not null, DecodedLog.NeedsVmlinux);
        string folder = Path.GetFullPath(Path.Combine(DecodedLog.Vmlinux, "../../lib/modules"));
        string[] modules = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.ko", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(path => BtfObjects.OfFile(path).HasBtf)] : [];
        Assert.SkipUnless(modules.Length >= 30, $"needs modules with DWARF and BTF in {folder}");
        using BtfFile vmlinux = BtfFile.Open(DecodedLog.Vmlinux);
        foreach (string path in modules.Where((_, i) => i % (modules.Length / 30) == 0))
        {
            using ElfFile elf = ElfFile.Open(path);
            using BtfFile expected = BtfFile.Open(path, vmlinux);
            EncodedBtf encoded = BtfEncoder.Encode(elf, vmlinux, stop: TestContext.Current.CancellationToken);
            using BtfFile actual = BtfFile.Read(ByteSource.FromArray(encoded.Bytes, path), vmlinux);

            Assert.Equal(DescribedTypes.Of(expected), DescribedTypes.Of(actual));
        }
    }
}
