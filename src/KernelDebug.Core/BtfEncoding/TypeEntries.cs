using KernelDebug.Dwarf;
using KernelDebug.IO;

namespace KernelDebug.BtfEncoding;

/// <summary>Where the entries of types are in <c>.debug_info</c>: ids follow the order of the entries, so a place tells the id.</summary>
internal sealed class TypeEntries(DwarfFile file, uint firstId)
{
    private readonly ValueList<uint> _offsets = new();

    /// <summary>Types noted.</summary>
    public int Count => _offsets.Count;

    /// <summary>True for an entry that becomes a type of its own.</summary>
    public static bool IsType(DwTag tag) => tag is DwTag.BaseType or DwTag.PointerType or DwTag.StructureType or DwTag.ClassType or DwTag.UnionType
        or DwTag.EnumerationType or DwTag.ArrayType or DwTag.Typedef or DwTag.ConstType or DwTag.VolatileType or DwTag.RestrictType or DwTag.SubroutineType;

    /// <summary>Notes the types of a unit; units come in the file's order.</summary>
    /// <exception cref="BinaryFormatException">The unit is damaged, or there are too many types.</exception>
    public void Add(DwarfUnit unit)
    {
        if (unit.Header.End.Value > uint.MaxValue)
        {
            throw unit.Bytes.Error(0, "expected at most 4 GiB of entries");
        }

        var cursor = new EntryCursor(unit, unit.Header.RootOffset);
        while (cursor.Next())
        {
            if (cursor.Abbreviation is not { } shape)
            {
                continue;
            }

            if (IsType(shape.Tag))
            {
                if (_offsets.Count >= ParserLimits.MaxBtfTypes)
                {
                    throw unit.Bytes.Error((long)cursor.Offset.Value, $"expected at most {ParserLimits.MaxBtfTypes} types");
                }

                _offsets.Add((uint)(unit.Header.Start.Value + cursor.Offset.Value));
            }

            cursor.SkipAttributes();
        }
    }

    /// <summary>The id of the type that an attribute of an entry leads to; 0 for void.</summary>
    /// <exception cref="BinaryFormatException">It leads to no type, or to another file.</exception>
    public uint IdOf(EntryPlace owner, FormValue type)
    {
        for (int depth = 0; depth < ParserLimits.MaxReferenceDepth; depth++)
        {
            if (!type.IsPresent)
            {
                return 0;
            }

            EntryPlace place = owner.Follow(type) is { } found && ReferenceEquals(found.File, file)
                ? found
                : throw owner.Unit.Bytes.Error((long)owner.Offset.Value, "expected DW_AT_type to lead to an entry of this file");
            if (Find(place.Unit.Header.Start.Value + place.Offset.Value) is { } index)
            {
                return firstId + (uint)index;
            }

            if (!place.TryOpen(out EntryCursor cursor))
            {
                break;
            }

            switch (cursor.Abbreviation!.Tag)
            {
                case DwTag.UnspecifiedType:
                    return 0;
                case DwTag.AtomicType:
                    // BTF has no word for _Atomic.
                    (owner, type) = (place, cursor.ReadDetails().Type);
                    continue;
                default:
                    throw owner.Unit.Bytes.Error((long)owner.Offset.Value, $"expected DW_AT_type to lead to a type of C, have tag 0x{(int)cursor.Abbreviation.Tag:x}");
            }
        }

        throw owner.Unit.Bytes.Error((long)owner.Offset.Value, "expected DW_AT_type to lead to a type");
    }

    private int? Find(ulong offset)
    {
        int low = 0;
        int high = _offsets.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            switch (((ulong)_offsets[middle]).CompareTo(offset))
            {
                case 0: return middle;
                case < 0: low = middle + 1; break;
                default: high = middle - 1; break;
            }
        }

        return null;
    }
}
