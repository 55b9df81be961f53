using System.Text;

namespace KernelDebug.Tests.Support;

/// <summary>Writes the numbers and strings of ELF and DWARF in either byte order.</summary>
internal sealed class ByteWriter(bool bigEndian = false)
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public ByteWriter U8(params int[] values)
    {
        foreach (int value in values)
        {
            _bytes.Add((byte)value);
        }

        return this;
    }

    public ByteWriter U16(ulong value) => Number(value, 2);

    public ByteWriter U32(ulong value) => Number(value, 4);

    public ByteWriter U64(ulong value) => Number(value, 8);

    public ByteWriter Number(ulong value, int size)
    {
        for (int i = 0; i < size; i++)
        {
            _bytes.Add((byte)(value >> (8 * (bigEndian ? size - 1 - i : i))));
        }

        return this;
    }

    public ByteWriter Uleb(params ulong[] values)
    {
        foreach (ulong number in values)
        {
            ulong value = number;
            for (; value >= 0x80; value >>= 7)
            {
                _bytes.Add((byte)(value | 0x80));
            }

            _bytes.Add((byte)value);
        }

        return this;
    }

    public ByteWriter Text(string text)
    {
        _bytes.AddRange(Encoding.UTF8.GetBytes(text));
        _bytes.Add(0);
        return this;
    }

    public ByteWriter Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>Puts a number where a placeholder stands.</summary>
    public ByteWriter Patch(int at, ulong value, int size)
    {
        for (int i = 0; i < size; i++)
        {
            _bytes[at + i] = (byte)(value >> (8 * (bigEndian ? size - 1 - i : i)));
        }

        return this;
    }
}
