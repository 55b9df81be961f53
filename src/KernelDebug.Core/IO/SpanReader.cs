using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace KernelDebug.IO;

/// <summary>A cursor over a slice: byte order, LEB128, one bounds check a read, and the position an error names.</summary>
public ref struct SpanReader
{
    private readonly ByteSlice _slice;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _swap;
    private int _position;

    /// <summary>Starts at the slice's first byte.</summary>
    public SpanReader(ByteSlice slice)
    {
        _slice = slice;
        _bytes = slice.Span;
        _swap = slice.IsBigEndian == BitConverter.IsLittleEndian;
    }

    /// <summary>Bytes from the slice's start.</summary>
    public int Position
    {
        readonly get => _position;
        set
        {
            if ((uint)value > (uint)_bytes.Length)
            {
                ThrowShort(value, 0);
            }

            _position = value;
        }
    }

    /// <summary>Bytes left.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>True at the end.</summary>
    public readonly bool IsAtEnd => _position >= _bytes.Length;

    /// <summary>All the bytes, read or not.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>One byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ReadByte()
    {
        int at = _position;
        if ((uint)at >= (uint)_bytes.Length)
        {
            ThrowShort(at, 1);
        }

        _position = at + 1;
        return _bytes[at];
    }

    /// <summary>Two bytes.</summary>
    public ushort ReadUInt16()
    {
        ushort value = Unsafe.ReadUnaligned<ushort>(in Take(2)[0]);
        return _swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>Four bytes.</summary>
    public uint ReadUInt32()
    {
        uint value = Unsafe.ReadUnaligned<uint>(in Take(4)[0]);
        return _swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>Eight bytes.</summary>
    public ulong ReadUInt64()
    {
        ulong value = Unsafe.ReadUnaligned<ulong>(in Take(8)[0]);
        return _swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>Three bytes (DW_FORM_strx3, DW_FORM_addrx3).</summary>
    public uint ReadUInt24()
    {
        ReadOnlySpan<byte> b = Take(3);
        return _slice.IsBigEndian ? ((uint)b[0] << 16) | ((uint)b[1] << 8) | b[2] : ((uint)b[2] << 16) | ((uint)b[1] << 8) | b[0];
    }

    /// <summary>An unsigned number of 1, 2, 4 or 8 bytes: an address or an offset.</summary>
    /// <exception cref="BinaryFormatException">Another size, or too few bytes.</exception>
    public ulong ReadUnsigned(int size) => size switch
    {
        8 => ReadUInt64(),
        4 => ReadUInt32(),
        2 => ReadUInt16(),
        1 => ReadByte(),
        _ => throw Error($"expected a size of 1, 2, 4 or 8 bytes, have {size}"),
    };

    /// <summary>An unsigned LEB128 number (DWARF 5, Section 7.6).</summary>
    /// <exception cref="BinaryFormatException">It does not end, or does not fit in 64 bits.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadUleb128()
    {
        int at = _position;
        if ((uint)at < (uint)_bytes.Length && _bytes[at] < 0x80)
        {
            _position = at + 1;
            return _bytes[at];
        }

        return ReadLongUleb128();
    }

    private ulong ReadLongUleb128()
    {
        int start = _position;
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = ReadByte();
            ulong bits = b & 0x7fu;
            if (shift < 64)
            {
                value |= bits << shift;
            }

            bool lost = shift >= 64 ? bits != 0 : shift == 63 && bits > 1;
            if (lost || _position - start > ParserLimits.MaxLeb128Bytes)
            {
                throw _slice.Error(start, "expected a LEB128 number of at most 64 bits, have a longer one");
            }

            if (b < 0x80)
            {
                return value;
            }
        }
    }

    /// <summary>A signed LEB128 number.</summary>
    /// <exception cref="BinaryFormatException">It does not end.</exception>
    public long ReadSleb128()
    {
        int start = _position;
        long value = 0;
        int shift = 0;
        while (true)
        {
            byte b = ReadByte();
            if (shift < 64)
            {
                value |= (long)(b & 0x7f) << shift;
            }

            shift += 7;
            if (_position - start > ParserLimits.MaxLeb128Bytes)
            {
                throw _slice.Error(start, "expected a LEB128 number of at most 64 bits, have a longer one");
            }

            if (b < 0x80)
            {
                return shift < 64 && (b & 0x40) != 0 ? value | (-1L << shift) : value;
            }
        }
    }

    /// <summary>The bytes of a string that ends in NUL, without it.</summary>
    /// <exception cref="BinaryFormatException">No NUL follows.</exception>
    public ReadOnlySpan<byte> ReadCString()
    {
        ReadOnlySpan<byte> rest = _bytes[_position..];
        int length = rest.IndexOf((byte)0);
        if (length < 0)
        {
            throw Error($"expected a string ending in NUL, have {rest.Length} bytes without one");
        }

        _position += length + 1;
        return rest[..length];
    }

    /// <summary>Moves past bytes that are not looked at.</summary>
    /// <exception cref="BinaryFormatException">Fewer are left.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(ulong count)
    {
        if (count > (ulong)(_bytes.Length - _position))
        {
            ThrowShort(_position, count);
        }

        _position += (int)count;
    }

    /// <summary>The next bytes.</summary>
    /// <exception cref="BinaryFormatException">Fewer are left.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Take(int count)
    {
        int at = _position;
        if ((uint)count > (uint)(_bytes.Length - at))
        {
            ThrowShort(at, (ulong)count);
        }

        _position = at + count;
        return _bytes.Slice(at, count);
    }

    /// <summary>The error at the current position.</summary>
    public readonly BinaryFormatException Error(string problem) => _slice.Error(_position, problem);

    [DoesNotReturn]
    private readonly void ThrowShort(int at, ulong wanted) =>
        throw _slice.Error(at, $"expected at least {wanted} bytes, have {Math.Max(0, _bytes.Length - at)}");
}
