using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Debuginfod;

/// <summary>Whether what a server sent is what it was asked for. A server is not trusted to know.</summary>
internal static class ArtifactCheck
{
    /// <summary>Why a file cannot be the artifact; null where it is. Source text carries nothing to tell it by, and is only looked at for NULs.</summary>
    public static string? Fault(DebuginfodArtifact artifact, string path)
    {
        try
        {
            return artifact.IsElf ? ElfFault(artifact.BuildId, path) : TextFault(path);
        }
        catch (Exception damaged) when (damaged is BinaryFormatException or IOException)
        {
            return damaged is BinaryFormatException { Message: var message } ? $"is damaged: {message.Replace(path, "it", StringComparison.Ordinal)}" : $"cannot be read: {damaged.Message}";
        }
    }

    private static string? ElfFault(string buildId, string path)
    {
        // ElfFile would decompress; the cache holds plain files.
        Span<byte> magic = stackalloc byte[4];
        using (FileStream file = File.OpenRead(path))
        {
            if (file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || magic is not [0x7f, (byte)'E', (byte)'L', (byte)'F'])
            {
                return "is no ELF file";
            }
        }

        using ElfFile elf = ElfFile.Open(path);
        ulong length = (ulong)new FileInfo(path).Length;
        foreach (ElfSection section in elf.Sections)
        {
            if (section.Type is not (ElfSectionType.NoBits or ElfSectionType.Null) && (section.FileOffset > length || section.Size > length - section.FileOffset))
            {
                return $"ends inside its section {section.Name}";
            }
        }

        return ElfNotes.BuildId(elf) is not { } own ? "has no build-id" : own == buildId ? null : $"has build-id {own}";
    }

    private static string? TextFault(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] window = new byte[1 << 16];
        int read = file.ReadAtLeast(window, window.Length, throwOnEndOfStream: false);
        return window.AsSpan(0, read).Contains((byte)0) ? "is no text" : null;
    }
}
