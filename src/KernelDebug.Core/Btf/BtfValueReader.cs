using System.Buffers.Binary;
using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>
/// Bytes of memory and their type in, an object out: integers and booleans as .NET's, enumerations as <see cref="BtfEnumNumber"/>,
/// pointers as <see cref="BtfAddress"/>, <c>char[]</c> as text up to its NUL, bytes as <c>byte[]</c>, other arrays as <c>object[]</c>,
/// structures as <see cref="BtfStructValue"/>.
/// </summary>
public sealed class BtfValueReader
{
    private readonly bool _bigEndian;
    private readonly BtfType _root;
    private int _values;

    private BtfValueReader(BtfType root)
    {
        _root = root;
        _bigEndian = root.File.IsBigEndian;
    }

    /// <summary>Reads a value at the start of bytes; more bytes than it takes do no harm. A flexible array member is read as empty.</summary>
    /// <exception cref="ArgumentException">The type has no values, such as void or a function.</exception>
    /// <exception cref="BinaryFormatException">
    /// The bytes are too few, or the type is malformed, nests deeper than <see cref="ParserLimits.MaxBtfNesting"/>, or has more than
    /// <see cref="ParserLimits.MaxBtfValues"/> values.
    /// </exception>
    public static object? Read(BtfType type, ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(type);
        BtfType bare = type.Bare is BtfVariable variable ? variable.Target : type;
        if (bare.Size is not { } size)
        {
            throw new ArgumentException($"expected a type that has values, such as a structure or an integer, have {type.Kind} \"{type.Name}\"", nameof(type));
        }

        if (size > (ulong)bytes.Length)
        {
            throw new BinaryFormatException(type.File.Path, "value", bytes.Length, $"expected at least {size} bytes for {type}, have {bytes.Length}");
        }

        return new BtfValueReader(bare).Value(bare, bytes[..(int)size], 0);
    }

    /// <summary>Reads one member of a structure whose bytes are given.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    internal static object? ReadMember(BtfStruct structure, BtfMember member, ReadOnlySpan<byte> bytes) => new BtfValueReader(structure).Member(structure, member, bytes, 1);

    /// <summary>The class of what reading a member gives; object where that is one of several.</summary>
    internal static Type ResultOf(BtfMember member) => ResultOf(member.Type);

    /// <summary>The class of what reading a value of a type gives; object where that is one of several.</summary>
    internal static Type ResultOf(BtfType type) => type.Bare switch
    {
        BtfInt { IsBoolean: true } => typeof(bool),
        BtfInt { ByteSize: 1 } number => number.IsSigned ? typeof(sbyte) : typeof(byte),
        BtfInt { ByteSize: 2 } number => number.IsSigned ? typeof(short) : typeof(ushort),
        BtfInt { ByteSize: <= 4 } number => number.IsSigned ? typeof(int) : typeof(uint),
        BtfInt { ByteSize: <= 8 } number => number.IsSigned ? typeof(long) : typeof(ulong),
        BtfInt number => number.IsSigned ? typeof(Int128) : typeof(UInt128),
        BtfEnum => typeof(BtfEnumNumber),
        BtfPointer => typeof(BtfAddress),
        BtfArray { Target.Bare: BtfInt { IsCharacter: true } } => typeof(string),
        BtfArray { Target.Bare: BtfInt { ByteSize: 1, IsSigned: false, IsBoolean: false } } => typeof(byte[]),
        BtfArray => typeof(object[]),
        BtfStruct => typeof(BtfRecordObject),
        _ => typeof(object),
    };

    private object? Value(BtfType type, ReadOnlySpan<byte> bytes, int depth)
    {
        if (depth > ParserLimits.MaxBtfNesting || ++_values > ParserLimits.MaxBtfValues)
        {
            throw _root.Malformed($"expected at most {ParserLimits.MaxBtfValues} values, {ParserLimits.MaxBtfNesting} within each other, have more");
        }

        return type.Bare switch
        {
            BtfInt { BitCount: > 0 } number when number.BitOffset == 0 && number.BitCount == number.ByteSize * 8 => Number(number, All(bytes), number.BitCount),
            BtfInt number => Number(number, Bits(bytes, (ulong)number.BitOffset, number.BitCount), number.BitCount),
            BtfEnum values => Enumerator(values, All(bytes), bytes.Length * 8),
            BtfPointer => new BtfAddress((ulong)All(bytes)),
            BtfFloat => Float(bytes),
            BtfArray array => Elements(array, bytes, depth),
            BtfStruct structure => Structure(structure, bytes, depth),
            _ => throw _root.Malformed($"expected a type that has values, have {type.Kind} \"{type.Name}\" (type {type.Id})"),
        };
    }

    private BtfStructValue Structure(BtfStruct structure, ReadOnlySpan<byte> bytes, int depth)
    {
        var members = new List<KeyValuePair<string, object?>>(structure.Members.Count);
        foreach (BtfMember member in structure.Members)
        {
            object? value = Member(structure, member, bytes, depth + 1);
            if (member.Name is { } name)
            {
                members.Add(new(name, value));
            }
            else if (value is BtfStructValue inner)
            {
                members.AddRange(inner.Members);
            }
        }

        return new BtfStructValue(structure, members, bytes.ToArray());
    }

