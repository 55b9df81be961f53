namespace KernelDebug.IO;

/// <summary>A bounded part of a <see cref="ByteSource"/> with the names an error needs: a section, a unit of one, a header.</summary>
public readonly struct ByteSlice
{
    private readonly ByteSource? _source;
    private readonly long _start;

    /// <summary>The whole of a source.</summary>
    public ByteSlice(ByteSource source, string section, bool isBigEndian)
        : this(source, 0, source?.Length ?? 0, section, 0, isBigEndian)
    {
    }

    private ByteSlice(ByteSource? source, long start, long length, string section, long baseOffset, bool isBigEndian)
    {
        _source = source;
        _start = start;
        Length = length;
        Section = section;
        BaseOffset = baseOffset;
        IsBigEndian = isBigEndian;
    }

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>The section's name for errors.</summary>
    public string Section { get; }

    /// <summary>Offset of this slice's first byte in its section.</summary>
    public long BaseOffset { get; }

    /// <summary>Byte order.</summary>
    public bool IsBigEndian { get; }

    /// <summary>True for a section that is not there.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The file's name.</summary>
    public string File => _source?.Name ?? "(no file)";

    /// <summary>The same bytes under another section's name, offsets counted from its start.</summary>
    public ByteSlice Named(string section) => new(_source, _start, Length, section, 0, IsBigEndian);

    /// <summary>Marks a copy as standing at <paramref name="baseOffset"/> of its section.</summary>
    public ByteSlice At(long baseOffset) => new(_source, _start, Length, Section, baseOffset, IsBigEndian);

    /// <summary>A part of this slice.</summary>
    /// <exception cref="BinaryFormatException">It is not all inside.</exception>
    public ByteSlice Slice(long offset, long length)
    {
        Check(offset, length);
        return new ByteSlice(_source, _start + offset, length, Section, BaseOffset + offset, IsBigEndian);
    }

    /// <summary>From an offset to the end.</summary>
    /// <exception cref="BinaryFormatException">The offset is beyond the end.</exception>
    public ByteSlice From(long offset) => Slice(offset, Math.Max(0, Length - offset));

    /// <summary>The bytes.</summary>
    /// <exception cref="BinaryFormatException">They are more than one span can hold (2 GiB).</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            if (Length > int.MaxValue)
            {
                throw Error(0, $"expected a part of at most 2 GiB, have {Length} bytes");
            }

            return _source is null ? default : _source.GetSpan(_start, (int)Length);
        }
    }

    /// <summary>At most <paramref name="most"/> bytes from an offset: what a string or header of unknown length is read from.</summary>
    /// <exception cref="BinaryFormatException">The offset is beyond the end.</exception>
    public ReadOnlySpan<byte> Window(long offset, int most) => Slice(offset, Math.Min(most, Math.Max(0, Length - offset))).Span;

    /// <summary>Lets the memory of these bytes go until they are read again.</summary>
    internal void ReleasePages() => _source?.ReleasePages(_start, Length);

    /// <summary>A reader over the bytes.</summary>
    public SpanReader Reader() => new(this);

    /// <summary>The error that names this file and section; <paramref name="offset"/> counts from the slice's start.</summary>
    public BinaryFormatException Error(long offset, string problem) => new(File, Section, BaseOffset + offset, problem);

    private void Check(long offset, long length)
    {
        if (offset < 0 || length < 0 || (ulong)offset + (ulong)length > (ulong)Length)
        {
            throw Error(offset, $"expected at least 0x{length:x} bytes, have 0x{Math.Max(0, Length - Math.Max(0, offset)):x}");
        }
    }
}
