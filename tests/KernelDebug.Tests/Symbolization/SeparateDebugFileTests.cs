using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>A stripped file is opened, and its debug information found in the places where it may be, and only there.</summary>
public class SeparateDebugFileTests
{
    private readonly List<string> _told = [];

    private KernelObject Open(string file, params string[] roots) =>
        new DebugFileLoader([.. roots.Select(FixtureFiles.Path)], _told.Add).Open(FixtureFiles.Path(file));

    [Theory]
    [InlineData("elf/separate/beside/prog", null)]
    [InlineData("elf/separate/sub/prog", null)]
    [InlineData("elf/separate/by-id/prog", "elf/separate/by-id")]
    public void DebugFile_IsFoundAndAnswers(string file, string? root)
    {
        using KernelObject opened = Open(file, root is null ? [] : [root]);
        OracleRun inlined = Oracle.Read("dwarf/gcc-dwarf5").First(run => run.Frames.Count == 4);

        IReadOnlyList<CodeFrame> frames = opened.Find(inlined.Start).Frames;

        Assert.Equal(inlined.Frames.Select(f => f.Function), frames.Select(f => f.Name));
        Assert.NotEmpty(opened.Symbols.FindCode("sched_pick"));
    }

    [Fact]
    public void DebugFileWithAnotherChecksum_IsPassedOverAndToldOf()
    {
        using KernelObject opened = Open("elf/separate/wrong/prog");

        Assert.False(opened.HasDebugInfo);
        Assert.Contains(_told, line => line.Contains("CRC", StringComparison.Ordinal));
    }

    [Fact]
    public void DebugFileUnderAnotherBuildId_IsPassedOver()
    {
        string root = Directory.CreateTempSubdirectory("debug-root-").FullName;
        try
        {
            string stripped = FixtureFiles.Path("elf/separate/by-id/prog");
            using ElfFile elf = ElfFile.Open(stripped);
            string id = ElfNotes.BuildId(elf)!;
            string place = Path.Combine(root, ".build-id", id[..2]);
            Directory.CreateDirectory(place);
            File.Copy(FixtureFiles.Path("elf/separate/wrong/prog.debug"), Path.Combine(place, id[2..] + ".debug"));

            using KernelObject opened = new DebugFileLoader([root], _told.Add).Open(stripped);

            Assert.False(opened.HasDebugInfo);
            Assert.Contains(_told, line => line.Contains("another build-id", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void ReleaseOfAStrippedModule_IsStillKnown()
    {
        // objcopy --only-keep-debug leaves .modinfo without its bytes.
        string directory = Directory.CreateTempSubdirectory("debug-link-").FullName;
        try
        {
            var debug = new ElfBuilder(type: 1);
            debug.Add(".modinfo", [], type: 8, flags: 2, size: 32);
            byte[] separate = new DwarfBuilder().AddFunction("f", 0x1000, 0x10).End().Build(debug);
            File.WriteAllBytes(Path.Combine(directory, "a.ko.debug"), separate);
            var stripped = new ElfBuilder(type: 1);
            stripped.Add(".modinfo", new ByteWriter().Text("license=GPL").Text("vermagic=6.1.0-7-amd64 SMP preempt").ToArray(), flags: 2);
            ByteWriter link = new ByteWriter().Text("a.ko.debug").U8(0);
            stripped.Add(".gnu_debuglink", link.U32(Crc32.Update(0, separate)).ToArray());
            string module = Path.Combine(directory, "a.ko");
            File.WriteAllBytes(module, stripped.Build());

            using KernelObject opened = new DebugFileLoader([], _told.Add).Open(module);

            Assert.True(opened.HasDebugInfo);
            Assert.Equal("6.1.0-7-amd64", opened.Release);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void CommonFileOfDwz_IsFoundBeside(int version)
    {
        using KernelObject opened = Open($"dwarf/dwz-dwarf{version}-alt");
        OracleRun inlined = Oracle.Read($"dwarf/dwz-dwarf{version}-alt").First(run => run.Frames.Count == 4);

        Assert.Equal(inlined.Frames.Select(f => f.Function), opened.Find(inlined.Start).Frames.Select(f => f.Name));
    }
}
