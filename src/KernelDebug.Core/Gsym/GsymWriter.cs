using KernelDebug.IO;

namespace KernelDebug.Gsym;

/// <summary>An inlined call, or the function itself as the root, with what is inlined into it.</summary>
internal sealed class GsymCallNode(GsymCall call)
{
    /// <summary>What was inlined, and where it was called.</summary>
    public GsymCall Call => call;

    /// <summary>Where its code is: rising, apart from each other, inside the parent's.</summary>
    public ValueList<(ulong Low, ulong High)> Ranges { get; } = new();

    /// <summary>What is inlined into it.</summary>
    public List<GsymCallNode> Children { get; } = [];
}

/// <summary>
/// Makes a file in LLVM's GSYM format, version 1, little-endian. Functions are encoded as they come and take no more memory than in the
/// file.
/// </summary>
internal sealed class GsymWriter
{
    private readonly Dictionary<string, uint> _fileIndexes = new(StringComparer.Ordinal);
    private readonly StringTable _strings = new();
    private readonly ByteBuffer _files = new();
    private readonly ByteBuffer _data = new();
    private readonly List<(ulong Start, int At)> _functions = [];

    /// <summary>Begins with the file that is none, as the format has it.</summary>
    public GsymWriter() => AddFile("");

    /// <summary>The strings so far, each ending in NUL.</summary>
    public ReadOnlySpan<byte> Strings => _strings.Bytes;

    /// <summary>Functions so far.</summary>
    public int Count => _functions.Count;

    /// <summary>Bytes up to the end of the functions' data: where other things may stand.</summary>
    public long Length => DataAt + _data.Length;

    private int AddressSize
    {
        get
        {
            ulong most = _functions.Count == 0 ? 0 : _functions[^1].Start - _functions[0].Start;
            return most <= byte.MaxValue ? 1 : most <= ushort.MaxValue ? 2 : most <= uint.MaxValue ? 4 : 8;
        }
    }

    private long DataAt => Header(null, 0).FilesAt + 4 + _files.Length;

    /// <summary>The offset of a string, which is added where it is new.</summary>
    public uint AddString(string text) => _strings.Add(text);

    /// <summary>The index of a source file, which is added where it is new; 0 for none.</summary>
    public uint AddFile(string? path)
    {
        path ??= "";
        if (!_fileIndexes.TryGetValue(path, out uint index))
        {
            index = (uint)_fileIndexes.Count;
            _fileIndexes.Add(path, index);
            int slash = path.LastIndexOf('/');
            _files.WriteUInt32(AddString(slash > 0 ? path[..slash] : slash == 0 ? "/" : ""));
            _files.WriteUInt32(AddString(path[(slash + 1)..]));
        }

        return index;
    }

    /// <summary>Adds a function. They come in the order of their addresses.</summary>
    /// <param name="start">Address of its first byte.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="name">Offset of its name, not 0.</param>
    /// <param name="data">Its parts, as <see cref="WriteParts"/> made them.</param>
    public void Add(ulong start, uint size, uint name, ReadOnlySpan<byte> data)
    {
        if (_functions.Count > 0 && start <= _functions[^1].Start)
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"0x{start:x} does not follow 0x{_functions[^1].Start:x}");
        }

        _data.Align(4);
        _functions.Add((start, _data.Length));
        _data.WriteUInt32(size);
        _data.WriteUInt32(name);
        _data.Write(data);
    }

    /// <summary>Writes a function's parts: lines, inlined calls, the end of the list.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="start">Address of the function.</param>
    /// <param name="rows">Rows of the line table; empty for none.</param>
    /// <param name="calls">The function with what is inlined into it; null for no such part.</param>
    public static void WriteParts(ByteBuffer to, ulong start, ReadOnlySpan<GsymLine> rows, GsymCallNode? calls)
    {
        if (rows.Length > 0)
        {
            int at = Begin(to, 1);
            GsymLines.Write(to, start, rows);
            End(to, at);
        }

        if (calls is not null)
        {
            int at = Begin(to, 2);
            Write(to, start, calls);
            End(to, at);
        }

        to.WriteUInt64(0);
    }

    /// <summary>Writes header, tables and functions; what stands at <see cref="Length"/> and the strings are the caller's to write.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="buildId">The build-id of the object, lower-case hex; null for none.</param>
    /// <param name="stringsAt">File offset the strings will have.</param>
    /// <exception cref="InvalidDataException">The file would have more than the 4 GiB that the format's offsets reach.</exception>
    public void Write(Stream to, string? buildId, long stringsAt)
    {
        if (stringsAt + _strings.Bytes.Length > uint.MaxValue)
        {
            throw new InvalidDataException("GSYM holds at most 4 GiB; write fewer modules to one file");
        }

        GsymHeader header = Header(buildId, (uint)stringsAt);
        var tables = new ByteBuffer();
        header.Write(tables);
        foreach ((ulong start, _) in _functions)
        {
            tables.WriteUnsigned(start - header.BaseAddress, header.AddressSize);
        }

        tables.Align(4);
        long dataAt = DataAt;
        foreach ((_, int at) in _functions)
        {
            tables.WriteUInt32((uint)(dataAt + at));
        }

        tables.WriteUInt32((uint)_fileIndexes.Count);
        to.Write(tables.Span);
        to.Write(_files.Span);
        to.Write(_data.Span);
    }

    private GsymHeader Header(string? buildId, uint stringsAt) => new()
    {
        IsBigEndian = false,
        AddressSize = AddressSize,
        BaseAddress = _functions.Count == 0 ? 0 : _functions[0].Start,
        Count = _functions.Count,
        BuildId = buildId,
        StringsAt = stringsAt,
        StringsLength = (uint)_strings.Bytes.Length,
    };

    private static void Write(ByteBuffer to, ulong origin, GsymCallNode node)
    {
        to.WriteUleb128((ulong)node.Ranges.Count);
        for (int i = 0; i < node.Ranges.Count; i++)
        {
            to.WriteUleb128(node.Ranges[i].Low - origin);
            to.WriteUleb128(node.Ranges[i].High - node.Ranges[i].Low);
        }

        to.WriteByte(node.Children.Count > 0 ? (byte)1 : (byte)0);
        to.WriteUInt32(node.Call.Name);
        to.WriteUleb128(node.Call.File);
        to.WriteUleb128(node.Call.Line);
        foreach (GsymCallNode child in node.Children)
        {
            Write(to, node.Ranges[0].Low, child);
        }

        if (node.Children.Count > 0)
        {
            to.WriteUleb128(0);
        }
    }

    private static int Begin(ByteBuffer to, uint type)
    {
        to.WriteUInt32(type);
        to.WriteUInt32(0);
        return to.Length;
    }

    private static void End(ByteBuffer to, int start) => to.Patch(start - 4, (uint)(to.Length - start));
}
