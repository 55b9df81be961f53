using KernelDebug.IO;
using KernelDebug.Types;

namespace KernelDebug.Dwarf;

/// <summary>The types of a file as a graph (DWARF 5, Chapter 5); an entry is read when first asked for, its members when they are.</summary>
internal sealed class DwarfTypes
{
    /// <summary>Types kept; past it the map begins anew, and what was handed out stays good.</summary>
    private const int MaxKept = 1 << 17;

    private readonly Dictionary<(DwarfFile File, ulong Offset), DataType> _known = [];

    /// <summary>The type an entry's DW_AT_type leads to; <c>void</c> where it has none, unknown where it leads to another file.</summary>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    public DataType TypeOf(EntryPlace owner, FormValue type) =>
        !type.IsPresent ? DataType.Void : owner.Follow(type) is { } place ? Read(place) : new DataType(TypeKind.Unknown);

    /// <summary>The type an entry describes.</summary>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    public DataType Read(EntryPlace place)
    {
        (DwarfFile File, ulong Offset) key = (place.File, place.Unit.Header.Start.Value + place.Offset.Value);
        if (_known.TryGetValue(key, out DataType? known))
        {
            return known;
        }

        if (_known.Count >= MaxKept)
        {
            _known.Clear();
        }

        return _known[key] = ReadAnew(place);
    }

    private DataType ReadAnew(EntryPlace place)
    {
        if (!place.TryOpen(out EntryCursor cursor))
        {
            return new DataType(TypeKind.Unknown);
        }

        DwTag tag = cursor.Abbreviation!.Tag;
        EntryDetails entry = cursor.ReadDetails();
        string? name = place.Unit.ReadString(entry.Name);
        ulong? size = EntryDetails.Constant(entry.ByteSize);
        bool isDeclaration = entry.Declaration is { IsPresent: true, Number: not 0 };
        FormValue type = entry.Type;
        DataType? Target() => TypeOf(place, type);
        switch (tag)
        {
            case DwTag.BaseType:
                return new DataType(TypeKind.Base, name, size);
            case DwTag.EnumerationType:
                return new DataType(TypeKind.Enumeration, name, size) { IsDeclaration = isDeclaration };
            case DwTag.UnspecifiedType:
                return DataType.Void;
            case DwTag.PointerType or DwTag.ReferenceType or DwTag.RvalueReferenceType:
                return new DataType(TypeKind.PointerTo, name, size ?? place.Unit.Header.Encoding.AddressSize, Target);
            case DwTag.Typedef:
                return new DataType(TypeKind.Typedef, name, null, Target);
            case DwTag.ConstType:
                return new DataType(TypeKind.Qualifier, "const", null, Target);
            case DwTag.VolatileType:
                return new DataType(TypeKind.Qualifier, "volatile", null, Target);
            case DwTag.RestrictType:
                return new DataType(TypeKind.Qualifier, "restrict", null, Target);
            case DwTag.AtomicType:
                return new DataType(TypeKind.Qualifier, "_Atomic", null, Target);
            case DwTag.SubroutineType:
                return new DataType(TypeKind.Function, name, null, Target);
            case DwTag.StructureType or DwTag.ClassType:
                return new DataType(TypeKind.Structure, name, size, null, () => Members(place)) { IsDeclaration = isDeclaration };
            case DwTag.UnionType:
                return new DataType(TypeKind.Union, name, size, null, () => Members(place)) { IsDeclaration = isDeclaration };
            case DwTag.ArrayType:
                return Array(place, size, Target);
            default:
                return new DataType(TypeKind.Unknown, name);
        }
    }

