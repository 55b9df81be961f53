using System.Buffers.Binary;
using System.Text;
using KernelDebug.Btf;

namespace KernelDebug.Tracing;

/// <summary>
/// The kinds of values in records that generated programs send, little-endian. What has a length of its own is a slot: four bytes
/// that say how many bytes there were, or below zero why they could not be read, and as many bytes as were copied at most.
/// </summary>
internal static class TraceValues
{
    /// <summary>Bytes before those of a slot.</summary>
    public const int SlotHeader = sizeof(int);

    /// <summary>An integer of 1, 2, 4 or 8 bytes; null for another size.</summary>
    public static TraceValue? Number(string name, int at, int size, bool isSigned) => (size, isSigned) switch
    {
        (1, false) => new(name, typeof(byte), record => record[at]),
        (1, true) => new(name, typeof(sbyte), record => (sbyte)record[at]),
        (2, false) => new(name, typeof(ushort), record => BinaryPrimitives.ReadUInt16LittleEndian(record[at..])),
        (2, true) => new(name, typeof(short), record => BinaryPrimitives.ReadInt16LittleEndian(record[at..])),
        (4, false) => new(name, typeof(uint), record => BinaryPrimitives.ReadUInt32LittleEndian(record[at..])),
        (4, true) => new(name, typeof(int), record => BinaryPrimitives.ReadInt32LittleEndian(record[at..])),
        (8, false) => new(name, typeof(ulong), record => BinaryPrimitives.ReadUInt64LittleEndian(record[at..])),
        (8, true) => new(name, typeof(long), record => BinaryPrimitives.ReadInt64LittleEndian(record[at..])),
        _ => null,
    };

    /// <summary>A <c>bool</c>.</summary>
    public static TraceValue Boolean(string name, int at) => new(name, typeof(bool), record => record[at] != 0);

    /// <summary>A pointer.</summary>
    public static TraceValue Address(string name, int at) => new(name, typeof(BtfAddress), record => new BtfAddress(BinaryPrimitives.ReadUInt64LittleEndian(record[at..])));

    /// <summary>A value of a type of the kernel's.</summary>
    public static TraceValue Typed(string name, int at, BtfType type, Type result) => new(name, result, record => BtfValueReader.Read(type, record[at..]));

    /// <summary>A structure, array or large number of the kernel's.</summary>
    public static TraceValue Record(string name, int at, int size, BtfType type) => new(
        name, BtfValueReader.ResultOf(type), record => BtfRecordClass.Read(type, record.Slice(at, size).ToArray()));

    /// <summary>The value where its bit among those of the values that could be read is set; else null.</summary>
    public static TraceValue Optional(TraceValue value, int maskAt, int bit)
    {
        Type result = value.Result.IsValueType && Nullable.GetUnderlyingType(value.Result) is null ? typeof(Nullable<>).MakeGenericType(value.Result) : value.Result;
        return new(value.Name, result, record => (BinaryPrimitives.ReadUInt64LittleEndian(record[maskAt..]) >> bit & 1) == 0 ? null : value.Read(record));
    }

    /// <summary>A <c>char[]</c> of fixed size: text up to its NUL.</summary>
    public static TraceValue Text(string name, int at, int size) => new(name, typeof(string), record => Decode(record.Slice(at, size)));

    /// <summary>Bytes.</summary>
    public static TraceValue Bytes(string name, int at, int size) => new(name, typeof(byte[]), record => record.Slice(at, size).ToArray());

    /// <summary>An array of integers.</summary>
    public static TraceValue Array(string name, int at, int count, int size, bool isSigned)
    {
        TraceValue element = Number(name, 0, size, isSigned)!;
        return new(name, typeof(object[]), record => Elements(record.Slice(at, count * size), element, size));
    }

    /// <summary>A slot of text; null where the kernel could not read it. What was longer than the slot ends in an ellipsis.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="at">Where the slot is.</param>
    /// <param name="most">Characters shown at most; the slot has one more and the NUL.</param>
    public static TraceValue TextSlot(string name, int at, int most) => new(
        name, typeof(string), record =>
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(record[at..]);
            ReadOnlySpan<byte> bytes = record[(at + SlotHeader)..];
            return length < 0 ? null : length <= most + 1 ? Decode(bytes[..length]) : Decode(bytes[..most]) + "…";
        });

    /// <summary>A slot of integers, bytes as <c>byte[]</c>; null where the kernel could not read it, or there were more than the slot holds.</summary>
    public static TraceValue ArraySlot(string name, int at, int most, int size, bool isSigned)
    {
        TraceValue element = Number(name, 0, size, isSigned)!;
        bool isBytes = size == 1 && !isSigned;
        return new(
            name, isBytes ? typeof(byte[]) : typeof(object[]), record =>
            {
                int length = BinaryPrimitives.ReadInt32LittleEndian(record[at..]);
                if (length < 0 || length > most)
                {
                    return null;
                }

                ReadOnlySpan<byte> bytes = record.Slice(at + SlotHeader, length);
                return isBytes ? bytes.ToArray() : Elements(bytes, element, size);
            });
    }

    private static object?[] Elements(ReadOnlySpan<byte> bytes, TraceValue element, int size)
    {
        object?[] elements = new object?[bytes.Length / size];
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = element.Read(bytes[(i * size)..]);
        }

        return elements;
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
