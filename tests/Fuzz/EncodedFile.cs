using KernelDebug.Btf;
using KernelDebug.BtfEncoding;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Fuzz;

/// <summary>A file with DWARF, to be made BTF of when it is damaged: refused, or types that read back whole.</summary>
internal sealed class EncodedFile(ObjectFile file, BtfFile? baseFile = null) : IFuzzTarget
{
    public string Name => file.Name;

    public byte[] Bytes => file.Bytes;

    public int Questions => 1;

    /// <summary>The debug sections, and now and then the headers and symbols.</summary>
    public IReadOnlyList<(int Start, int Length)> Regions { get; } = [.. file.Units, .. file.Units, .. file.Units, .. file.Headers];

    public int Ask(byte[] damaged, Random random)
    {
        try
        {
            using ElfFile elf = ElfFile.Read(ByteSource.FromArray(damaged, Name));
            EncodedBtf encoded = BtfEncoder.Encode(elf, baseFile);
            using BtfFile types = BtfFile.Read(ByteSource.FromArray(encoded.Bytes, "types"), baseFile);
            return types.Types.Sum(type => type.ToString()!.Length) >= 0 ? 1 : 0;
        }
        catch (Exception refused) when (refused is BinaryFormatException or InvalidDataException or NotSupportedException)
        {
            return 0;
        }
    }
}
