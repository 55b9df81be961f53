using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Elf;

/// <summary>What leads from a stripped file to its debug information. The expected values are readelf's.</summary>
public class SeparateFileTests
{
    [Fact]
    public void DebugLink_HasTheNameAndTheChecksumOfTheFileBesideIt()
    {
        using ElfFile stripped = ElfFile.Open(FixtureFiles.Path("elf/separate/beside/prog"));

        (string fileName, uint crc) = ElfNotes.DebugLink(stripped)!.Value;

        Assert.Equal("prog.debug", fileName);
        Assert.Equal(crc, Crc32.OfFile(FixtureFiles.Path("elf/separate/beside/prog.debug")));
        Assert.NotEqual(crc, Crc32.OfFile(FixtureFiles.Path("elf/separate/wrong/prog.debug")));
    }

    [Fact]
    public void BuildId_NamesTheFileInTheBuildIdDirectory()
    {
        using ElfFile stripped = ElfFile.Open(FixtureFiles.Path("elf/separate/by-id/prog"));

        string id = ElfNotes.BuildId(stripped)!;

        Assert.True(File.Exists(FixtureFiles.Path($"elf/separate/by-id/.build-id/{id[..2]}/{id[2..]}.debug")), id);
        Assert.Null(ElfNotes.DebugLink(stripped));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void DebugAltLink_HasTheBuildIdOfTheCommonFile(int version)
    {
        using ElfFile file = ElfFile.Open(FixtureFiles.Path($"dwarf/dwz-dwarf{version}-alt"));
        using ElfFile common = ElfFile.Open(FixtureFiles.Path($"dwarf/dwz-dwarf{version}-alt.common"));

        (string fileName, string buildId) = ElfNotes.DebugAltLink(file)!.Value;

        Assert.Equal($"dwz-dwarf{version}-alt.common", fileName);
        Assert.Equal(ElfNotes.BuildId(common), buildId);
    }

    [Theory]
    [InlineData("../../samples/gtpsim/gtpsim.ko.xz", "c0ba1fc41e904eec58ca79917d3711d50c1b5543")]
    [InlineData("gtpsim/gtpsim-stripped.ko", "c0ba1fc41e904eec58ca79917d3711d50c1b5543")]
    [InlineData("gtpsim/gtpsim.ko.debug.xz", "c0ba1fc41e904eec58ca79917d3711d50c1b5543")]
    public void BuildIdOfAModule_IsTheSameInAllItsForms(string file, string expected)
    {
        using ElfFile elf = ElfFile.Open(FixtureFiles.Path(file));

        Assert.Equal(expected, ElfNotes.BuildId(elf));
    }

    [Fact]
    public void BuildIdOfAnotherBuild_IsAnother()
    {
        using ElfFile elf = ElfFile.Open(FixtureFiles.Path("gtpsim/gtpsim-other-build.ko.xz"));

        Assert.NotEqual("c0ba1fc41e904eec58ca79917d3711d50c1b5543", ElfNotes.BuildId(elf));
        Assert.Equal(40, ElfNotes.BuildId(elf)!.Length);
    }
}
