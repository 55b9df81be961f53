using KernelDebug.Demangling;
using KernelDebug.Elf;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>
/// A bundle of every fixture against what llvm-symbolizer, binutils, gimli and elfutils agree on, and at each byte of code against the DWARF
/// it was made from.
/// </summary>
public sealed class BundleAnswerTests : IDisposable
{
    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    public static TheoryData<string> Fixtures => [.. FixtureFiles.WithOracle("dwarf").Concat(FixtureFiles.WithOracle("elf")).Append("gtpsim/gtpsim.ko")];

    [Theory, MemberData(nameof(Fixtures))]
    public void A_bundle_has_the_frames_the_tools_agree_on(string fixture)
    {
        string path = fixture == "gtpsim/gtpsim.ko" ? DecodedLog.SampleModule : FixtureFiles.Path(fixture);
        string bundle;
        try
        {
            bundle = TinyBundle.Of(_tree, "x.gsym", path);
        }
        catch (InvalidDataException split) when (split.Message.Contains(".dwo", StringComparison.Ordinal))
        {
            // Lines without their inlined calls would be taken for the whole answer.
            Assert.Contains("split", fixture, StringComparison.Ordinal);
            return;
        }

        using KernelObject dwarf = TinyBundle.Open(path);
        bool isModule = dwarf.Elf.Type == ElfType.Relocatable;
        SymbolBundle opened = SymbolBundle.Open(bundle);
        using KernelObject bundled = (isModule ? opened.OpenModule(Path.GetFileName(path).Split('.')[0]) : opened.OpenVmlinux())!;
        Assert.Equal((dwarf.BuildId, dwarf.Release), (bundled.BuildId, bundled.Release));
        int compared = EveryByte(dwarf, bundled);
        foreach (OracleRun run in Oracle.Read(fixture))
        {
            ElfSection? section = run.Section is null ? null : bundled.Elf.FindSection(run.Section);
            ulong origin = run.Section is null ? 0 : section!.Address;
            foreach (ulong address in (ulong[])[run.Start, run.End - 1])
            {
                if (bundled.Symbols.ByAddress.At(origin + address) is not [var symbol, ..] || (section is not null && !section.Contains(symbol.Address)))
                {
                    // No symbol leads there: PowerPC's first ABI has those of functions among its data.
                    continue;
                }

                CodeFrame[] found = [.. bundled.Find(origin + address).Frames];
                if (run.IsUnknown || found.Length == 0)
                {
                    Assert.True(run.IsUnknown || run.Frames is [{ File: null }], $"0x{address:x} is not in the bundle");
                    Assert.DoesNotContain(found, frame => frame.Path is not null);
                    continue;
                }

                Assert.Equal(run.Frames.Select(f => $"{f.File}:{f.Line}"), found.Select(f => $"{f.Path}:{f.Line}"));
                Assert.All(found.Zip(run.Frames), pair => Assert.True(
                    pair.First.Name is null || pair.Second.Function is null || pair.First.Name == pair.Second.Function || pair.First.Name == pair.Second.PlainName || IsPlainOf(pair.First.Name, pair.Second.Function),
                    $"0x{address:x}: expected {pair.Second.Function}, have {pair.First.Name}"));
                compared++;
            }
        }

        Assert.True(compared > 100 || dwarf.Symbols.ByAddress.Count == 0, $"only {compared} addresses were compared");
    }

    [Fact]
    public void What_symbols_say_is_what_the_file_says()
    {
        using KernelObject module = TinyBundle.Open(DecodedLog.SampleModule);
        using KernelObject bundled = SymbolBundle.Open(TinyBundle.Of(_tree, "x.gsym", DecodedLog.SampleModule)).OpenModule("gtpsim")!;

        Assert.Equal(All(module), All(bundled));
        Assert.Equal("gtpsim", bundled.ModuleName);

        static IEnumerable<(string, ulong, string, byte, ulong)> All(KernelObject file) => Enumerable.Range(0, file.Symbols.ByAddress.Count)
            .Select(i => file.Symbols.ByAddress[i])
            .Select(s => (file.Symbols.NameOf(s), s.Address - file.Elf.Sections[s.SectionIndex].Address, file.Elf.Sections[s.SectionIndex].Name, s.Info, SymbolMatcher.SizeOf(file.Elf, s)));
    }

    private static int EveryByte(KernelObject dwarf, KernelObject bundled)
    {
        ElfSection[] theirs = [.. dwarf.Elf.Sections.Where(s => s.IsCode && s.Size > 0).OrderBy(s => s.Address)];
        ElfSection[] ours = [.. bundled.Elf.Sections.Where(s => s.IsCode && s.Size > 0).OrderBy(s => s.Address)];
        Assert.Equal(theirs.Select(s => (s.Name, s.Size)), ours.Select(s => (s.Name, s.Size)));
        int compared = 0;
        for (int i = 0; i < theirs.Length; i++)
        {
            for (ulong offset = 0; offset < theirs[i].Size; offset++)
            {
                // Before its first symbol a section's code has no name to be looked up by.
                if (dwarf.Symbols.ByAddress.At(theirs[i].Address + offset) is [var symbol, ..] && theirs[i].Contains(symbol.Address))
                {
                    string name = dwarf.Symbols.NameOf(symbol);
                    string expected = Text(dwarf.Find(theirs[i].Address + offset), name);
                    string actual = Text(bundled.Find(ours[i].Address + offset), name);
                    Assert.True(expected == actual, $"{theirs[i].Name}+0x{offset:x}: expected {expected}, have {actual}");
                    compared++;
                }
            }
        }

        return compared;
    }

    /// <summary>As the symbolizer shows frames: where the debug information names no function, by the symbol.</summary>
    private static string Text(CodeLookup found, string symbol) => string.Join(" <- ", found.Frames.Select(f =>
        $"{Shown(f.LinkageName) ?? f.Name ?? Shown(symbol) ?? symbol} {f.Path}:{f.Line} {f.IsInlined}"));

    private static string? Shown(string? name) => name is null ? null : Demangler.TryDemangle(name);

    private static bool IsPlainOf(string name, string? mangled) => mangled is not null && (Shown(mangled) ?? mangled).Contains(name, StringComparison.Ordinal);
}
