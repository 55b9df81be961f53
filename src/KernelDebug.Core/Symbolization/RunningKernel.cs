using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>What the kernel that runs here says of itself.</summary>
internal static class RunningKernel
{
    /// <summary>
    /// Its build-id where it is the build that is looked for; null otherwise. A log of most distributions' kernels prints none, and without
    /// one no server can be asked.
    /// </summary>
    /// <param name="root">Root of the file system; empty for <c>/</c>.</param>
    /// <param name="build">What is known of the build.</param>
    public static string? BuildId(string root, WantedBuild build)
    {
        try
        {
            if (build.Release is null || File.ReadAllText($"{root}/proc/sys/kernel/osrelease").TrimEnd('\n') != build.Release
                || (build.Version is { } version && KernelBanner.Disagreement(File.ReadAllText($"{root}/proc/version"), version) is not null))
            {
                return null;
            }

            const string Notes = "/sys/kernel/notes";
            return ElfNotes.FindBuildId(new ByteSlice(ByteSource.FromArray(File.ReadAllBytes(root + Notes), Notes), Notes, !BitConverter.IsLittleEndian));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or BinaryFormatException)
        {
            return null;
        }
    }
}
