using System.Globalization;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Elf;

/// <summary>Files past the limits of 16-bit section indexes and 32-bit offsets.</summary>
public class LargeElfTests
{
    [Fact]
    public void MoreSectionsThanFit16Bits_AreRead()
    {
        const int Count = 70_000;
        var elf = new ElfBuilder(type: 1);
        for (int i = 1; i <= Count; i++)
        {
            elf.Add(string.Create(CultureInfo.InvariantCulture, $".text.f{i}"), [0x90], flags: 6);
        }

        elf.AddSymbol("low", 0, 1, 5);
        elf.AddSymbol("reserved", 0, 1, 0xff05);
        elf.AddSymbol("high", 0, 1, Count);
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, elf.Build());
            using ElfFile file = ElfFile.Open(path);

            Assert.Equal(Count, file.Sections.Count(s => s.IsCode));
            Assert.Equal(".text.f5", SectionOf(file, "low"));
            Assert.Equal(".text.f65285", SectionOf(file, "reserved"));
            Assert.Equal(".text.f70000", SectionOf(file, "high"));
            Assert.Equal(Count, file.Sections.Where(s => s.IsCode).Select(s => s.Address).Distinct().Count());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void SectionHeadersBeyond4GiB_AreRead()
    {
        var apart = new ElfBuilder();
        apart.AddCode(".text", 0x1000, 0x10);
        apart.AddSymbol("main", 0x1000, 0x10, 1);
        (byte[] start, byte[] table) = apart.BuildParts(gap: 5L << 30);
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream stream = File.OpenWrite(path))
            {
                stream.Write(start);
                stream.Seek(apart.TableOffset, SeekOrigin.Begin);
                stream.Write(table);
            }

            using ElfFile file = ElfFile.Open(path);

            ElfSymbol main = Assert.Single(file.Symbols.FindCode("main"));
            Assert.Equal(0x1000UL, main.Address);
            Assert.Empty(new DwarfFile(file).Find(0x1000).Frames);
        }
        catch (IOException full)
        {
            Assert.Skip($"the file system takes no sparse file of 5 GiB: {full.Message}");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string SectionOf(ElfFile file, string symbol) => file.Sections[Assert.Single(file.Symbols.FindCode(symbol)).SectionIndex].Name;
}