    private object? Member(BtfStruct structure, BtfMember member, ReadOnlySpan<byte> bytes, int depth)
    {
        ulong size = member.BitSize ?? throw structure.Malformed($"expected members that have values, have {member.Name}");
        if (size > (ulong)bytes.Length * 8 || member.BitOffset > (ulong)bytes.Length * 8 - size)
        {
            throw structure.Malformed($"expected members inside the {bytes.Length} bytes, have {member.Name} of {size} bits at bit {member.BitOffset}");
        }

        if (!member.IsBitField && member.BitOffset % 8 == 0)
        {
            return Value(member.Type, bytes.Slice((int)member.ByteOffset, (int)(size / 8)), depth);
        }

        ulong start = member.BitOffset + (ulong)(member.OwnBits?.BitOffset ?? 0);
        return member.Type.Bare switch
        {
            BtfInt number => Number(number, Bits(bytes, start, (int)size), (int)size),
            BtfEnum values => Enumerator(values, Bits(bytes, start, (int)size), (int)size),
            _ => throw structure.Malformed($"expected bit fields of integers and enumerations, have {member.Name} of type {member.TypeId}"),
        };
    }

    private object Elements(BtfArray array, ReadOnlySpan<byte> bytes, int depth)
    {
        switch (array.Target.Bare)
        {
            case BtfInt { IsCharacter: true }:
                int end = bytes.IndexOf((byte)0);
                return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
            case BtfInt { ByteSize: 1, IsSigned: false, IsBoolean: false }:
                return bytes.ToArray();
        }

        if (array.Count > ParserLimits.MaxBtfValues)
        {
            throw array.Malformed($"expected at most {ParserLimits.MaxBtfValues} elements, have {array.Count}");
        }

        // The array's bytes are its size, so each element's are there.
        int size = array.Count == 0 ? 0 : bytes.Length / (int)array.Count;
        object?[] elements = new object?[array.Count];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = Value(array.Target, bytes.Slice(i * size, size), depth + 1);
        }

        return elements;
    }

    private object Float(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => _bigEndian ? BinaryPrimitives.ReadSingleBigEndian(bytes) : BinaryPrimitives.ReadSingleLittleEndian(bytes),
        8 => _bigEndian ? BinaryPrimitives.ReadDoubleBigEndian(bytes) : BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => bytes.ToArray(),
    };

    private static BtfEnumNumber Enumerator(BtfEnum values, UInt128 bits, int width)
    {
        ulong value = (ulong)(values.IsSigned ? SignExtended(bits, width) : bits);
        return new BtfEnumNumber(values.Values.FirstOrDefault(known => known.Bits == value)?.Name, value, values.IsSigned);
    }

    private static object Number(BtfInt type, UInt128 bits, int width)
    {
        if (type.IsBoolean)
        {
            return bits != 0;
        }

        UInt128 value = type.IsSigned ? SignExtended(bits, width) : bits;
        return (type.ByteSize, type.IsSigned) switch
        {
            (1, true) => unchecked((sbyte)value),
            (1, false) => (byte)value,
            (2, true) => unchecked((short)value),
            (2, false) => (ushort)value,
            ( <= 4, true) => unchecked((int)value),
            ( <= 4, false) => (uint)value,
            ( <= 8, true) => unchecked((long)value),
            ( <= 8, false) => (ulong)value,
            (_, true) => unchecked((Int128)value),
            _ => value,
        };
    }

    private static UInt128 SignExtended(UInt128 bits, int width)
    {
        int shift = 128 - width;
        return width == 0 ? 0 : unchecked((UInt128)((Int128)(bits << shift) >> shift));
    }

    private UInt128 All(ReadOnlySpan<byte> bytes) => (bytes.Length, _bigEndian) switch
    {
        (1, _) => bytes[0],
        (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (8, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => Bits(bytes, 0, bytes.Length * 8),
    };

    /// <summary>Bits from an offset that counts, as members do, from the least significant bit of a little-endian file, the most of a big-endian one.</summary>
    private UInt128 Bits(ReadOnlySpan<byte> bytes, ulong start, int width)
    {
        ulong end = start + (ulong)width;
        if (width > 128 || end > (ulong)bytes.Length * 8)
        {
            throw _root.Malformed($"expected a number of at most 128 bits inside its {bytes.Length} bytes, have {width} bits at bit {start}");
        }

        int first = (int)(start / 8);
        ReadOnlySpan<byte> part = bytes[first..(int)((end + 7) / 8)];
        int skipped = (int)(_bigEndian ? (ulong)part.Length * 8 - (start % 8) - (ulong)width : start % 8);
        UInt128 value = 0;
        for (int i = 0; i < part.Length; i++)
        {
            // From the least significant byte on; of the 17 bytes that 128 bits can touch, the outer ones give what lies inside.
            int place = i * 8 - skipped;
            UInt128 b = part[_bigEndian ? part.Length - 1 - i : i];
            value |= place < 0 ? b >> -place : b << place;
        }

        return width == 128 ? value : value & ((UInt128.One << width) - 1);
    }
}
