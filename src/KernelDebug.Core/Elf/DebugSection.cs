using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>A section read with its relocations applied, or an empty one where the file has none of that name.</summary>
public sealed class DebugSection
{
    private readonly ByteSlice _bytes;
    private readonly RelocationTable? _relocations;

    private DebugSection(string name, ByteSlice bytes, RelocationTable? relocations)
    {
        Name = name;
        _bytes = bytes;
        _relocations = relocations;
    }

    /// <summary>The name, with its leading dot.</summary>
    public string Name { get; }

    /// <summary>Length in bytes, decompressed.</summary>
    public long Length => _bytes.Length;

    /// <summary>True where the file has no such section, or an empty one.</summary>
    public bool IsEmpty => _bytes.IsEmpty;

    /// <summary>Opens <c>.debug_NAME</c>, or <c>.zdebug_NAME</c> in its place.</summary>
    /// <exception cref="BinaryFormatException">The section lies outside the file, or its compression is damaged.</exception>
    public static DebugSection Open(ElfFile file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(name);
        ElfSection? section = file.FindSection(name)
            ?? (name.StartsWith(".debug_", StringComparison.Ordinal) ? file.FindSection(string.Concat(".z", name.AsSpan(1))) : null);
        if (section is null)
        {
            return new DebugSection(name, new ByteSlice(ByteSource.FromArray([], file.Path), name, file.IsBigEndian), null);
        }

        ByteSlice bytes = file.Contents(section).Named(name);
        return new DebugSection(name, bytes, RelocationTable.For(file, section, bytes.Length));
    }

    /// <summary>A part of the section: the file's own bytes, or a relocated copy where the section has relocations.</summary>
    /// <exception cref="BinaryFormatException">It is not all inside, or a relocation is not understood.</exception>
    public ByteSlice Slice(ulong offset, ulong length)
    {
        if (offset > long.MaxValue || length > long.MaxValue)
        {
            throw _bytes.Error(0, $"expected an offset inside the {Length} bytes, have 0x{offset:x}+0x{length:x}");
        }

        return _relocations is null || length == 0
            ? _bytes.Slice((long)offset, (long)length)
            : _relocations.Relocated(_bytes, (long)offset, (long)length);
    }

    /// <summary>From an offset, at most so many bytes: for what states its own length.</summary>
    /// <exception cref="BinaryFormatException">The offset is beyond the end.</exception>
    public ByteSlice Window(ulong offset, ulong most) =>
        Slice(offset, Math.Min(most, offset <= (ulong)Length ? (ulong)Length - offset : 0));

    /// <summary>The string at an offset of a string section.</summary>
    /// <exception cref="BinaryFormatException">It lies outside, or does not end.</exception>
    public string ReadString(ulong offset) => Strings.Read(_bytes, offset);

    /// <summary>The error that names this section.</summary>
    public BinaryFormatException Error(ulong offset, string problem) => _bytes.Error((long)Math.Min(offset, long.MaxValue), problem);
}
