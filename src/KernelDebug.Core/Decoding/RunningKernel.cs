using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Decoding;

/// <summary>Which kernel this machine runs.</summary>
internal static class RunningKernel
{
    /// <summary>Its release, as <c>uname -r</c> prints it; null where the system does not tell.</summary>
    public static string? Release => Read("/proc/sys/kernel/osrelease") is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes).Trim() : null;

    /// <summary>Its build-id (lower-case hex); null where the system does not tell.</summary>
    public static string? BuildId
    {
        get
        {
            const string Notes = "/sys/kernel/notes";
            try
            {
                return Read(Notes) is { } bytes
                    ? ElfNotes.BuildId(new ByteSlice(ByteSource.FromArray(bytes, Notes), "notes", isBigEndian: !BitConverter.IsLittleEndian))
                    : null;
            }
            catch (BinaryFormatException)
            {
                return null;
            }
        }
    }

    private static byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
