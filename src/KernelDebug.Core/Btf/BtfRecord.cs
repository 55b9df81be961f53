using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>One type where it lies in its file, for passes over all types that would only fill memory with objects they look at once.</summary>
internal readonly ref struct BtfRecord
{
    private readonly BtfFile _owner;
    private readonly SpanReader _elements;
    private readonly BtfWire.TypeHeader _header;

    /// <param name="owner">The file the type is one of the own types of.</param>
    /// <param name="id">Its id.</param>
    public BtfRecord(BtfFile owner, uint id)
    {
        _owner = owner;
        _elements = owner.ReaderAt(id);
        _header = BtfWire.TypeHeader.Read(ref _elements);
    }

    /// <summary>What the type is.</summary>
    public BtfKind Kind => _header.Kind;

    /// <summary>True where it has a name.</summary>
    public bool HasName => _header.NameOffset != 0;

    /// <summary>Bytes, of a kind that has a size.</summary>
    public uint ByteSize => _header.SizeOrType;

    /// <summary>How many members, values or parameters it has; a last parameter that is void is counted.</summary>
    public int Count => _header.ElementCount;

    /// <summary>How many elements an array has.</summary>
    public uint ArrayCount => Word(2);

    /// <summary>The type it is made of: of an array that of its elements, of a function prototype what it returns.</summary>
    public uint Target => Kind == BtfKind.Array ? Id(Word(0)) : Id(_header.SizeOrType);

    /// <summary>The type of an array's index.</summary>
    public uint Index => Id(Word(1));

    /// <summary>The type of a member.</summary>
    public uint Member(int place) => Id(Word((place * 3) + 1));

    /// <summary>Where a member is and, for a bit field, its width, in bits.</summary>
    public (uint Offset, int Width) MemberBits(int place)
    {
        uint bits = Word((place * 3) + 2);
        return _header.KindFlag ? (bits & 0xffffff, (int)(bits >> 24)) : (bits, 0);
    }

    /// <summary>The type of a parameter.</summary>
    public uint Parameter(int place) => Id(Word((place * 2) + 1));

    /// <summary>The reference at a place, from 0, in the order in which C writes them; null behind the last.</summary>
    public uint? Reference(int place) => Kind switch
    {
        BtfKind.Struct or BtfKind.Union => place < Count ? Member(place) : null,
        BtfKind.FunctionPrototype => place == 0 ? Target : place <= Count ? Parameter(place - 1) : null,
        BtfKind.Pointer or BtfKind.Array or BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag
            or BtfKind.Variable or BtfKind.DeclarationTag or BtfKind.Function => place == 0 ? Target : null,
        _ => null,
    };

    private uint Word(int place)
    {
        SpanReader reader = _elements;
        reader.Skip((ulong)place * sizeof(uint));
        return reader.ReadUInt32();
    }

    private uint Id(uint written) => _owner.Resolve(written, in _elements);
}
