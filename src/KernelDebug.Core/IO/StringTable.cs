using System.Text;

namespace KernelDebug.IO;

/// <summary>Builds a table of strings as ELF, BTF and GSYM have it: each once, ending in NUL, known by its offset.</summary>
internal sealed class StringTable
{
    private readonly ByteBuffer _bytes = new();
    private readonly Dictionary<string, int> _offsets = new(StringComparer.Ordinal);
    private readonly uint _start;

    /// <summary>A table that begins with the empty string.</summary>
    public StringTable() => _bytes.WriteByte(0);

    /// <summary>A table that continues another, which has the empty string.</summary>
    /// <param name="start">Bytes of the other.</param>
    public StringTable(uint start) => _start = start;

    /// <summary>The strings so far, without those of the table this one continues.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <summary>The offset of a string, which is added where it is new; of one with a NUL inside, what is before it is kept.</summary>
    public uint Add(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        if (!_offsets.TryGetValue(text, out int offset))
        {
            offset = _bytes.Length;
            _offsets.Add(text, offset);
            Span<byte> bytes = stackalloc byte[256];
            int most = Encoding.UTF8.GetMaxByteCount(text.Length);
            bytes = most > bytes.Length ? new byte[most] : bytes;
            ReadOnlySpan<byte> written = bytes[..Encoding.UTF8.GetBytes(text, bytes)];
            int end = written.IndexOf((byte)0);
            _bytes.Write(end < 0 ? written : written[..end]);
            _bytes.WriteByte(0);
        }

        return _start + (uint)offset;
    }
}
