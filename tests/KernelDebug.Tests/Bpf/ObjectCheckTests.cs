using System.Buffers.Binary;
using KernelDebug.Bpf;
using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Bpf;

/// <summary>Damage that crashes libbpf 1.1.2 or makes it write where it should not, each refused before libbpf sees it; the tests need no libbpf.</summary>
public class ObjectCheckTests
{
    [Theory]
    [InlineData("kinds")]
    [InlineData("operations")]
    [InlineData("syscalls")]
    [InlineData("refused")]
    public void ASoundObject_Passes(string name) => Assert.NotNull(Check(Bytes(name)));

    [Fact]
    public void AMapOfOperations_CannotBeDefined()
    {
        byte[] image = Bytes("syscalls");
        BtfArray ring = Check(image).Types.OfType<BtfArray>().First(array => array.Count == 27);
        Replace(image, [ring.TargetId, ring.IndexId, 27], [ring.TargetId, ring.IndexId, 26]);
        Assert.Contains("struct_ops", Refused(image), StringComparison.Ordinal);
    }

    [Fact]
    public void OperationsOutsideOfTheirSection_AreRefused()
    {
        // The offset in the types is 0: libbpf takes the symbol's.
        byte[] image = Bytes("operations");
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(image, "operations"));
        ElfSymbol table = Enumerable.Range(1, elf.Symbols.Count - 1).Select(i => elf.Symbols[i]).First(symbol => elf.Symbols.NameOf(symbol) == "none");
        int at = (int)elf.Sections.First(section => section.Type == ElfSectionType.SymbolTable).FileOffset + (24 * table.Index) + 8;
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), uint.MaxValue);
        Assert.Contains("at 4294967295", Refused(image), StringComparison.Ordinal);
    }

    [Fact]
    public void ABitFieldOfAPointer_IsRefused()
    {
        byte[] image = Bytes("kinds");
        BtfFile types = Check(image);
        BtfMember field = types.Types.OfType<BtfStruct>().SelectMany(type => type.Members).First(member => member.BitFieldSize > 0);
        uint bits = (uint)field.BitOffset | ((uint)field.BitFieldSize << 24);
        Replace(image, [field.TypeId, bits], [types.Types.First(type => type is BtfPointer).Id, bits]);
        Assert.Contains("bit fields", Refused(image), StringComparison.Ordinal);
    }

    [Fact]
    public void ANegativeMember_IsRefused()
    {
        byte[] image = Bytes("kinds");
        int at = image.AsSpan().IndexOf("\00:0\0"u8);
        "-1\0"u8.CopyTo(image.AsSpan(at + 1));
        Assert.Contains("have \"-1\"", Refused(image), StringComparison.Ordinal);
    }

    [Fact]
    public void HalfAConstantAtTheEnd_IsRefused()
    {
        byte[] image = Bytes("operations");
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(image, "operations"));
        ElfSection code = elf.FindSection("struct_ops/none_undo")!;
        image[(int)(code.FileOffset + code.Size) - 8] = 0x18;
        Assert.Contains("two instructions", Refused(image), StringComparison.Ordinal);
    }

    [Fact]
    public void ConfigurationOfAStructure_IsRefused()
    {
        byte[] image = Bytes("kinds");
        BtfFile types = Check(image);
        BtfVariable version = types.Find<BtfVariable>("LINUX_KERNEL_VERSION")!;
        const uint Kind = 14u << 24, Extern = 2;
        Replace(image, [Kind, version.TargetId, Extern], [Kind, types.Types.First(type => type is BtfStruct).Id, Extern]);
        Assert.Contains("configuration", Refused(image), StringComparison.Ordinal);
    }

    private static byte[] Bytes(string name) => File.ReadAllBytes(FixtureFiles.Path($"bpf/{name}.bpf.o"));

    private static BtfFile Check(byte[] image) => BpfObjectCheck.Run(ElfFile.Read(ByteSource.FromArray((byte[])image.Clone(), "object")))!;

    private static string Refused(byte[] image) => Assert.Throws<BinaryFormatException>(() => Check(image)).Message;

    private static void Replace(byte[] image, uint[] old, uint[] words)
    {
        int at = image.AsSpan().IndexOf(Words(old));
        Assert.True(at >= 0);
        Words(words).CopyTo(image.AsSpan(at));
    }

    private static byte[] Words(uint[] words) => [.. words.SelectMany(BitConverter.GetBytes)];
}
