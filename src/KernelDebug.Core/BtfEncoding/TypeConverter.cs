using KernelDebug.Btf;
using KernelDebug.Dwarf;
using KernelDebug.IO;

namespace KernelDebug.BtfEncoding;

/// <summary>Makes BTF of the types of units (DWARF 5, Chapter 5), each entry one type, double ones included: to take those out is the next step's.</summary>
internal sealed class TypeConverter(DwarfFile file, TypeEntries entries, BtfWriter writer, uint arrayIndex)
{
    /// <summary>The type of the entry the cursor stands on, whose attributes are not read yet.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="cursor">A copy, so that the caller's stays at the entry.</param>
    /// <exception cref="BinaryFormatException">The entry is damaged, or says what BTF cannot hold.</exception>
    public void Convert(DwarfUnit unit, EntryCursor cursor)
    {
        var place = new EntryPlace(file, unit, cursor.Offset);
        DwTag tag = cursor.Abbreviation!.Tag;
        EntryDetails entry = cursor.ReadDetails();
        string? name = unit.ReadString(entry.Name);
        uint Target() => entries.IdOf(place, entry.Type);
        _ = tag switch
        {
            DwTag.BaseType => Base(place, name, entry),
            DwTag.PointerType => writer.AddReference(BtfKind.Pointer, null, Target()),
            DwTag.ConstType => writer.AddReference(BtfKind.Const, null, Target()),
            DwTag.VolatileType => writer.AddReference(BtfKind.Volatile, null, Target()),
            DwTag.RestrictType => writer.AddReference(BtfKind.Restrict, null, Target()),
            DwTag.Typedef => writer.AddReference(BtfKind.Typedef, name, Target()),
            DwTag.ArrayType => writer.AddArray(Target(), arrayIndex, CountOf(place, cursor)),
            DwTag.EnumerationType => Enumeration(place, cursor, name, entry),
            DwTag.SubroutineType => writer.AddPrototype(Target(), Parameters(place, cursor)!),
            _ => Structure(place, cursor, name, entry, tag == DwTag.UnionType),
        };
    }

    /// <summary>
    /// Parameters of a prototype or function whose attributes were read; the last without name and type where it ends in <c>...</c>. Null
    /// where they must have names and one has none.
    /// </summary>
    public List<(string? Name, uint Type)>? Parameters(EntryPlace owner, EntryCursor cursor, bool mustHaveNames = false)
    {
        var parameters = new List<(string?, uint)>();
        bool isVariadic = false;
        bool hasChildren = cursor.Abbreviation!.HasChildren;
        while (hasChildren && cursor.Next() && cursor.Abbreviation is { } shape)
        {
            if (shape.Tag != DwTag.FormalParameter)
            {
                isVariadic |= shape.Tag == DwTag.UnspecifiedParameters;
                cursor.SkipTree();
                continue;
            }

            EntryPlace place = owner with { Offset = cursor.Offset };
            EntryDetails entry = cursor.ReadDetails();
            cursor.SkipChildren(entry.Sibling);
            if (!entry.Type.IsPresent && entry.AbstractOrigin.IsPresent && place.Follow(entry.AbstractOrigin) is { } origin && origin.TryOpen(out EntryCursor there))
            {
                (place, entry) = (origin, there.ReadDetails());
            }

            string? name = place.Unit.ReadString(entry.Name);
            if (name is null && mustHaveNames)
            {
                return null;
            }

            parameters.Add((name, entries.IdOf(place, entry.Type)));
        }

        if (isVariadic)
        {
            parameters.Add((null, 0));
        }

        return parameters;
    }

    private uint Base(EntryPlace place, string? name, EntryDetails entry)
    {
        const ulong Boolean = 0x02, Float = 0x04, Signed = 0x05, SignedCharacter = 0x06; // DW_ATE_*
        ulong size = EntryDetails.Constant(entry.ByteSize) ?? 0;
        if (size is 0 or > 16)
        {
            throw Damaged(place, $"expected a base type of 1 to 16 bytes, have {size}");
        }

        if (entry.Encoding.Number == Float)
        {
            return writer.AddFloat(name, (uint)size);
        }

        uint encoding = entry.Encoding.Number switch { Signed or SignedCharacter => 1, Boolean => 4, _ => 0 };
        return writer.AddInt(name, (uint)size, encoding);
    }

