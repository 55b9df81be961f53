using KernelDebug.Btf;
using KernelDebug.IO;

namespace KernelDebug.Tests.Support;

/// <summary>Writes BTF word by word, so that any of it can be wrong.</summary>
internal sealed class BtfBuilder(bool bigEndian = false, uint stringStart = 0)
{
    private readonly ByteWriter _types = new(bigEndian);
    private readonly ByteWriter _strings = new(bigEndian);
    private readonly Dictionary<string, uint> _known = new(StringComparer.Ordinal);
    private byte[] _layout = [];

    /// <summary>Offset of a string, added where it is not there yet.</summary>
    public uint String(string text)
    {
        if (_strings.Length == 0 && stringStart == 0)
        {
            _strings.U8(0);
        }

        if (text.Length == 0)
        {
            return 0;
        }

        if (!_known.TryGetValue(text, out uint offset))
        {
            offset = stringStart + (uint)_strings.Length;
            _known.Add(text, offset);
            _strings.Text(text);
        }

        return offset;
    }

    /// <summary>Adds a type: its kind and count, size or type, and the words behind it.</summary>
    public BtfBuilder Type(BtfKind kind, string name, uint sizeOrType, int count = 0, bool flag = false, params uint[] words)
    {
        _types.U32(String(name)).U32(((uint)kind << 24) | (uint)count | (flag ? 1u << 31 : 0)).U32(sizeOrType);
        foreach (uint word in words)
        {
            _types.U32(word);
        }

        return this;
    }

    /// <summary>An int of four bytes.</summary>
    public BtfBuilder Int(string name = "int") => Type(BtfKind.Int, name, 4, words: [0x01000020]);

    /// <summary>A structure of members, each name, type and bit offset.</summary>
    public BtfBuilder Struct(string name, uint size, params (string Name, uint Type, uint Bits)[] members) => Type(
        BtfKind.Struct, name, size, members.Length, false, [.. members.SelectMany(m => new[] { String(m.Name), m.Type, m.Bits })]);

    /// <summary>The layout section: info_sz and elem_sz of each kind from 0 on.</summary>
    public BtfBuilder Layout(params (byte Info, byte Element)[] kinds)
    {
        _layout = [.. kinds.SelectMany(kind => new byte[] { kind.Info, kind.Element, 0, 0 })];
        return this;
    }

    public byte[] Build()
    {
        _ = String("");
        int header = _layout.Length > 0 ? 32 : 24;
        ByteWriter file = new ByteWriter(bigEndian).U16(0xeb9f).U8(1, 0).U32((ulong)header)
            .U32(0).U32((ulong)_types.Length).U32((ulong)_types.Length).U32((ulong)_strings.Length);
        if (_layout.Length > 0)
        {
            file.U32((ulong)(_types.Length + _strings.Length)).U32((ulong)_layout.Length);
        }

        return file.Raw(_types.ToArray()).Raw(_strings.ToArray()).Raw(_layout).ToArray();
    }

    public BtfFile Open(BtfFile? baseFile = null, string name = "built") => BtfFile.Read(ByteSource.FromArray(Build(), name), baseFile);
}
