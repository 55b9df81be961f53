using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>
/// From which types one gets to wanted ones, by typedefs and qualifiers alone, or also by pointers and arrays. Types are not inflated, and
/// each is looked at once.
/// </summary>
internal sealed class BtfTypeReach
{
    private const byte Unknown = 0;
    private const byte No = 1;
    private readonly BtfFile _file;
    private readonly byte[] _ways;

    /// <summary>Prepares the search for types of some names.</summary>
    /// <param name="file">The file; types of its base are wanted as well.</param>
    /// <param name="names">Their names.</param>
    /// <param name="missing">Gets the names there is no type of.</param>
    /// <exception cref="BinaryFormatException">A type's name is not there.</exception>
    public BtfTypeReach(BtfFile file, IReadOnlyList<string> names, List<string> missing)
    {
        _file = file;
        _ways = new byte[file.EndId];
        _ways[0] = No;
        foreach (string name in names)
        {
            (BtfTypeName wanted, string plain) = BtfTypeName.Parse(name);
            bool any = false;
            if (plain == "void")
            {
                _ways[0] = (byte)BtfWay.Itself;
                continue;
            }

            foreach (uint id in file.IdsOf(plain))
            {
                BtfKind kind = file.KindOf(id);
                if (wanted.Allows(kind) && kind is not (BtfKind.Function or BtfKind.Variable or BtfKind.DataSection or BtfKind.DeclarationTag or BtfKind.TypeTag))
                {
                    _ways[id] = (byte)BtfWay.Itself;
                    any = true;
                }
            }

            if (!any)
            {
                missing.Add(name);
            }
        }
    }

    /// <summary>How one gets from a type to a wanted one.</summary>
    /// <exception cref="BinaryFormatException">Types go in a circle, or on for too many links.</exception>
    public BtfWay WayFrom(uint id)
    {
        byte known = _ways[id];
        return known > No ? (BtfWay)known : known == No ? BtfWay.None : Follow(id);
    }

    private BtfWay Follow(uint start)
    {
        // To where the way is known or ends, and back to note it for each type on it.
        Span<uint> chain = stackalloc uint[ParserLimits.MaxBtfChain];
        int count = 0;
        uint id = start;
        for (; _ways[id] == Unknown; count++)
        {
            if (count == chain.Length)
            {
                throw _file[start].Malformed($"expected at most {chain.Length} typedefs, qualifiers, pointers and arrays before a type, have more");
            }

            SpanReader reader = _file.ReaderAt(id, out BtfFile owner);
            BtfWire.TypeHeader header = BtfWire.TypeHeader.Read(ref reader);
            if (Step(header.Kind) == BtfWay.None)
            {
                _ways[id] = No;
                break;
            }

            chain[count] = id;
            id = owner.Resolve(header.Kind == BtfKind.Array ? reader.ReadUInt32() : header.SizeOrType, in reader);
        }

        BtfWay way = _ways[id] == No ? BtfWay.None : (BtfWay)_ways[id];
        while (count > 0)
        {
            id = chain[--count];
            BtfWay step = Step(_file.KindOf(id));
            way = way == BtfWay.None || way > step ? way : step;
            _ways[id] = way == BtfWay.None ? No : (byte)way;
        }

        return way;
    }

    private static BtfWay Step(BtfKind kind) => kind switch
    {
        BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag => BtfWay.Itself,
        BtfKind.Array => BtfWay.Element,
        BtfKind.Pointer => BtfWay.Pointer,
        _ => BtfWay.None,
    };
}

/// <summary>How a type leads to another; each includes those before it.</summary>
internal enum BtfWay : byte
{
    /// <summary>Not at all.</summary>
    None = 0,
    /// <summary>It is that type, or a typedef of it, or qualifies it.</summary>
    Itself = 2,
    /// <summary>It is an array of it.</summary>
    Element = 3,
    /// <summary>It points to it, or is an array of what does, or points to an array of it, and so on.</summary>
    Pointer = 4,
}
