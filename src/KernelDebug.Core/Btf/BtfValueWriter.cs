using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>
/// The way back from <see cref="BtfValueReader"/>: a value and its type in, bytes out. Integers, booleans and addresses are numbers,
/// enumerations a name or a number, <c>char[]</c> text, arrays of bytes <c>byte[]</c>, other arrays a list, structures a dictionary of
/// members: those it does not name keep their bytes.
/// </summary>
public static class BtfValueWriter
{
    /// <summary>Writes a value over the bytes of one.</summary>
    /// <param name="type">The type.</param>
    /// <param name="value">The value.</param>
    /// <param name="bytes">As many as the type takes.</param>
    /// <exception cref="ArgumentException">The value does not fit the type; the message says where in it and what would.</exception>
    /// <exception cref="BinaryFormatException">The type is malformed.</exception>
    public static void Write(BtfType type, object? value, Span<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(type);
        BtfType bare = type.Bare is BtfVariable variable ? variable.Target : type;
        if (bare.Size is not { } size || size > (ulong)bytes.Length)
        {
            throw new ArgumentException($"expected a type of at most {bytes.Length} bytes, have {type}", nameof(type));
        }

        Write(bare, value, bytes[..(int)size], "value", 0);
    }

    private static void Write(BtfType type, object? value, Span<byte> bytes, string place, int depth)
    {
        if (depth > ParserLimits.MaxBtfNesting)
        {
            throw type.Malformed($"expected at most {ParserLimits.MaxBtfNesting} values within each other, have more");
        }

        switch (type.Bare)
        {
            case BtfInt number:
                Store(bytes, 0, bytes.Length * 8, Fitting(Number(value, place), bytes.Length * 8, number.IsSigned, place), type.File.IsBigEndian);
                break;
            case BtfEnum values:
                Store(bytes, 0, bytes.Length * 8, Fitting(Enumerator(values, value, place), bytes.Length * 8, values.IsSigned, place), type.File.IsBigEndian);
                break;
            case BtfPointer:
                Store(bytes, 0, bytes.Length * 8, Fitting(Number(value, place), bytes.Length * 8, false, place), type.File.IsBigEndian);
                break;
            case BtfFloat when bytes.Length is 4 or 8:
                Float(value, bytes, type.File.IsBigEndian, place);
                break;
            case BtfArray array:
                Array(array, value, bytes, place, depth);
                break;
            case BtfStruct structure:
                Structure(structure, value, bytes, place, depth);
                break;
            default:
                throw new ArgumentException($"{place}: a {type} cannot be written");
        }
    }

    private static void Structure(BtfStruct structure, object? value, Span<byte> bytes, string place, int depth)
    {
        if (value is not IDictionary members)
        {
            throw new ArgumentException($"{place}: expected the members of {structure} by name, such as @{{ {(structure.FlattenedMembers is [var first, ..] ? first.Name : "name")} = 1 }}, have {Describe(value)}");
        }

        foreach (DictionaryEntry entry in members)
        {
            string name = System.Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "";
            BtfMember member = structure.FindMember(name)
                ?? throw new ArgumentException($"{place}: {structure} has no member {name}; it has {string.Join(", ", structure.FlattenedMembers.Select(m => m.Name).Take(12))}");
            string inner = $"{place}.{name}";
            ulong size = member.BitSize ?? throw new ArgumentException($"{inner}: a {member.Type} cannot be written");
            if (size > (ulong)bytes.Length * 8 || member.BitOffset > (ulong)bytes.Length * 8 - size)
            {
                throw structure.Malformed($"expected members inside the {bytes.Length} bytes, have {name} of {size} bits at bit {member.BitOffset}");
            }

            if (!member.IsBitField && member.BitOffset % 8 == 0)
            {
                Write(member.Type, entry.Value, bytes.Slice((int)member.ByteOffset, (int)(size / 8)), inner, depth + 1);
                continue;
            }

            (bool isSigned, Int128 number) = member.Type.Bare switch
            {
                BtfInt type => (type.IsSigned, Number(entry.Value, inner)),
                BtfEnum type => (type.IsSigned, Enumerator(type, entry.Value, inner)),
                _ => throw structure.Malformed($"expected bit fields of integers and enumerations, have {name} of type {member.TypeId}"),
            };
            Store(bytes, (int)(member.BitOffset + (ulong)(member.OwnBits?.BitOffset ?? 0)), (int)size, Fitting(number, (int)size, isSigned, inner), structure.File.IsBigEndian);
        }
    }