    /// <summary>One node a dimension, the first outermost (DWARF 5, Section 5.5).</summary>
    private static DataType Array(EntryPlace place, ulong? size, Func<DataType?> element)
    {
        const int MaxDimensions = 16;
        var counts = new List<ulong?>();
        _ = place.TryOpen(out EntryCursor cursor);
        bool hasChildren = cursor.Abbreviation!.HasChildren;
        cursor.SkipAttributes();
        while (hasChildren && cursor.Next() && cursor.Abbreviation is { } shape && counts.Count < MaxDimensions)
        {
            if (shape.Tag is not (DwTag.SubrangeType or DwTag.EnumerationType))
            {
                cursor.SkipTree();
                continue;
            }

            EntryDetails range = cursor.ReadDetails();
            // GCC writes a bound of -1 for "[0]", and none for "[]".
            counts.Add(EntryDetails.Constant(range.Count) ?? (EntryDetails.Constant(range.UpperBound) is { } last && last < long.MaxValue ? last + 1 : null));
            cursor.SkipChildren(range.Sibling);
        }

        Func<DataType?> target = element;
        for (int i = counts.Count - 1; i > 0; i--)
        {
            var inner = new DataType(TypeKind.Array, null, null, target) { Count = counts[i] };
            target = () => inner;
        }

        return new DataType(TypeKind.Array, null, size, target) { Count = counts.Count > 0 ? counts[0] : null };
    }

    private List<TypeMember> Members(EntryPlace place)
    {
        var members = new List<TypeMember>();
        _ = place.TryOpen(out EntryCursor cursor);
        bool hasChildren = cursor.Abbreviation!.HasChildren;
        cursor.SkipAttributes();
        while (hasChildren && cursor.Next() && cursor.Abbreviation is { } shape)
        {
            place.Unit.Sections.Budget.Spend(1, place.Unit.Bytes);
            if (shape.Tag != DwTag.Member)
            {
                cursor.SkipTree();
                continue;
            }

            EntryDetails entry = cursor.ReadDetails();
            if (!entry.Declaration.IsPresent && Member(place, entry) is { } member)
            {
                members.Add(member);
            }

            cursor.SkipChildren(entry.Sibling);
        }

        return members;
    }

    /// <summary>A member (DWARF 5, Section 5.7.6); null where its place is computed at run time.</summary>
    private TypeMember? Member(EntryPlace owner, EntryDetails entry)
    {
        DataType type = TypeOf(owner, entry.Type);
        string? name = owner.Unit.ReadString(entry.Name);
        if (Start(owner.Unit, entry.DataMemberLocation) is not { } start || start > ulong.MaxValue / 16)
        {
            return null;
        }

        if (EntryDetails.Constant(entry.BitSize) is not { } bits)
        {
            return new TypeMember(name, type, start * 8, (type.Size ?? 0) * 8, IsBitField: false);
        }

        if (EntryDetails.Constant(entry.DataBitOffset) is { } fromStart)
        {
            return new TypeMember(name, type, fromStart, bits, IsBitField: true);
        }

        // Before DWARF 4 the bits count from the high end of a storage unit (DWARF 3, Section 5.6.6).
        ulong storage = (EntryDetails.Constant(entry.ByteSize) ?? type.Size ?? 0) * 8;
        ulong fromHigh = EntryDetails.Constant(entry.BitOffset) ?? 0;
        return fromHigh + bits > storage ? null : new TypeMember(name, type, start * 8 + storage - fromHigh - bits, bits, IsBitField: true);
    }

    /// <summary>Bytes from the structure's start: a constant, or DWARF 2's DW_OP_plus_uconst.</summary>
    internal static ulong? Start(DwarfUnit unit, FormValue location)
    {
        if (!location.IsPresent)
        {
            return 0;
        }

        if (EntryDetails.Constant(location) is { } constant)
        {
            return constant;
        }

        if (location.Form is not (DwForm.Expression or DwForm.Block or DwForm.Block1 or DwForm.Block2 or DwForm.Block4))
        {
            return null;
        }

        SpanReader reader = unit.ReadBlock(location).Reader();
        return !reader.IsAtEnd && reader.ReadByte() == 0x23 /* DW_OP_plus_uconst */ && reader.ReadUleb128() is var offset && reader.IsAtEnd ? offset : null;
    }
}
