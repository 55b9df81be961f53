using KernelDebug.Btf;
using KernelDebug.IO;

namespace KernelDebug.BtfEncoding;

/// <summary>Writes BTF (Documentation/bpf/btf.rst), little-endian: types in order of their ids, then the strings, each once.</summary>
/// <param name="baseFile">What ids and strings continue; null for types that stand alone.</param>
internal sealed class BtfWriter(BtfFile? baseFile)
{
    private const int MaxElements = ushort.MaxValue;
    private readonly ByteBuffer _types = new();
    private readonly StringTable _strings = baseFile is null ? new() : new(baseFile.StringEnd);

    /// <summary>The id the first type gets.</summary>
    public uint FirstId { get; } = baseFile?.EndId ?? 1;

    /// <summary>The id the next type gets.</summary>
    public uint NextId => FirstId + (uint)Count;

    /// <summary>Types written.</summary>
    public int Count { get; private set; }

    /// <summary>BTF_KIND_INT of whole bytes; its encoding is BTF_INT_SIGNED 1, BTF_INT_CHAR 2, BTF_INT_BOOL 4.</summary>
    public uint AddInt(string? name, uint byteSize, uint encoding)
    {
        uint id = Begin(BtfKind.Int, name, 0, byteSize);
        _types.WriteUInt32((encoding << 24) | (byteSize * 8));
        return id;
    }

    /// <summary>BTF_KIND_FLOAT.</summary>
    public uint AddFloat(string? name, uint byteSize) => Begin(BtfKind.Float, name, 0, byteSize);

    /// <summary>A kind that is a name and another type: pointer, typedef, qualifier, or (of a prototype) function.</summary>
    public uint AddReference(BtfKind kind, string? name, uint target) => Begin(kind, name, 0, target);

    /// <summary>BTF_KIND_FWD.</summary>
    public uint AddForward(string? name, bool isUnion) => Begin(BtfKind.Forward, name, 0, 0, isUnion);

    /// <summary>BTF_KIND_ARRAY.</summary>
    public uint AddArray(uint element, uint index, uint count)
    {
        uint id = Begin(BtfKind.Array, null, 0, 0);
        _types.WriteUInt32(element);
        _types.WriteUInt32(index);
        _types.WriteUInt32(count);
        return id;
    }

    /// <summary>BTF_KIND_STRUCT or BTF_KIND_UNION; with a bit field among the members all have their bit size in the offset's high byte.</summary>
    public uint AddStruct(string? name, bool isUnion, uint byteSize, IReadOnlyList<WrittenMember> members)
    {
        bool hasBitFields = members.Any(member => member.BitSize != 0 || member.BitOffset % 8 != 0);
        uint id = Begin(isUnion ? BtfKind.Union : BtfKind.Struct, name, members.Count, byteSize, hasBitFields);
        foreach (WrittenMember member in members)
        {
            _types.WriteUInt32(Intern(member.Name));
            _types.WriteUInt32(member.Type);
            _types.WriteUInt32((member.BitSize << 24) | member.BitOffset);
        }

        return id;
    }

    /// <summary>BTF_KIND_ENUM, or BTF_KIND_ENUM64 for more than four bytes; the kind flag says that values are signed.</summary>
    public uint AddEnum(string? name, uint byteSize, bool isSigned, IReadOnlyList<(string? Name, ulong Value)> values)
    {
        bool isWide = byteSize > 4;
        uint id = Begin(isWide ? BtfKind.Enum64 : BtfKind.Enum, name, values.Count, byteSize, isSigned);
        foreach ((string? valueName, ulong value) in values)
        {
            _types.WriteUInt32(Intern(valueName));
            _types.WriteUInt32((uint)value);
            if (isWide)
            {
                _types.WriteUInt32((uint)(value >> 32));
            }
        }

        return id;
    }

    /// <summary>BTF_KIND_FUNC_PROTO; a last parameter without name and type stands for <c>...</c>.</summary>
    public uint AddPrototype(uint returnType, IReadOnlyList<(string? Name, uint Type)> parameters)
    {
        uint id = Begin(BtfKind.FunctionPrototype, null, parameters.Count, returnType);
        foreach ((string? name, uint type) in parameters)
        {
            _types.WriteUInt32(Intern(name));
            _types.WriteUInt32(type);
        }

        return id;
    }

    /// <summary>BTF_KIND_VAR.</summary>
    public uint AddVariable(string name, uint type, bool isGlobal)
    {
        uint id = Begin(BtfKind.Variable, name, 0, type);
        _types.WriteUInt32(isGlobal ? 1u : 0u);
        return id;
    }

    /// <summary>BTF_KIND_DATASEC; entries by rising offset.</summary>
    public uint AddDataSection(string name, IReadOnlyList<WrittenPlace> entries)
    {
        uint id = Begin(BtfKind.DataSection, name, entries.Count, entries.Count == 0 ? 0 : entries[^1].Offset + entries[^1].Size);
        foreach (WrittenPlace entry in entries)
        {
            _types.WriteUInt32(entry.Variable);
            _types.WriteUInt32(entry.Offset);
            _types.WriteUInt32(entry.Size);
        }

        return id;
    }

    /// <summary>Header, types and strings.</summary>
    public byte[] ToArray()
    {
        var header = new ByteBuffer();
        header.WriteUInt16(BtfWire.Magic);
        header.WriteByte(BtfWire.Version);
        header.WriteByte(0);
        header.WriteUInt32(BtfWire.HeaderSize);
        header.WriteUInt32(0);
        header.WriteUInt32((uint)_types.Length);
        header.WriteUInt32((uint)_types.Length);
        header.WriteUInt32((uint)_strings.Bytes.Length);
        return [.. header.Span, .. _types.Span, .. _strings.Bytes];
    }

    private uint Begin(BtfKind kind, string? name, int elements, uint sizeOrType, bool kindFlag = false)
    {
        if (elements > MaxElements)
        {
            throw new InvalidDataException($"{name} has {elements} elements; BTF holds at most {MaxElements}");
        }

        uint offset = Intern(name);
        _types.WriteUInt32(offset);
        _types.WriteUInt32((kindFlag ? 1u << 31 : 0) | ((uint)kind << 24) | (uint)elements);
        _types.WriteUInt32(sizeOrType);
        uint id = NextId;
        Count++;
        return id;
    }

    private uint Intern(string? text) => _strings.Add(text ?? "");
}

/// <summary>A member to be written.</summary>
/// <param name="Name">null for one without.</param>
/// <param name="Type">The type's id.</param>
/// <param name="BitOffset">Bits from the structure's start; below 2^24 in a structure with bit fields.</param>
/// <param name="BitSize">Bits of a bit field; 0 for another member.</param>
internal sealed record WrittenMember(string? Name, uint Type, uint BitOffset, uint BitSize);

/// <summary>A variable's place in a section, to be written.</summary>
/// <param name="Variable">The variable's id.</param>
/// <param name="Offset">Bytes from the section's start.</param>
/// <param name="Size">Bytes.</param>
internal sealed record WrittenPlace(uint Variable, uint Offset, uint Size);