    private static void Array(BtfArray array, object? value, Span<byte> bytes, string place, int depth)
    {
        bool isText = array.Target.Bare is BtfInt { IsCharacter: true };
        byte[]? plain = value switch
        {
            string text when isText => Encoding.UTF8.GetBytes(text),
            byte[] raw when array.Target.Bare is BtfInt { ByteSize: 1 } => raw,
            _ => null,
        };
        if (plain is not null)
        {
            // Text keeps its NUL, which readers in the kernel count on.
            int most = isText && value is string ? bytes.Length - 1 : bytes.Length;
            if (plain.Length > most)
            {
                throw new ArgumentException($"{place}: expected at most {most} bytes, have {plain.Length}");
            }

            bytes.Clear();
            plain.CopyTo(bytes);
            return;
        }

        if (value is not IList elements || value is string)
        {
            throw new ArgumentException($"{place}: expected {(isText ? "text" : $"{array.Count} elements")}, have {Describe(value)}");
        }

        if (elements.Count > array.Count)
        {
            throw new ArgumentException($"{place}: expected at most {array.Count} elements, have {elements.Count}");
        }

        int size = array.Count == 0 ? 0 : bytes.Length / (int)array.Count;
        for (int i = 0; i < elements.Count; i++)
        {
            Write(array.Target, elements[i], bytes.Slice(i * size, size), $"{place}[{i}]", depth + 1);
        }
    }

    private static void Float(object? value, Span<byte> bytes, bool isBigEndian, string place)
    {
        double number = value is IConvertible convertible and not bool
            ? convertible.ToDouble(CultureInfo.InvariantCulture)
            : throw new ArgumentException($"{place}: expected a number, have {Describe(value)}");
        if (bytes.Length == 4)
        {
            Span<byte> little = stackalloc byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(little, (float)number);
            Store(bytes, 0, 32, BinaryPrimitives.ReadUInt32LittleEndian(little), isBigEndian);
        }
        else
        {
            Store(bytes, 0, 64, BitConverter.DoubleToUInt64Bits(number), isBigEndian);
        }
    }

    private static Int128 Enumerator(BtfEnum values, object? value, string place)
    {
        if (value is BtfEnumNumber known)
        {
            return known.IsSigned ? known.Value : known.Bits;
        }

        if (value is not string name)
        {
            return Number(value, place);
        }

        BtfEnumValue? named = values.Values.FirstOrDefault(item => item.Name == name);
        return named is not null ? named.IsSigned ? named.Value : named.Bits
            : TryNumber(name, out Int128 number) ? number
            : throw new ArgumentException($"{place}: {values} has no {name}; it has {string.Join(", ", values.Values.Select(item => item.Name).Take(12))}");
    }

    private static Int128 Number(object? value, string place) => value switch
    {
        bool truth => truth ? 1 : 0,
        BtfAddress address => address.Value,
        char character => character,
        Int128 number => number,
        UInt128 number when number <= (UInt128)Int128.MaxValue => (Int128)number,
        ulong number => number,
        sbyte or byte or short or ushort or int or uint or long => System.Convert.ToInt64(value, CultureInfo.InvariantCulture),
        Enum named => System.Convert.ToInt64(named, CultureInfo.InvariantCulture),
        double number when double.IsInteger(number) && Math.Abs(number) < 1e18 => (long)number,
        string text when TryNumber(text, out Int128 number) => number,
        _ => throw new ArgumentException($"{place}: expected a number, have {Describe(value)}"),
    };

    private static bool TryNumber(string text, out Int128 number) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? Int128.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && text.Length <= 2 + 16
            : Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static UInt128 Fitting(Int128 number, int width, bool isSigned, string place)
    {
        (Int128 least, Int128 most) = (isSigned, width) switch
        {
            (_, 128) => (Int128.MinValue, Int128.MaxValue),
            (true, _) => (-(Int128.One << (width - 1)), (Int128.One << (width - 1)) - 1),
            _ => (Int128.Zero, (Int128.One << width) - 1),
        };
        return number >= least && number <= most
            ? unchecked((UInt128)number)
            : throw new ArgumentException($"{place}: expected a number from {least} to {most}, have {number}");
    }

    /// <summary>Puts bits to where <see cref="BtfValueReader"/> reads them.</summary>
    private static void Store(Span<byte> bytes, int start, int width, UInt128 value, bool isBigEndian)
    {
        for (int i = 0; i < width; i++)
        {
            // Bit i of the value, counted from its least significant.
            int bit = isBigEndian ? start + width - 1 - i : start + i;
            int mask = isBigEndian ? 0x80 >> (bit % 8) : 1 << (bit % 8);
            ref byte place = ref bytes[bit / 8];
            place = (byte)(((value >> i) & 1) != 0 ? place | mask : place & ~mask);
        }
    }

    private static string Describe(object? value) => value switch
    {
        null => "nothing",
        string text => $"\"{(text.Length > 40 ? text[..40] + "..." : text)}\"",
        _ => $"{value} ({value.GetType().Name})",
    };
}
