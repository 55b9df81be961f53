using KernelDebug.Elf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>The sections of a module all begin at 0 in the file and must not be taken for one another.</summary>
public class ModuleSectionTests
{
    public static TheoryData<string> Sections => [".text", ".text.unlikely", ".init.text", ".exit.text"];

    [Theory, MemberData(nameof(Sections))]
    public void Each_place_of_each_section_is_that_of_the_oracle(string section)
    {
        using ElfFile elf = ElfFile.Open(DecodedLog.SampleModule);
        ElfSection code = elf.FindSection(section)!;
        ElfSymbol[] symbols = [.. Enumerable.Range(0, elf.Symbols.Count).Select(i => elf.Symbols[i])
            .Where(s => s.SectionIndex == code.Index && (s.Info & 0xf) == 2).OrderBy(s => s.Address)];
        var lines = new List<string>();
        var expected = new List<IEnumerable<(string?, string?, int?)>>();
        foreach (OracleRun run in Oracle.Read("gtpsim/gtpsim.ko").Where(r => r.Section == section && r.Frames.All(f => f.Function is not null)))
        {
            ElfSymbol symbol = symbols.Last(s => s.Address - code.Address <= run.Start);
            ulong next = symbols.Select(s => s.Address).Where(a => a > symbol.Address).DefaultIfEmpty(code.Address + code.Size).Min();
            lines.Add($"RIP: 0010:{elf.Symbols.NameOf(symbol)}+0x{code.Address + run.Start - symbol.Address:x}/0x{next - symbol.Address:x} [gtpsim]");
            expected.Add(run.Frames.Select(f => (f.Function, f.File, f.Line)));
        }

        Assert.NotEmpty(lines);
        DecodedLog log = DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), [.. lines]);

        Assert.Equal(expected.Count, log.Lines.Count);
        Assert.All(log.Lines.Zip(expected), pair =>
            Assert.Equal(pair.Second, pair.First.Locations.Single().Frames.Select(f => (f.Function, f.File, f.Line))));
    }

    [Fact]
    public void A_place_beyond_the_file_s_code_has_a_reason()
    {
        using ElfFile elf = ElfFile.Open(DecodedLog.SampleModule);
        foreach (string section in (string[])[".text", ".text.unlikely", ".init.text", ".exit.text"])
        {
            ElfSection code = elf.FindSection(section)!;
            ElfSymbol last = Enumerable.Range(0, elf.Symbols.Count).Select(i => elf.Symbols[i])
                .Where(s => s.SectionIndex == code.Index && (s.Info & 0xf) == 2).MaxBy(s => s.Address)!;
            ulong own = code.Address + code.Size - last.Address;
            // The kernel's size of a section's last function reaches to the page's end.
            DecodedLog log = DecodedLog.Of(
                DecodedLog.WithModule(DecodedLog.SampleModule),
                [.. Enumerable.Range(0, 60).Select(i => $"RIP: 0010:{elf.Symbols.NameOf(last)}+0x{own + (ulong)(i * 16):x}/0x{own + 0xf00:x} [gtpsim]")]);

            Assert.All(log.Locations, l => Assert.True(l.Frames.Count == 0, $"{section}: {l.Symbol}+0x{l.Offset:x}: {string.Join(" <- ", l.Frames)}"));
            Assert.All(log.Locations, l => Assert.NotNull(l.Reason));
        }
    }
}
