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
    public static string? BuildId(string root, WantedBuild build) =>
        build.Release is not null && Identity(root) is { } running && running.Release == build.Release
        && (build.Version is null || KernelBanner.Disagreement(running.Version!, build.Version) is null)
            ? running.BuildId
            : null;

    /// <summary>Its release, version and build-id; null where the file system does not say.</summary>
    /// <param name="root">As above.</param>
    public static WantedBuild? Identity(string root)
    {
        const string Notes = "/sys/kernel/notes";
        try
        {
            string release = File.ReadAllText($"{root}/proc/sys/kernel/osrelease").TrimEnd();
            string version = File.ReadAllText($"{root}/proc/sys/kernel/version").TrimEnd();
            using ByteSource notes = ByteSource.FromArray(File.ReadAllBytes(root + Notes), Notes);
            return new WantedBuild(release, version, ElfNotes.FindBuildId(new ByteSlice(notes, Notes, !BitConverter.IsLittleEndian)));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or BinaryFormatException)
        {
            return null;
        }
    }
}
