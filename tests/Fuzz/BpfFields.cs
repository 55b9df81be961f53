using System.Buffers.Binary;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Fuzz;

/// <summary>A number of a BPF object: where it is in the file, and which it is of the structure it belongs to.</summary>
/// <param name="Name">The structure and the number's name there; the same for all structures of a kind.</param>
/// <param name="Offset">Bytes from the file's start.</param>
/// <param name="Size">Bytes.</param>
internal readonly record struct BpfField(string Name, int Offset, int Size);

/// <summary>Finds the numbers and strings of a sound object: 64 bits, little-endian.</summary>
internal sealed class BpfFields
{
    private readonly byte[] _bytes;
    private readonly List<BpfField> _fields = [];

    private BpfFields(byte[] bytes) => _bytes = bytes;

    /// <summary>The numbers, those of a name together.</summary>
    public IReadOnlyList<BpfField[]> Groups { get; private set; } = [];

    /// <summary>The strings of all string tables, without what ends them.</summary>
    public List<(int Offset, int Length)> Strings { get; } = [];

    /// <summary>The sections' contents.</summary>
    public List<(int Offset, int Length)> Sections { get; } = [];

    public static BpfFields Of(byte[] bytes, string path)
    {
        var found = new BpfFields(bytes);
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(bytes, path));
        int table = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(40));
        found.Add("elf", 16, 2, 2, 4, 8, 8, 8, 4, 2, 2, 2, 2, 2, 2);
        foreach (ElfSection section in elf.Sections)
        {
            found.Add("section", table + (64 * section.Index), 4, 4, 8, 8, 8, 8, 4, 4, 8, 8);
            if (section.Type is not (ElfSectionType.NoBits or ElfSectionType.Null) && section.Size > 0)
            {
                found.AddSection(section, (int)section.FileOffset, (int)section.Size);
            }
        }

        found.Groups = [.. found._fields.GroupBy(field => field.Name).Select(group => group.ToArray())];
        return found;
    }

    private void AddSection(ElfSection section, int start, int length)
    {
        const int Symbols = 2, Texts = 3, Relocations = 9;
        Sections.Add((start, length));
        switch ((int)section.Type)
        {
            case Symbols:
                AddAll("symbol", start, length, 4, 1, 1, 2, 8, 8);
                break;
            case Relocations:
                AddAll($"relocation{(section.Name.StartsWith(".rel.", StringComparison.Ordinal) ? "" : " of code")}", start, length, 8, 4, 4);
                break;
            case Texts:
                AddStrings(start, length);
                break;
            default:
                if (section.Name == ".BTF")
                {
                    AddTypes(start);
                }
                else if (section.Name == ".BTF.ext")
                {
                    AddExtension(start);
                }
                else if (section.IsCode)
                {
                    AddAll("instruction", start, length, 1, 1, 2, 4);
                }

                break;
        }
    }

    /// <summary>Documentation/bpf/btf.rst, "BTF Type and String Encoding".</summary>
    private void AddTypes(int start)
    {
        Add("types", start, 2, 1, 1, 4, 4, 4, 4, 4);
        int header = Word(start + 4);
        int at = start + header + Word(start + 8);
        int end = at + Word(start + 12);
        while (at < end)
        {
            int count = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at + 4));
            int kind = _bytes[at + 7] & 0x1f;
            Add($"type {kind}", at, 4, 2, 1, 1, 4);
            at += 12;
            (int records, int[] sizes) = kind switch
            {
                1 => (1, [1, 1, 1, 1]),
                3 => (1, [4, 4, 4]),
                4 or 5 => (count, [4, 4, 4]),
                6 or 13 => (count, [4, 4]),
                14 or 17 => (1, [4]),
                15 or 19 => (count, [4, 4, 4]),
                _ => (0, (int[])[]),
            };
            for (int i = 0; i < records; i++)
            {
                Add($"part of type {kind}", at, sizes);
                at += sizes.Sum();
            }
        }

        AddStrings(start + header + Word(start + 16), Word(start + 20));
    }

    private void AddExtension(int start)
    {
        Add("extension", start, 2, 1, 1, 4, 4, 4, 4, 4, 4, 4);
        int header = Word(start + 4);
        for (int part = 8; part + 8 <= header; part += 8)
        {
            int at = start + header + Word(start + part);
            int end = at + Word(start + part + 4);
            if (at == end)
            {
                continue;
            }

            int size = Word(at);
            Add("size of a record", at, 4);
            for (at += 4; at < end;)
            {
                int count = Word(at + 4);
                Add("records of a section", at, 4, 4);
                at += 8;
                for (int i = 0; i < count; i++, at += size)
                {
                    Add($"record {part}", at, [.. Enumerable.Repeat(4, size / 4)]);
                }
            }
        }
    }

    private void AddStrings(int start, int length)
    {
        for (int at = start; at < start + length;)
        {
            int end = _bytes.AsSpan(at, start + length - at).IndexOf((byte)0);
            if (end < 0)
            {
                break;
            }

            if (end > 0)
            {
                Strings.Add((at, end));
            }

            at += end + 1;
        }
    }

    private void AddAll(string name, int start, int length, params int[] sizes)
    {
        for (int at = start; at + sizes.Sum() <= start + length; at += sizes.Sum())
        {
            Add(name, at, sizes);
        }
    }

    private void Add(string name, int at, params int[] sizes)
    {
        for (int i = 0; i < sizes.Length; at += sizes[i++])
        {
            _fields.Add(new($"{name} {i}", at, sizes[i]));
        }
    }

    private int Word(int at) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at));
}