    /// <summary>The elements of all dimensions: BTF gets one array of them, as pahole gives it.</summary>
    private static uint CountOf(EntryPlace place, EntryCursor cursor)
    {
        ulong count = 1;
        bool hasAny = false;
        bool hasChildren = cursor.Abbreviation!.HasChildren;
        while (hasChildren && cursor.Next() && cursor.Abbreviation is { } shape)
        {
            if (shape.Tag != DwTag.SubrangeType)
            {
                cursor.SkipTree();
                continue;
            }

            EntryDetails range = cursor.ReadDetails();
            cursor.SkipChildren(range.Sibling);
            hasAny = true;
            ulong one = EntryDetails.Constant(range.Count)
                ?? (EntryDetails.Constant(range.UpperBound) is { } last && last < uint.MaxValue ? last + 1 : 0);
            count = count > uint.MaxValue || one > uint.MaxValue ? ulong.MaxValue : count * one;
        }

        return !hasAny ? 0 : count <= uint.MaxValue ? (uint)count : throw Damaged(place, "expected an array of fewer than 2^32 elements");
    }

    private uint Enumeration(EntryPlace place, EntryCursor cursor, string? name, EntryDetails entry)
    {
        ulong size = EntryDetails.Constant(entry.ByteSize) ?? 4;
        if (size is 0 or > 8)
        {
            throw Damaged(place, $"expected an enumeration of 1 to 8 bytes, have {size}");
        }

        var values = new List<(string?, ulong)>();
        bool isSigned = false;
        bool hasChildren = cursor.Abbreviation!.HasChildren;
        while (hasChildren && cursor.Next() && cursor.Abbreviation is { } shape)
        {
            if (shape.Tag != DwTag.Enumerator)
            {
                cursor.SkipTree();
                continue;
            }

            EntryDetails one = cursor.ReadDetails();
            cursor.SkipChildren(one.Sibling);
            isSigned |= one.ConstantValue.Form is DwForm.SignedData or DwForm.ImplicitConstant && (long)one.ConstantValue.Number < 0;
            values.Add((place.Unit.ReadString(one.Name), one.ConstantValue.Number));
        }

        return writer.AddEnum(name, (uint)size, isSigned, values);
    }

    private uint Structure(EntryPlace place, EntryCursor cursor, string? name, EntryDetails entry, bool isUnion)
    {
        if (entry.Declaration is { IsPresent: true, Number: not 0 })
        {
            return writer.AddForward(name, isUnion);
        }

        ulong size = EntryDetails.Constant(entry.ByteSize) ?? 0;
        var members = new List<WrittenMember>();
        bool hasChildren = cursor.Abbreviation!.HasChildren;
        while (hasChildren && cursor.Next() && cursor.Abbreviation is { } shape)
        {
            if (shape.Tag != DwTag.Member)
            {
                cursor.SkipTree();
                continue;
            }

            EntryPlace at = place with { Offset = cursor.Offset };
            EntryDetails member = cursor.ReadDetails();
            cursor.SkipChildren(member.Sibling);
            members.Add(Member(at, member));
        }

        bool hasBitFields = members.Any(member => member.BitSize != 0);
        return size <= uint.MaxValue && !(hasBitFields && members.Any(member => member.BitOffset >= 1 << 24))
            ? writer.AddStruct(name, isUnion, (uint)size, members)
            : throw Damaged(place, $"expected a structure BTF can hold, have one of {size} bytes: with bit fields the last member begins below 2 MiB");
    }

    private WrittenMember Member(EntryPlace place, EntryDetails member)
    {
        ulong bits = EntryDetails.Constant(member.BitSize) ?? 0;
        ulong start = DwarfTypes.Start(place.Unit, member.DataMemberLocation) ?? throw Damaged(place, "expected a member at a constant offset");
        ulong offset;
        if (EntryDetails.Constant(member.DataBitOffset) is { } fromStart)
        {
            offset = fromStart;
        }
        else if (EntryDetails.Constant(member.BitOffset) is { } fromHigh)
        {
            // Before DWARF 4 the bits count from the high end of a storage unit (DWARF 3, Section 5.6.6).
            ulong storage = (EntryDetails.Constant(member.ByteSize) ?? file.Types.TypeOf(place, member.Type).Size ?? 0) * 8;
            offset = fromHigh + bits <= storage && start <= uint.MaxValue
                ? start * 8 + storage - fromHigh - bits
                : throw Damaged(place, "expected a bit field inside its storage unit");
        }
        else
        {
            offset = start <= uint.MaxValue ? start * 8 : ulong.MaxValue;
        }

        return offset <= uint.MaxValue && bits <= byte.MaxValue
            ? new WrittenMember(place.Unit.ReadString(member.Name), entries.IdOf(place, member.Type), (uint)offset, (uint)bits)
            : throw Damaged(place, $"expected a member within 512 MiB, have one of {bits} bits at bit {offset}");
    }

    private static BinaryFormatException Damaged(EntryPlace place, string problem) => place.Unit.Bytes.Error((long)place.Offset.Value, problem);
}
