using KernelDebug.Btf;
using KernelDebug.BtfEncoding;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.BtfEncoding;

/// <summary>What is made of DWARF is what pahole makes of it, type by type; and damaged DWARF ends in the documented way.</summary>
public sealed class PaholeTests
{
    [Theory]
    [InlineData("first.o", "first.btf", null)]
    [InlineData("old.o", "old.btf", null)]
    [InlineData("second.o", "alone.btf", null)]
    [InlineData("second.o", "second.btf", "first.btf")]
    public void The_types_are_paholes(string input, string oracle, string? basis)
    {
        using BtfFile? baseFile = basis is null ? null : BtfFile.Open(Fixture(basis));
        using ElfFile elf = ElfFile.Open(Fixture(input));
        EncodedBtf encoded = BtfEncoder.Encode(elf, baseFile, stop: TestContext.Current.CancellationToken);
        using BtfFile actual = BtfFile.Read(ByteSource.FromArray(encoded.Bytes, input), baseFile);
        using BtfFile expected = BtfFile.Open(Fixture(oracle), baseFile);
        Assert.Equal(DescribedTypes.Of(expected), DescribedTypes.Of(actual));
        Assert.Equal(expected.Count, encoded.TypeCount);
    }

    [Fact]
    public void A_section_is_added_and_replaced_and_nothing_else_changes()
    {
        byte[] before = File.ReadAllBytes(Fixture("second.o"));
        byte[] first = File.ReadAllBytes(Fixture("alone.btf"));
        byte[] other = File.ReadAllBytes(Fixture("first.btf"));
        byte[] added = Write(before, first);
        CheckSections(before, added, first);
        byte[] replaced = Write(added, other);
        CheckSections(before, replaced, other);
        Assert.Equal(added[..40], replaced[..40]);
    }

    [Fact]
    public void A_signature_is_seen_and_left_out()
    {
        byte[] module = File.ReadAllBytes(Fixture("second.o"));
        byte[] signed = [.. module, .. new byte[77], .. new byte[8], 0, 0, 0, 77, .. "~Module signature appended~\n"u8];
        Assert.True(BtfSectionWriter.IsSigned(signed));
        Assert.False(BtfSectionWriter.IsSigned(module));
        Assert.Equal(module, BtfSectionWriter.WithoutSignature(signed).ToArray());
        signed[^32] = 0x7f;
        Assert.Throws<InvalidDataException>(() => BtfSectionWriter.WithoutSignature(signed).Length);
    }

    [Fact]
    public void Damaged_debug_information_ends_with_an_error_or_with_types()
    {
        byte[] sound = File.ReadAllBytes(Fixture("first.o"));
        var random = new Random(7);
        int refused = 0;
        for (int round = 0; round < 2000; round++)
        {
            byte[] damaged = (byte[])sound.Clone();
            for (int i = 0; i < 4; i++)
            {
                damaged[random.Next(64, damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                using ElfFile elf = ElfFile.Read(ByteSource.FromArray(damaged, "damaged"));
                (byte[] types, _, _, _) = DwarfConverter.Convert(elf, null, _ => { }, CancellationToken.None);
                using BtfFile read = BtfFile.Read(ByteSource.FromArray(types, "types"));
                Assert.NotEmpty(read.Types);
            }
            catch (Exception e) when (e is BinaryFormatException or InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 1999);
    }

    /// <summary>Two lists of structures that each point to the next, which libbpf compares by following them to their ends.</summary>
    [Fact]
    public void A_long_way_from_type_to_type_has_its_room()
    {
        const int Structure = 9, Member = 10, Pointer = 11, Length = 100_000;
        var dwarf = new DwarfBuilder();
        dwarf.Abbreviations = new ByteWriter().Raw(dwarf.Abbreviations.ToArray()[..^1])
            .Uleb(Structure, 0x13).U8(1).Uleb(0x03, 0x08, 0x0b, 0x0b, 0, 0)
            .Uleb(Member, 0x0d).U8(0).Uleb(0x03, 0x08, 0x49, 0x13, 0x38, 0x0b, 0, 0)
            .Uleb(Pointer, 0x0f).U8(0).Uleb(0x0b, 0x0b, 0x49, 0x13, 0, 0)
            .U8(0);
        for (int list = 0; list < 2; list++)
        {
            for (int i = 0; i < Length; i++)
            {
                // Each structure, its only member, the pointer that is the member's type.
                dwarf.Entries.Uleb(Structure).Text($"s{i}").U8(8).Uleb(Member).Text("p");
                ulong pointer = (ulong)(dwarf.FirstEntry + dwarf.Entries.Length + 6);
                dwarf.Entries.U32(pointer).U8(0, 0).Uleb(Pointer).U8(8).U32(i == Length - 1 ? (ulong)dwarf.FirstEntry : pointer + 6);
            }
        }

        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(dwarf.Build(), "long"));
        Assert.Equal((2 * Length) + 1, BtfEncoder.Encode(elf, null, stop: TestContext.Current.CancellationToken).TypeCount);
    }

    private static string Fixture(string name) => FixtureFiles.Path("btfencoding/" + name);

    private static byte[] Write(byte[] file, byte[] types)
    {
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(file, "file"));
        return BtfSectionWriter.Write(file, elf, types);
    }

    private static void CheckSections(byte[] before, byte[] after, byte[] types)
    {
        using ElfFile old = ElfFile.Read(ByteSource.FromArray(before, "before"));
        using ElfFile changed = ElfFile.Read(ByteSource.FromArray(after, "after"));
        Assert.Equal(old.Sections.Count + 1, changed.Sections.Count);
        Assert.Equal(types, changed.Contents(changed.FindSection(".BTF")!).Span.ToArray());
        foreach ((ElfSection one, ElfSection same) in old.Sections.Zip(changed.Sections).Where(pair => pair.First.Name != ".shstrtab"))
        {
            Assert.Equal(one with { Address = 0 }, same with { Address = 0 });
            Assert.Equal(old.Contents(one).Span.ToArray(), changed.Contents(same).Span.ToArray());
        }
    }
}
