using System.Text;
using KernelDebug.IO;
using KernelDebug.Records;

namespace KernelDebug.Gsym;

/// <summary>
/// A file in LLVM's GSYM format, version 1: functions by address, with lines and inlined calls. Read in place: a look-up touches the
/// address table and one function's data.
/// </summary>
internal sealed class GsymFile : IDisposable
{
    private readonly ByteSource _source;
    private readonly ByteSlice _file;
    private readonly ByteSlice _addresses;
    private readonly ByteSlice _dataOffsets;
    private readonly ByteSlice _files;

    private GsymFile(ByteSource source)
    {
        _source = source;
        Header = GsymHeader.Read(source);
        _file = new ByteSlice(source, "GSYM", Header.IsBigEndian);
        _addresses = _file.Slice(GsymHeader.AddressesAt, (long)Header.Count * Header.AddressSize);
        _dataOffsets = _file.Slice(Header.DataOffsetsAt, Header.Count * 4L);
        uint files = _file.Slice(Header.FilesAt, 4).Reader().ReadUInt32();
        _files = _file.Slice(Header.FilesAt + 4, files * 8L);
        Strings = _file.Slice(Header.StringsAt, Header.StringsLength).Named("GSYM strings");
    }

    /// <summary>The header.</summary>
    public GsymHeader Header { get; }

    /// <summary>The strings, each ending in NUL.</summary>
    public ByteSlice Strings { get; }

    /// <summary>Reads the header and takes over the source.</summary>
    /// <exception cref="BinaryFormatException">Not GSYM of version 1, or its tables lie outside the file.</exception>
    public static GsymFile Read(ByteSource source) => new(source);

    /// <summary>The start of a function, by its place in the order of addresses.</summary>
    public ulong AddressOf(int index)
    {
        SpanReader reader = _addresses.Slice((long)index * Header.AddressSize, Header.AddressSize).Reader();
        return unchecked(Header.BaseAddress + reader.ReadUnsigned(Header.AddressSize));
    }

    /// <summary>A function, by its place in the order of addresses.</summary>
    /// <exception cref="BinaryFormatException">Its data lies outside the file.</exception>
    public GsymFunction FunctionAt(int index)
    {
        uint at = _dataOffsets.Slice(index * 4L, 4).Reader().ReadUInt32();
        SpanReader reader = _file.Slice(at, GsymFunction.FixedSize).Reader();
        return new GsymFunction(AddressOf(index), reader.ReadUInt32(), reader.ReadUInt32(), at + GsymFunction.FixedSize);
    }

    /// <summary>A string.</summary>
    /// <exception cref="BinaryFormatException">It lies outside, or does not end.</exception>
    public string StringAt(uint offset)
    {
        SpanReader reader = Strings.Slice(offset, Math.Min(ParserLimits.MaxNameBytes, Math.Max(0, Strings.Length - offset))).Reader();
        return Encoding.UTF8.GetString(reader.ReadCString());
    }

    /// <summary>The frames at an address, innermost first; empty where nothing is known of it.</summary>
    /// <exception cref="BinaryFormatException">The function's data is damaged.</exception>
    public IReadOnlyList<CodeFrame> Find(ulong address)
    {
        if (Holding(address) is not { } function)
        {
            return [];
        }

        (ByteSlice lines, ByteSlice inlined) = Parts(function);
        if (lines.IsEmpty && inlined.IsEmpty)
        {
            // A name of the symbol table alone.
            return [];
        }

        GsymPlace? place = lines.IsEmpty ? null : GsymLines.Find(lines, function.Start, address);
        ValueList<GsymCall>? calls = inlined.IsEmpty ? null : GsymCalls.Find(inlined, function.Start, address);
        uint outermost = calls is null ? function.Name : calls.Count > 0 ? calls[0].Name : 0;
        if (place is null && outermost == 0)
        {
            return [];
        }

        var frames = new CodeFrame[Math.Max(1, calls?.Count ?? 0)];
        for (int i = 0; i < frames.Length - 1; i++)
        {
            GsymCall call = calls![frames.Length - 1 - i];
            frames[i] = Frame(call.Name, place, isInlined: true);
            place = new GsymPlace(call.File, call.Line);
        }

        frames[^1] = Frame(outermost, place, isInlined: false);
        return frames;
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => _source.Dispose();

    private CodeFrame Frame(uint name, GsymPlace? place, bool isInlined)
    {
        string? text = name == 0 ? null : StringAt(name);
        string? path = place is { } known ? PathOf(known.File) : null;
        return new CodeFrame(text, text, path, place is { Line: > 0 and <= int.MaxValue } line ? (int)line.Line : null, null, isInlined);
    }

    private string? PathOf(uint file)
    {
        if (file == 0)
        {
            return null;
        }

        if (file >= _files.Length / 8)
        {
            throw _files.Error(0, $"expected one of {_files.Length / 8} files, have {file}");
        }

        SpanReader reader = _files.Slice(file * 8L, 8).Reader();
        string directory = StringAt(reader.ReadUInt32());
        string name = StringAt(reader.ReadUInt32());
        return directory.Length == 0 ? name : directory.EndsWith('/') ? directory + name : $"{directory}/{name}";
    }

    /// <summary>The function an address lies in: the first that holds it of those that start last at or below it.</summary>
    private GsymFunction? Holding(ulong address)
    {
        int low = 0;
        int high = Header.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (AddressOf(middle) <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        GsymFunction? found = null;
        for (int i = low - 1; i >= 0 && AddressOf(i) == AddressOf(low - 1); i--)
        {
            GsymFunction function = FunctionAt(i);
            if (address - function.Start < function.Size)
            {
                found = function;
            }
        }

        return found;
    }

    /// <summary>The line table and the inlined calls of a function; each empty where it has none. What else there may be is passed over.</summary>
    private (ByteSlice Lines, ByteSlice Inlined) Parts(GsymFunction function)
    {
        const uint EndOfList = 0;
        const uint LineTable = 1;
        const uint InlineInfo = 2;
        ByteSlice lines = default;
        ByteSlice inlined = default;
        long at = function.PartsAt;
        while (true)
        {
            SpanReader reader = _file.Slice(at, 8).Reader();
            uint type = reader.ReadUInt32();
            uint length = reader.ReadUInt32();
            if (type == EndOfList)
            {
                return (lines, inlined);
            }

            ByteSlice part = _file.Slice(at + 8, length);
            lines = type == LineTable ? part.Named("GSYM line table").At(at + 8) : lines;
            inlined = type == InlineInfo ? part.Named("GSYM inlined calls").At(at + 8) : inlined;
            at += 8 + length;
        }
    }
}
