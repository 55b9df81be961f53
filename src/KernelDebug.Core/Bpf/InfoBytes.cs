using System.Text;

namespace KernelDebug.Bpf;

/// <summary>Fields of the kernel's <c>struct bpf_*_info</c>, in this machine's byte order.</summary>
internal readonly ref struct InfoBytes(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public uint UInt32(int offset) => BitConverter.ToUInt32(_bytes[offset..]);

    public ulong UInt64(int offset) => BitConverter.ToUInt64(_bytes[offset..]);

    public string Text(int offset, int length)
    {
        ReadOnlySpan<byte> text = _bytes.Slice(offset, length);
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    public string Hex(int offset, int length) => Convert.ToHexStringLower(_bytes.Slice(offset, length));
}
