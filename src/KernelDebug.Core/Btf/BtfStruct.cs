using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>BTF_KIND_STRUCT or BTF_KIND_UNION.</summary>
public sealed class BtfStruct : BtfType
{
    private BtfLayout? _layout;

    internal BtfStruct(BtfFile file, uint id, BtfKind kind, string? name, uint byteSize, bool hasBitFields, BtfMember[] members)
        : base(file, id, kind, name)
    {
        ByteSize = byteSize;
        HasBitFieldSizes = hasBitFields;
        Members = new BtfMemberList(members);
    }

    /// <summary>Bytes.</summary>
    public uint ByteSize { get; }

    /// <summary>True for a union.</summary>
    public bool IsUnion => Kind == BtfKind.Union;

    /// <summary>True where members state their own widths (kind_flag).</summary>
    public bool HasBitFieldSizes { get; }

    /// <summary>The members in the order of the source, those of anonymous ones within them.</summary>
    public BtfMemberList Members { get; }

    /// <summary>
    /// The members with those of anonymous structures and unions in their place, as C code names them; bit offsets from this structure's start.
    /// </summary>
    /// <exception cref="BinaryFormatException">They nest deeper than <see cref="ParserLimits.MaxBtfNesting"/>, or are too many.</exception>
    public BtfMemberList FlattenedMembers
    {
        get
        {
            var flat = new List<BtfMember>();
            Flatten(this, 0, flat, 0);
            return new BtfMemberList([.. flat]);
        }
    }

    /// <inheritdoc/>
    public override ulong? Size => ByteSize;

    /// <summary>How it lies in memory: holes, padding, cache lines.</summary>
    /// <exception cref="BinaryFormatException">As <see cref="BtfLayout.Of"/>.</exception>
    public BtfLayout Layout => _layout ??= BtfLayout.Of(this);

    /// <summary>The same structure with <see cref="FlattenedMembers"/> as its members.</summary>
    /// <exception cref="BinaryFormatException">As <see cref="FlattenedMembers"/>.</exception>
    public BtfStruct Expand() => new(File, Id, Kind, Name, ByteSize, HasBitFieldSizes, [.. FlattenedMembers]);

    /// <summary>The member a name of C code means, also one of an anonymous member; null where there is none.</summary>
    /// <exception cref="BinaryFormatException">As <see cref="FlattenedMembers"/>.</exception>
    public BtfMember? FindMember(string name) => Members[name] ?? FlattenedMembers[name];

    internal override IEnumerable<uint> References() => Members.Select(member => member.TypeId);

    internal override bool AllowsReference(BtfKind kind) => kind != BtfKind.FunctionPrototype && base.AllowsReference(kind);

    private void Flatten(BtfStruct part, ulong bits, List<BtfMember> flat, int depth)
    {
        foreach (BtfMember member in part.Members)
        {
            if (member.Name is null && member.Type.Bare is BtfStruct inner)
            {
                if (depth == ParserLimits.MaxBtfNesting)
                {
                    throw Malformed($"expected at most {ParserLimits.MaxBtfNesting} structures within each other, have more");
                }

                Flatten(inner, bits + member.BitOffset, flat, depth + 1);
                continue;
            }

            flat.Add(bits == 0 ? member : member.MovedBy(bits));
            if (flat.Count > ParserLimits.MaxBtfFlattenedMembers)
            {
                throw Malformed($"expected at most {ParserLimits.MaxBtfFlattenedMembers} members, have more");
            }
        }
    }
}

/// <summary>A member of a structure or union.</summary>
public sealed class BtfMember
{
    private readonly BtfFile _file;

    internal BtfMember(BtfFile file, string? name, uint typeId, ulong bitOffset, int bitFieldSize)
    {
        _file = file;
        Name = string.IsNullOrEmpty(name) ? null : name;
        TypeId = typeId;
        BitOffset = bitOffset;
        BitFieldSize = bitFieldSize;
    }

    /// <summary>The name; null for an anonymous structure or union, and for bits that only pad.</summary>
    public string? Name { get; }

    /// <summary>The id of the type.</summary>
    public uint TypeId { get; }

    /// <summary>The type.</summary>
    public BtfType Type => _file[TypeId];

    /// <summary>Bits from the structure's start. In a big-endian file, bits are counted from the most significant one.</summary>
    public ulong BitOffset { get; }

    /// <summary>Whole bytes from the structure's start.</summary>
    public ulong ByteOffset => BitOffset / 8;

    /// <summary>Width in bits as the member states it; 0 where it states none and is as wide as its type.</summary>
    public int BitFieldSize { get; }

    /// <summary>True for a bit field, also of an old compiler that gave it an integer type of its own.</summary>
    /// <exception cref="BinaryFormatException">Typedefs go in a circle.</exception>
    public bool IsBitField => BitFieldSize != 0 || OwnBits is not null;

    /// <summary>Bits the member takes; null where its type has no size.</summary>
    /// <exception cref="BinaryFormatException">The type's size is not one.</exception>
    public ulong? BitSize => BitFieldSize != 0 ? (ulong)BitFieldSize
        : OwnBits is { } number ? (ulong)number.BitCount
        : Type.Size is { } bytes ? bytes <= ulong.MaxValue / 8 ? bytes * 8 : throw Type.Malformed("expected a size of less than 2^61 bytes, have a larger one") : null;

    /// <summary>The declaration: <c>struct net_device *dev</c>, <c>__u8 cloned: 1</c>.</summary>
    public override string ToString() =>
        BtfDeclaration.Declare(Type, Name ?? "") + (BitFieldSize != 0 ? $": {BitFieldSize}" : "");

    internal BtfInt? OwnBits => BitFieldSize == 0 && Type.Bare is BtfInt number && (number.BitOffset != 0 || number.BitCount != number.ByteSize * 8) ? number : null;

    internal BtfMember MovedBy(ulong bits) => new(_file, Name, TypeId, BitOffset + bits, BitFieldSize);
}

/// <summary>Members, by place or by name.</summary>
public sealed class BtfMemberList : IReadOnlyList<BtfMember>
{
    private readonly BtfMember[] _members;

    internal BtfMemberList(BtfMember[] members) => _members = members;

    /// <inheritdoc/>
    public int Count => _members.Length;

    /// <inheritdoc/>
    public BtfMember this[int index] => _members[index];

    /// <summary>The first member of a name; null where there is none.</summary>
    public BtfMember? this[string name] => Array.Find(_members, member => member.Name == name);

    /// <inheritdoc/>
    public IEnumerator<BtfMember> GetEnumerator() => ((IEnumerable<BtfMember>)_members).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
