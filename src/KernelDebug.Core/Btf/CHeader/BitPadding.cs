using System.Globalization;
using System.Text;

namespace KernelDebug.Btf.CHeader;

/// <summary>
/// Unnamed bit fields that keep the next member where it is: BTF knows where members lie, not which alignment was asked for. A compiler
/// closes part of a gap by itself, so only what it would not is written, in the largest type that fits.
/// </summary>
internal sealed class BitPadding(StringBuilder text, int pointerSize, WorkLimit limit)
{
    private readonly (string Name, int Bits)[] _types = [("long", pointerSize * 8), ("int", 32), ("short", 16), ("char", 8)];

    /// <summary>Writes the padding from one bit to another; nothing where there is no gap.</summary>
    /// <param name="from">The bit behind the last member.</param>
    /// <param name="to">The first bit of the next member.</param>
    /// <param name="alignment">Bytes the next member is aligned to without help.</param>
    /// <param name="isBitField">True between two bit fields, where a compiler aligns nothing.</param>
    /// <param name="indent">What lines begin with.</param>
    public void Write(long from, long to, int alignment, bool isBitField, string indent)
    {
        if (from >= to)
        {
            return;
        }

        limit.Gap(to - from);

        // The largest type with a boundary in the gap, or the smallest there is.
        int type = 0;
        while (type < _types.Length - 1 && RoundUp(from, _types[type].Bits) > to)
        {
            type++;
        }

        (string name, int bits) = _types[type];
        long boundary = RoundUp(from, bits);
        if (boundary > from && boundary <= to)
        {
            // The compiler goes to the boundary by itself where the next member's alignment takes it there, or where the padding
            // behind it would not fit before it.
            bool isNeeded = isBitField
                || (boundary == to ? RoundUp(from, Math.Max(alignment, 1) * 8) != boundary : to - boundary <= boundary - from);
            if (isNeeded)
            {
                Line(name, isBitField ? boundary - from : 0, indent);
            }

            from = boundary;
        }

        for (; to - from >= bits; from += bits)
        {
            Line(name, bits, indent);
        }

        if (from < to)
        {
            Line(Array.FindLast(_types, other => other.Bits >= to - from).Name, to - from, indent);
        }
    }

    private void Line(string type, long bits, string indent)
    {
        limit.Length(text.Length);
        text.Append('\n').Append(indent).Append(type).Append(": ").Append(CultureInfo.InvariantCulture, $"{bits}").Append(';');
    }

    private static long RoundUp(long value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
