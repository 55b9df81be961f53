using System.Text;
using System.Text.Unicode;

namespace KernelDebug.IO;

/// <summary>The text of a line's bytes: UTF-8, and bytes that are not become <c>\xNN</c>.</summary>
public static class LineText
{
    /// <summary>Decodes a line.</summary>
    public static string Decode(ReadOnlySpan<byte> line) => Utf8.IsValid(line) ? Encoding.UTF8.GetString(line) : Escape(line);

    /// <summary>How many of the bytes are whole characters: all, but for up to three of one that goes on behind them.</summary>
    internal static int EndOfWhole(ReadOnlySpan<byte> bytes)
    {
        for (int back = 1; back <= 3 && back < bytes.Length; back++)
        {
            byte value = bytes[^back];
            if ((value & 0xc0) == 0x80)
            {
                continue;
            }

            int size = value switch { >= 0xf0 => 4, >= 0xe0 => 3, >= 0xc0 => 2, _ => 1 };
            return size > back ? bytes.Length - back : bytes.Length;
        }

        return bytes.Length;
    }

    private static string Escape(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder(line.Length);
        while (!line.IsEmpty)
        {
            bool isValid = Rune.DecodeFromUtf8(line, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            text.Append(isValid ? rune.ToString() : $"\\x{line[0]:x2}");
            line = line[(isValid ? length : 1)..];
        }

        return text.ToString();
    }
}
