using System.Globalization;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>The symbols of a file against nm of binutils: addresses, sizes, letters, names.</summary>
public class SymbolListToolTests
{
    [Theory]
    [InlineData("elf/x86_64-dwarf5.o")]
    [InlineData("elf/x86_64-clang.o")]
    [InlineData("elf/x86_64-function-sections.o")]
    [InlineData("elf/i386.o")]
    [InlineData("dwarf/gcc-dwarf5")]
    [InlineData("dwarf/gcc-dwarf5-lto")]
    [InlineData("dwarf/gxx-dwarf5")]
    [InlineData("dwarf/rust-v0-dwarf5")]
    [InlineData("gtpsim/gtpsim-stripped.ko")]
    [InlineData("gtpsim/gtpsim-zstd.ko")]
    public void Of_a_small_file_are_those_of_nm(string fixture)
    {
        using var tree = new TempTree();
        string path = FixtureFiles.Path(fixture);
        AssertAsNm(path.EndsWith(".o", StringComparison.Ordinal) ? tree.Copy("module.ko", path) : path);
    }

    [Fact]
    public void Of_a_vmlinux_are_those_of_nm()
    {
        Assert.SkipWhen(DecodedLog.Vmlinux is null, DecodedLog.NeedsVmlinux);
        AssertAsNm(DecodedLog.Vmlinux!);
    }

    [Fact]
    public void Of_a_vmlinux_by_address_are_those_readelf_has_there()
    {
        Assert.SkipWhen(DecodedLog.Vmlinux is null, DecodedLog.NeedsVmlinux);
        string[]? listed = NativeTool.Lines("readelf", ["-sW", DecodedLog.Vmlinux!]);
        Assert.SkipWhen(listed is null, "needs readelf");
        var functions = listed!.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length == 8 && words[3] == "FUNC" && words[2] != "0" && words[6] != "UND")
            .Select(words => (Address: ulong.Parse(words[1], NumberStyles.AllowHexSpecifier), Size: Number(words[2]), Name: words[7])).ToArray();
        using var finder = new SymbolFinder(Sources(DecodedLog.Vmlinux!), _ => { });
        var random = new Random(11);
        for (int i = 0; i < 2000; i++)
        {
            var (address, size, name) = functions[random.Next(functions.Length)];
            ulong offset = (ulong)random.NextInt64((long)size);
            KernelSymbol found = Assert.Single(finder.At(address + offset));
            // A label inside a function of assembler is nearer.
            if (found.Address == address)
            {
                Assert.Contains(name, found.Aliases.Append(found.Name));
                Assert.Equal(offset, found.Offset);
            }
            else
            {
                Assert.InRange(found.Address!.Value, address + 1, address + offset);
            }
        }
    }

    private static void AssertAsNm(string path)
    {
        string[]? listed = NativeTool.Lines("nm", ["-S", path]);
        Assert.SkipWhen(listed is null, "needs nm");
        var expected = listed!.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words[^2] is not ("U" or "w" or "v") || words.Length > 2)
            .Select(words => $"{words[0]} {(words.Length > 3 ? words[1] : new string('0', words[0].Length))} {words[^2]} {words[^1]}");
        using var finder = new SymbolFinder(Sources(path), d => Assert.NotEqual(DiagnosticSeverity.Error, d.Severity));
        string digits = listed[0].IndexOf(' ') == 8 ? "x8" : "x16";
        var found = finder.Find(_ => true, "").Select(s =>
            $"{s.Address!.Value.ToString(digits)} {(s.SizeSource == SymbolSizeSource.Declared ? s.Size!.Value : 0).ToString(digits)} {s.Type} {s.Name}");

        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    private static SymbolSources Sources(string path) => new()
    {
        Files = path.EndsWith(".ko", StringComparison.Ordinal)
            ? new SymbolizerOptions { ModulePaths = [path], Root = DecodedLog.Nowhere }
            : new SymbolizerOptions { Vmlinux = path, Root = DecodedLog.Nowhere },
    };

    private static ulong Number(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) ? ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier) : ulong.Parse(text);
}
