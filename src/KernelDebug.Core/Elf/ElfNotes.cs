using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>What identifies a file and leads to its debug information: build-id, .gnu_debuglink, .gnu_debugaltlink.</summary>
public static class ElfNotes
{
    private const uint NtGnuBuildId = 3;

    /// <summary>The build-id as lower-case hex (NT_GNU_BUILD_ID of any note section); null where there is none.</summary>
    /// <exception cref="BinaryFormatException">A note section is damaged.</exception>
    public static string? BuildId(ElfFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        foreach (ElfSection section in file.Sections)
        {
            if (section.Type != ElfSectionType.Note)
            {
                continue;
            }

            if (FindBuildId(file.Contents(section)) is { } id)
            {
                return id;
            }
        }

        return null;
    }

    /// <summary>The build-id among notes, as a section or <c>/sys/kernel/notes</c> has them; null where there is none.</summary>
    /// <exception cref="BinaryFormatException">They are damaged.</exception>
    internal static string? FindBuildId(ByteSlice notes)
    {
        SpanReader reader = notes.Slice(0, Math.Min(notes.Length, ParserLimits.MaxNoteBytes)).Reader();
        while (reader.Remaining >= 12)
        {
            uint nameSize = reader.ReadUInt32();
            uint size = reader.ReadUInt32();
            uint type = reader.ReadUInt32();
            int nameStart = reader.Position;
            reader.Skip(Padded(nameSize));
            int start = reader.Position;
            if (type == NtGnuBuildId && nameSize == 4 && reader.Bytes.Slice(nameStart, 4).SequenceEqual("GNU\0"u8))
            {
                reader.Skip(size);
                return Convert.ToHexStringLower(reader.Bytes.Slice(start, (int)size));
            }

            // The last note of a section may lack its padding.
            reader.Skip(Math.Min(Padded(size), (ulong)reader.Remaining));
        }

        return null;
    }

    /// <summary>A note section with a build-id and nothing else, little-endian.</summary>
    /// <param name="buildId">Lower-case hex.</param>
    internal static byte[] BuildIdNote(string buildId)
    {
        byte[] id = Convert.FromHexString(buildId);
        var note = new ByteBuffer();
        note.WriteUInt32(4);
        note.WriteUInt32((uint)id.Length);
        note.WriteUInt32(NtGnuBuildId);
        note.Write("GNU\0"u8);
        note.Write(id);
        note.Align(4);
        return note.Span.ToArray();
    }

    /// <summary>.gnu_debuglink: the name of the file with the debug information, and the CRC-32 it must have.</summary>
    /// <exception cref="BinaryFormatException">The section is damaged.</exception>
    public static (string FileName, uint Crc)? DebugLink(ElfFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.FindSection(".gnu_debuglink") is not { } section)
        {
            return null;
        }

        SpanReader reader = file.Contents(section).Reader();
        string name = Encoding.UTF8.GetString(reader.ReadCString());
        reader.Position = (reader.Position + 3) & ~3;
        return (name, reader.ReadUInt32());
    }

    /// <summary>.gnu_debugaltlink: the name and the build-id (lower-case hex) of the file dwz put common entries in.</summary>
    /// <exception cref="BinaryFormatException">The section is damaged.</exception>
    public static (string FileName, string BuildId)? DebugAltLink(ElfFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.FindSection(".gnu_debugaltlink") is not { } section)
        {
            return null;
        }

        SpanReader reader = file.Contents(section).Reader();
        string name = Encoding.UTF8.GetString(reader.ReadCString());
        return (name, Convert.ToHexStringLower(reader.Take(reader.Remaining)));
    }

    private static ulong Padded(uint size) => (size + 3UL) & ~3UL;
}
