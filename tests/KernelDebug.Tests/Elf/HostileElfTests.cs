using System.IO.Compression;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Elf;

/// <summary>Headers, tables and compressed sections made to lead the reader out of its bytes or to exhaust memory.</summary>
public class HostileElfTests
{
    private const int EntrySizeAt = 58;
    private const int CountAt = 60;
    private const int NamesAt = 62;
    private const int TableOffsetAt = 40;

    private static byte[] Sound() => new DwarfBuilder().AddFunction("main", 0x1000, 0x100).End().Build(Symbols());

    private static ElfBuilder Symbols()
    {
        var elf = new ElfBuilder();
        elf.AddSymbol("main", 0x1000, 0x100, 1);
        return elf;
    }

    private static byte[] With(int at, ulong value, int size)
    {
        byte[] file = Sound();
        Put(file, at, value, size);
        return file;
    }

    private static void Put(byte[] file, int at, ulong value, int size)
    {
        for (int i = 0; i < size; i++)
        {
            file[at + i] = (byte)(value >> (8 * i));
        }
    }

    [Fact]
    public void TheFileTheseTestsDamage_IsSound() => Assert.Equal("main", Assert.Single(Hostile.Find(Sound())!.Frames).Name);

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(63UL)]
    public void SectionHeaderSizeTooSmall_IsRefused(ulong size) => Hostile.Refused(With(EntrySizeAt, size, 2), "section headers of at least 64 bytes");

    [Theory]
    [InlineData(1UL << 32)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 24)]
    public void SectionCountBeyondTheFile_IsRefused(ulong count)
    {
        // e_shnum 0: the count is the first header's sh_size.
        byte[] file = With(CountAt, 0, 2);
        Put(file, (int)BitConverter.ToInt64(file, TableOffsetAt) + 32, count, 8);

        Hostile.Refused(file, "section headers");
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 62)]
    [InlineData(0x8000_0000_0000_0000UL)]
    public void SectionHeadersBeyondTheFile_AreRefused(ulong offset) => Hostile.Refused(With(TableOffsetAt, offset, 8), "section headers");

    [Fact]
    public void NameTableThatDoesNotExist_IsRefused() => Hostile.Refused(With(NamesAt, 0xfeff, 2), "e_shstrndx");

    [Fact]
    public void NamesWithoutEnd_AreRefused()
    {
        var elf = new ElfBuilder();
        elf.AddCode(".text", 0x1000, 16);
        byte[] file = elf.Build();
        // The name table is the last section: its strings lose their NULs.
        int end = (int)elf.TableOffset;
        for (int i = end - 1; file[i] != 0x7f && i > end - 18; i--)
        {
            file[i] = (byte)'x';
        }

        Hostile.Refused(file, "ending in NUL");
    }

    [Fact]
    public void OverlappingSections_AreRead()
    {
        byte[] file = Sound();
        int table = (int)BitConverter.ToInt64(file, TableOffsetAt);
        int count = BitConverter.ToUInt16(file, CountAt);
        int names = BitConverter.ToUInt16(file, NamesAt);
        for (int i = 1; i < count; i++)
        {
            if (i != names)
            {
                Put(file, table + 64 * i + 24, 0, 8);
                Put(file, table + 64 * i + 32, (ulong)file.Length, 8);
            }
        }

        Hostile.Survive(() => Hostile.Find(file));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    public void CompressedSectionThatClaimsAnExabyte_IsRefused(uint kind) =>
        Hostile.Refused(Compressed(kind, 1UL << 60, new byte[64]), "ratio");

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    public void CompressedSectionThatClaimsFarMoreThanItHas_TakesLittleMemory(uint kind) =>
        Hostile.Survive(() => Hostile.Refused(Compressed(kind, 1UL << 30, new byte[40_000]), ".debug_abbrev"));

    [Fact]
    public void CompressedSectionOfAnUnknownKind_IsRefused() => Hostile.Refused(Compressed(3, 100, new byte[64]), "ELFCOMPRESS");

    [Theory]
    [InlineData(99UL)]
    [InlineData(101UL)]
    public void CompressedSectionOfAnotherLengthThanStated_IsRefused(ulong stated) =>
        Hostile.Refused(Compressed(1, stated, Zlib(new byte[100])), $"expected {stated} bytes");

    [Fact]
    public void ZlibThatAsksForADictionary_IsRefused() =>
        Hostile.Refused(Compressed(1, 100, [0x78, 0x20, 1, 2, 3, 4, .. new byte[60]]), "expected Zlib data");

    [Fact]
    public void GzipCutShort_IsRefused()
    {
        byte[] whole = File.ReadAllBytes(FixtureFiles.Path("elf/x86_64-dwarf5.o.gz"));
        var cut = new ByteSlice(ByteSource.FromArray(whole[..^100], "cut.ko.gz"), "file", false);

        Assert.Throws<BinaryFormatException>(() => Decompression.Decompress(cut, CompressionKind.Gzip, null));
    }

    [Fact]
    public void GzipBomb_IsRefusedAtTheCap()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("KERNELDEBUG_LONG_TESTS") == "1", "KERNELDEBUG_LONG_TESTS=1 runs it: it takes 2 GB of memory");
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            byte[] zeros = new byte[1 << 20];
            for (long written = 0; written <= ParserLimits.MaxDecompressedBytes; written += zeros.Length)
            {
                gzip.Write(zeros);
            }
        }

        var whole = new ByteSlice(ByteSource.FromArray(packed.ToArray(), "bomb.ko.gz"), "file", false);

        Assert.Throws<BinaryFormatException>(() => Decompression.Decompress(whole, CompressionKind.Gzip, null));
    }

    [Fact]
    public void SymbolNameOutsideItsTable_IsRefused()
    {
        byte[] file = Sound();
        using ElfFile sound = ElfFile.Read(ByteSource.FromArray(file, "sound"));
        int symbols = (int)sound.Sections.Single(s => s.Type == ElfSectionType.SymbolTable).FileOffset;
        Put(file, symbols + 24, 0x7fff_ffff, 4);

        Hostile.Refused(file, ".strtab");
    }

    [Fact]
    public void NoteThatRunsPastItsSection_IsRefused()
    {
        var elf = new ElfBuilder();
        elf.Add(".note.x", new ByteWriter().U32(0xffff_fff0).U32(0xffff_ffff).U32(3).Text("GNU").ToArray(), type: 7);

        Hostile.Refused(elf.Build(), ".note.x");
    }

    [Fact]
    public void RelocationOfASymbolThatDoesNotExist_IsRefused()
    {
        var elf = new ElfBuilder(type: 1);
        elf.AddSymbol("main", 0, 16, 1);
        byte[] file = new DwarfBuilder().AddFunction("main", 0x1000, 0x100).End().Build(elf);
        using ElfFile sound = ElfFile.Read(ByteSource.FromArray(file, "sound"));
        int info = sound.FindSection(".debug_info")!.Index;
        var again = new ElfBuilder(type: 1);
        again.AddSymbol("main", 0, 16, 1);
        again.Add(".rela.debug_info", new ByteWriter().U64(6).U64((0x7fff_ffffUL << 32) | 1).U64(0).ToArray(), type: 4, info: (uint)info + 1);

        Hostile.Refused(new DwarfBuilder().AddFunction("main", 0x1000, 0x100).End().Build(again), ".symtab");
    }

    private static byte[] Compressed(uint kind, ulong size, byte[] data)
    {
        var elf = new ElfBuilder();
        elf.AddCode(".text", DwarfBuilder.CodeStart, 16);
        elf.Add(".debug_info", new byte[64]);
        elf.Add(".debug_abbrev", new ByteWriter().U32(kind).U32(0).U64(size).U64(1).Raw(data).ToArray(), flags: 0x800);
        // A unit whose abbreviations are asked for.
        byte[] file = elf.Build();
        int unit = 64 + 16;
        new ByteWriter().U32(60).U16(4).U32(0).U8(8, 1).ToArray().CopyTo(file, unit);
        return file;
    }

    private static byte[] Zlib(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }
}
