using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Dwarf;

/// <summary>
/// Every byte of code of every fixture, against what llvm-symbolizer, binutils, gimli and elfutils agree on: functions, files,
/// lines, columns and the whole inlined chain.
/// </summary>
public class OracleTests
{
    public static TheoryData<string, string> Files()
    {
        var data = new TheoryData<string, string>();
        foreach (string name in (string[])[.. FixtureFiles.WithOracle("dwarf"), .. FixtureFiles.WithOracle("elf")])
        {
            data.Add(name, name);
        }

        // The same code in other wrappings has the same answers.
        foreach (string kind in (string[])["zlib", "zlib-gnu", "zstd"])
        {
            data.Add($"elf/x86_64-dwarf5-{kind}.o", "elf/x86_64-dwarf5.o");
        }

        foreach (string wrapped in (string[])["x86_64-dwarf5.o.xz", "x86_64-dwarf5-blocks.o.xz", "x86_64-dwarf5.o.zst", "x86_64-dwarf5-frames.o.zst", "x86_64-dwarf5.o.gz"])
        {
            data.Add("elf/" + wrapped, "elf/x86_64-dwarf5.o");
        }

        data.Add("elf/i386-zlib.o", "elf/i386.o");
        data.Add("elf/s390x-dwarf5-zlib.o", "elf/s390x-dwarf5.o");
        data.Add("elf/riscv64-dwarf5-zlib.o", "elf/riscv64-dwarf5.o");
        data.Add("elf/separate/beside/prog.debug", "dwarf/gcc-dwarf5");
        foreach (string variant in (string[])["../../../samples/gtpsim/gtpsim.ko.xz", "gtpsim.ko.zst", "gtpsim-zstd.ko", "gtpsim-zlib-gnu.ko.xz", "gtpsim-dwarf4.ko.xz", "gtpsim.ko.debug.xz"])
        {
            data.Add("gtpsim/" + variant, "gtpsim/gtpsim.ko");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryAddressHasTheFramesTheToolsAgreeOn(string file, string oracle)
    {
        using ElfFile elf = ElfFile.Open(FixtureFiles.Path(file));
        using ElfFile? supplementary = OpenSupplementary(elf);
        var dwarf = new DwarfFile(elf) { Supplementary = supplementary is null ? null : new DwarfFile(supplementary) };
        bool isMangled = oracle.Contains("xx", StringComparison.Ordinal) || oracle.Contains("rust", StringComparison.Ordinal);
        int compared = 0;
        var wrong = new List<string>();
        foreach (OracleRun run in Oracle.Read(oracle))
        {
            ulong origin = run.Section is null ? 0 : elf.FindSection(run.Section)!.Address;
            // Other wrappings of the same code: the ends of each run are enough.
            ulong step = file == oracle || run.End - run.Start < 2 ? 1 : run.End - run.Start - 1;
            for (ulong address = run.Start; address < run.End; address += step)
            {
                compared++;
                IReadOnlyList<CodeFrame> found = [.. dwarf.Find(origin + address).Frames.Select(AsBuiltInGtpsim)];
                if (Difference(run, found, isMangled) is { } difference)
                {
                    wrong.Add($"{run.Section}+0x{address:x}: {difference}");
                }
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {compared} differ:\n{string.Join('\n', wrong.Take(20))}");
        Assert.True(compared > 100, $"only {compared} addresses in the oracle");
    }

    /// <summary>The DWARF 4 variant is of the same source in a directory of another name.</summary>
    private static CodeFrame AsBuiltInGtpsim(CodeFrame frame) =>
        frame with { Path = frame.Path?.Replace("/build/gtpsim4/", "/build/gtpsim/", StringComparison.Ordinal) };

    private static ElfFile? OpenSupplementary(ElfFile elf) => ElfNotes.DebugAltLink(elf) is { } link
        ? ElfFile.Open(Path.Combine(Path.GetDirectoryName(elf.Path)!, link.FileName))
        : null;

    private static string? Difference(OracleRun run, IReadOnlyList<CodeFrame> found, bool isMangled)
    {
        if (run.IsUnknown)
        {
            return found.Count == 0 || found is [{ Line: null, Path: null }] ? null : $"expected nothing, found {Text(found)}";
        }

        if (found.Count != run.Frames.Count)
        {
            return $"expected {Text(run.Frames)}, found {Text(found)}";
        }

        for (int i = 0; i < found.Count; i++)
        {
            OracleFrame expected = run.Frames[i];
            CodeFrame frame = found[i];
            string? name = isMangled ? frame.LinkageName ?? frame.Name : frame.Name;
            bool sameName = name == expected.Function || (expected.PlainName is not null && name == expected.PlainName);
            bool samePlace = frame.Path == expected.File && frame.Line == expected.Line
                && (frame.Line is null || frame.Column == expected.Column);
            if (!sameName || !samePlace || frame.IsInlined != (i < found.Count - 1))
            {
                return $"expected {Text(run.Frames)}, found {Text(found)}";
            }
        }

        return null;
    }

    private static string Text(IEnumerable<OracleFrame> frames) =>
        string.Join(" <- ", frames.Select(f => $"{f.Function ?? "?"}@{f.File ?? "?"}:{f.Line}:{f.Column}"));

    private static string Text(IEnumerable<CodeFrame> frames) =>
        string.Join(" <- ", frames.Select(f => $"{f.LinkageName ?? f.Name ?? "?"}@{f.Path ?? "?"}:{f.Line}:{f.Column}"));
}
