using KernelDebug.Fuzz;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Dwarf;

/// <summary>
/// The quick part of tests/Fuzz: nothing but <see cref="BinaryFormatException"/> may come out of a damaged file, soon and in
/// little memory.
/// </summary>
public class DamagedFixtureTests
{
    [Theory]
    [InlineData("dwarf/gcc-dwarf5-g1")]
    [InlineData("dwarf/clang19-dwarf5-line-tables")]
    [InlineData("dwarf/gxx-dwarf4")]
    [InlineData("elf/i386-zlib.o")]
    [InlineData("elf/separate/beside/prog")]
    public void CutAtEveryByte(string fixture)
    {
        ObjectFile file = ObjectFile.Open(FixtureFiles.Path(fixture));
        for (int length = 0; length < file.Bytes.Length; length++)
        {
            _ = file.Ask(file.Bytes[..length], new Random(length));
        }
    }

    /// <summary>The headers stay whole, so that every cut of a debug section is seen by its own parser.</summary>
    [Theory]
    [InlineData("dwarf/gcc-dwarf3")]
    [InlineData("dwarf/gcc-dwarf5")]
    [InlineData("dwarf/clang19-dwarf5")]
    [InlineData("dwarf/clangxx19-dwarf4")]
    [InlineData("dwarf/dwz-dwarf5")]
    [InlineData("elf/riscv64-dwarf5.o")]
    public void DebugSectionCutAtEveryByte(string fixture)
    {
        ObjectFile file = ObjectFile.Open(FixtureFiles.Path(fixture));
        foreach ((int start, int length) in file.Units)
        {
            int sizeField = SizeFieldOf(file.Bytes, start, length);
            for (int cut = 0; cut < length; cut++)
            {
                byte[] damaged = (byte[])file.Bytes.Clone();
                BitConverter.TryWriteBytes(damaged.AsSpan(sizeField), (long)cut);
                _ = file.Ask(damaged, new Random(cut));
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TenThousandTimesDamaged(bool units)
    {
        ObjectFile[] files = [.. Corpus.Files().Select(ObjectFile.Open)];
        int answered = 0;
        for (int seed = 0; seed < 10_000; seed++)
        {
            var random = new Random(seed);
            ObjectFile file = files[random.Next(files.Length)];
            byte[] damaged = Mutator.Mutate(file.Bytes, units && file.Units.Count > 0 ? file.Units : file.Headers, random, mayCut: !units);
            Hostile.Survive(() => answered += file.Ask(damaged, random));
        }

        Assert.InRange(answered, 30_000, 90_000);
    }

    [Fact]
    public void PackedModuleCutAtEveryByteAndDamaged()
    {
        foreach (PackedFile file in Corpus.PackedFiles().Select(path => new PackedFile(path)))
        {
            for (int length = 0; length < file.Bytes.Length; length += 7)
            {
                Assert.True(file.Ask(file.Bytes[..length], new Random(0)) == 0, $"{file.Name} cut at {length}");
            }

            for (int seed = 0; seed < 500; seed++)
            {
                byte[] damaged = Mutator.Mutate(file.Bytes, [(0, file.Bytes.Length)], new Random(seed), mayCut: false);
                Hostile.Survive(() => file.Ask(damaged, new Random(seed)));
            }
        }
    }

    private static int SizeFieldOf(byte[] elf, int start, int length)
    {
        int table = (int)BitConverter.ToInt64(elf, 40);
        for (int at = table; at < elf.Length; at += 64)
        {
            if (BitConverter.ToInt64(elf, at + 24) == start && BitConverter.ToInt64(elf, at + 32) == length)
            {
                return at + 32;
            }
        }

        throw new InvalidOperationException("no such section");
    }
}
