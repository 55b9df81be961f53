using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>Whether types of one file use what they must (<see cref="BtfUses"/>). What was found out is kept: ask one object for all types. Not safe for several threads.</summary>
public sealed class BtfUseSearch
{
    private const byte Unknown = 0;
    private const byte No = 1;
    private const byte Yes = 2;
    private const byte Asking = 3;
    private readonly BtfFile _file;
    private readonly BtfUses _uses;
    private readonly BtfTypeReach? _parameters;
    private readonly BtfTypeReach? _contents;
    private readonly BtfTypeReach? _pointedTo;
    private readonly byte[] _contains;
    private readonly byte[] _hasMember;
    private readonly byte[] _names;
    private readonly List<string> _missing = [];

    /// <summary>Prepares a search.</summary>
    /// <exception cref="BinaryFormatException">A type's name is not there.</exception>
    public BtfUseSearch(BtfFile file, BtfUses uses)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(uses);
        (_file, _uses) = (file, uses);
        _parameters = Reach(uses.Parameters);
        _contents = Reach(uses.Contents);
        _pointedTo = Reach(uses.PointedTo);
        _contains = new byte[_contents is null ? 0 : file.EndId];
        _hasMember = new byte[_pointedTo is null && uses.Member is null ? 0 : file.EndId];
        _names = new byte[uses.Member is null ? 0 : file.StringEnd];
    }

    /// <summary>The names of <see cref="BtfUses"/> the file and its base have no type of.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>True for a type that uses what it must: a function, or a structure or union.</summary>
    /// <exception cref="BinaryFormatException">It, or what it is made of, refers to what is not there, contains itself, or nests too deep.</exception>
    public bool Matches(uint id) => _file.KindOf(id) switch
    {
        BtfKind.Function => !_uses.AreOfStructures && (_parameters is null || Takes(id)),
        BtfKind.Struct or BtfKind.Union => _parameters is null && (_contents is null || Contains(id, 0))
            && (_hasMember.Length == 0 || HasMember(id, 0)),
        _ => false,
    };

    private BtfTypeReach? Reach(IReadOnlyList<string> names) => names.Count == 0 ? null : new BtfTypeReach(_file, names, _missing);

    private bool Takes(uint function)
    {
        SpanReader reader = _file.ReaderAt(function, out BtfFile owner);
        uint prototype = owner.Resolve(BtfWire.TypeHeader.Read(ref reader).SizeOrType, in reader);
        if (_file.KindOf(prototype) != BtfKind.FunctionPrototype)
        {
            throw _file[function].Malformed($"expected a function's type to be a {BtfKind.FunctionPrototype}, have type {prototype}, a {_file.KindOf(prototype)}");
        }

        reader = _file.ReaderAt(prototype, out owner);
        int count = BtfWire.TypeHeader.Read(ref reader).ElementCount;
        for (int i = 0; i < count; i++)
        {
            uint type = owner.Resolve(BtfWire.Pair.Read(ref reader).Second, in reader);

            // A last parameter that is void is "...", or that there is none.
            if ((type != 0 || i < count - 1) && _parameters!.WayFrom(type) != BtfWay.None)
            {
                return true;
            }
        }

        return false;
    }

    private bool Contains(uint id, int depth)
    {
        if (Known(_contains, id, depth) is { } known)
        {
            return known;
        }

        bool contains = false;
        SpanReader reader = _file.ReaderAt(id, out BtfFile owner);
        int count = BtfWire.TypeHeader.Read(ref reader).ElementCount;
        for (int i = 0; i < count && !contains; i++)
        {
            uint type = owner.Resolve(BtfWire.Triple.Read(ref reader).Second, in reader);
            contains = _contents!.WayFrom(type) is BtfWay.Itself or BtfWay.Element || (Embedded(type, throughArrays: true) is { } inner && Contains(inner, depth + 1));
        }

        _contains[id] = contains ? Yes : No;
        return contains;
    }

    private bool HasMember(uint id, int depth)
    {
        if (Known(_hasMember, id, depth) is { } known)
        {
            return known;
        }

        bool has = false;
        SpanReader reader = _file.ReaderAt(id, out BtfFile owner);
        int count = BtfWire.TypeHeader.Read(ref reader).ElementCount;
        for (int i = 0; i < count && !has; i++)
        {
            BtfWire.Triple member = BtfWire.Triple.Read(ref reader);
            uint type = owner.Resolve(member.Second, in reader);

            // C code names the members of an anonymous one as if they were the outer's own.
            has = owner.StringBytes(member.First).IsEmpty && Embedded(type, throughArrays: false) is { } inner
                ? HasMember(inner, depth + 1)
                : (_uses.Member is null || IsNameWanted(owner, member.First)) && (_pointedTo is null || _pointedTo.WayFrom(type) == BtfWay.Pointer);
        }

        _hasMember[id] = has ? Yes : No;
        return has;
    }

    private bool? Known(byte[] known, uint id, int depth)
    {
        switch (known[id])
        {
            case Unknown when depth <= ParserLimits.MaxBtfNesting:
                known[id] = Asking;
                return null;
            case Unknown:
                throw _file[id].Malformed($"expected at most {ParserLimits.MaxBtfNesting} structures within each other, have more");
            case Asking:
                throw _file[id].Malformed("expected a structure that does not contain itself, have one that does");
            default:
                return known[id] == Yes;
        }
    }

    /// <summary>The structure a member of a type is, behind typedefs and qualifiers; null where it is none.</summary>
    private uint? Embedded(uint id, bool throughArrays)
    {
        for (int links = 0; id != 0; links++)
        {
            SpanReader reader = _file.ReaderAt(id, out BtfFile owner);
            BtfWire.TypeHeader header = BtfWire.TypeHeader.Read(ref reader);
            switch (header.Kind)
            {
                case BtfKind.Struct or BtfKind.Union:
                    return id;
                case BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag:
                    id = owner.Resolve(header.SizeOrType, in reader);
                    break;
                case BtfKind.Array when throughArrays:
                    id = owner.Resolve(reader.ReadUInt32(), in reader);
                    break;
                default:
                    return null;
            }

            if (links == ParserLimits.MaxBtfChain)
            {
                throw _file[id].Malformed($"expected at most {ParserLimits.MaxBtfChain} typedefs and qualifiers before a type, have more");
            }
        }

        return null;
    }

    // Strings of a distilled base are others than those of the base it stands for: only the file's own and its base's offsets agree.
    private bool IsNameWanted(BtfFile owner, uint offset)
    {
        ReadOnlySpan<byte> name = owner.StringBytes(offset);
        if (owner != _file && _file.IsRelocated)
        {
            return _uses.Member!(Encoding.UTF8.GetString(name));
        }

        ref byte known = ref _names[offset];
        if (known == Unknown)
        {
            known = _uses.Member!(Encoding.UTF8.GetString(name)) ? Yes : No;
        }

        return known == Yes;
    }
}
