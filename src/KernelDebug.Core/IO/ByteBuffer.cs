using System.Buffers.Binary;

namespace KernelDebug.IO;

/// <summary>A growing run of bytes to be written to a file, numbers little-endian: what <see cref="SpanReader"/> is for reading.</summary>
internal sealed class ByteBuffer
{
    private byte[] _bytes = new byte[256];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes written.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>One byte.</summary>
    public void WriteByte(byte value) => Grow(1)[0] = value;

    /// <summary>Two bytes.</summary>
    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Grow(2), value);

    /// <summary>Four bytes.</summary>
    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Grow(4), value);

    /// <summary>Eight bytes.</summary>
    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Grow(8), value);

    /// <summary>The low <paramref name="size"/> bytes of a number.</summary>
    public void WriteUnsigned(ulong value, int size)
    {
        Span<byte> place = Grow(size);
        for (int i = 0; i < size; i++)
        {
            place[i] = (byte)(value >> (8 * i));
        }
    }

    /// <summary>An unsigned LEB128 number.</summary>
    public void WriteUleb128(ulong value)
    {
        while (value >= 0x80)
        {
            WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        WriteByte((byte)value);
    }

    /// <summary>A signed LEB128 number.</summary>
    public void WriteSleb128(long value)
    {
        while (value is < -0x40 or >= 0x40)
        {
            WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        WriteByte((byte)(value & 0x7f));
    }

    /// <summary>Bytes as they are.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Grow(bytes.Length));

    /// <summary>Zeros up to a multiple of <paramref name="alignment"/>.</summary>
    public void Align(int alignment) => Grow((alignment - Length % alignment) % alignment).Clear();

    /// <summary>Four bytes in the place of those written before.</summary>
    public void Patch(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at, 4), value);

    /// <summary>Forgets what was written.</summary>
    public void Clear() => Length = 0;

    private Span<byte> Grow(int count)
    {
        int end = checked(Length + count);
        if (end > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(end, (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        }

        Span<byte> place = _bytes.AsSpan(Length, count);
        Length = end;
        return place;
    }
}
