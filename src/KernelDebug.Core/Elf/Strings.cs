using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>Strings of string tables, bounded in length.</summary>
public static class Strings
{
    /// <summary>The bytes of the string at an offset, without its NUL.</summary>
    /// <exception cref="BinaryFormatException">The offset is outside, or no NUL follows within <see cref="ParserLimits.MaxNameBytes"/>.</exception>
    public static ReadOnlySpan<byte> Bytes(ByteSlice table, ulong offset)
    {
        if (offset >= (ulong)table.Length)
        {
            throw table.Error((long)Math.Min(offset, long.MaxValue), $"expected a string inside the {table.Length} bytes");
        }

        ReadOnlySpan<byte> window = table.Window((long)offset, ParserLimits.MaxNameBytes);
        int end = window.IndexOf((byte)0);
        return end >= 0
            ? window[..end]
            : throw table.Error((long)offset, $"expected a string ending in NUL, have {window.Length} bytes without one");
    }

    /// <summary>The string at an offset.</summary>
    /// <exception cref="BinaryFormatException">As <see cref="Bytes"/>.</exception>
    public static string Read(ByteSlice table, ulong offset) => Encoding.UTF8.GetString(Bytes(table, offset));
}
