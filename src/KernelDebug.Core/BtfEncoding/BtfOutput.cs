using KernelDebug.Elf;

namespace KernelDebug.BtfEncoding;

/// <summary>Writes types to their place: whole beside it first, then put there, so that what was there is replaced at once or not at all.</summary>
public static class BtfOutput
{
    /// <summary>True where the module bears a signature, which a changed module would not match.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static bool IsSigned(string path) => BtfSectionWriter.IsSigned(File.ReadAllBytes(path));

    /// <summary>Writes raw BTF to a file of its own.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void WriteDetached(string path, EncodedBtf types)
    {
        ArgumentNullException.ThrowIfNull(types);
        Replace(path, types.Bytes, null);
    }

    /// <summary>Puts the types into the <c>.BTF</c> section of the file they were made of. A signature at its end, no longer true, is left out.</summary>
    /// <exception cref="IOException">It cannot be read or written, or is compressed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    /// <exception cref="KernelDebug.IO.BinaryFormatException">It is not ELF, or damaged.</exception>
    /// <exception cref="NotSupportedException">It has no room for the section.</exception>
    public static void WriteSection(string path, EncodedBtf types)
    {
        ArgumentNullException.ThrowIfNull(types);
        byte[] bytes = File.ReadAllBytes(path);
        ReadOnlySpan<byte> file = bytes;
        if (!file.StartsWith("\u007fELF"u8))
        {
            throw new NotSupportedException($"{path} is compressed: a section can be written into an uncompressed file only");
        }

        if (BtfSectionWriter.IsSigned(file))
        {
            file = BtfSectionWriter.WithoutSignature(file);
        }

        using ElfFile elf = ElfFile.Open(path);
        Replace(path, BtfSectionWriter.Write(file, elf, types.Bytes), OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(path));
    }

    private static void Replace(string path, byte[] bytes, UnixFileMode? mode)
    {
        // A link is followed: what it leads to is replaced, not the link.
        string target = (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);
        string beside = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():n}");
        try
        {
            File.WriteAllBytes(beside, bytes);
            if (mode is { } kept && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(beside, kept);
            }

            File.Move(beside, target, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
