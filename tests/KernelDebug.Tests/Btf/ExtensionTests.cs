using System.Text.RegularExpressions;
using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Btf;

/// <summary>.BTF.ext against the comments clang writes into its assembly.</summary>
public partial class ExtensionTests
{
    [Theory]
    [InlineData("btf/bpf.o")]
    [InlineData("btf/bpfeb.o")]
    public void LinesAndFunctions_AreThoseOfTheCompiler(string fixture)
    {
        using ElfFile elf = ElfFile.Open(FixtureFiles.Path(fixture));
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path(fixture));

        BtfExtension extension = BtfExtension.Read(elf, btf)!;

        IEnumerable<(int, int)> expected = File.ReadLines(FixtureFiles.Path("btf/ext.txt"))
            .Select(line => LinePattern().Match(line)).Where(match => match.Success)
            .Select(match => (int.Parse(match.Groups[1].ValueSpan), int.Parse(match.Groups[2].ValueSpan)));
        Assert.Equal(expected, extension.Lines.Select(line => (line.Line, line.Column)));
        string[] source = File.ReadAllLines(FixtureFiles.Path("btf/shapes.c"));
        Assert.All(extension.Lines, line => Assert.Equal(source[line.Line - 1], line.Source));
        Assert.All(extension.Lines, line => Assert.EndsWith("shapes.c", line.File, StringComparison.Ordinal));
        Assert.Equal(
            [("tc", "visit"), ("tc", "nothing"), (".text", "helper")],
            extension.Functions.Select(function => (function.Section, btf[function.TypeId].Name!)));
    }

    [Fact]
    public void CoreRelocations_HaveTheirAccess()
    {
        using ElfFile elf = ElfFile.Open(FixtureFiles.Path("btf/core.o"));
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/core.o"));

        IEnumerable<string> expected = File.ReadLines(FixtureFiles.Path("btf/core.txt"));
        Assert.Equal(expected, BtfExtension.Read(elf, btf)!.Relocations.Select(r => $"{(int)r.Kind} {r.TypeId} {r.Access}"));
    }

    [GeneratedRegex(@"# Line (\d+) Col (\d+)")]
    private static partial Regex LinePattern();
}
