using System.Globalization;

namespace KernelDebug.Debuginfod;

/// <summary>
/// The cache of elfutils' client (debuginfod-find(1), "CACHE"): a directory for each build-id, a file in it for each thing fetched, an
/// empty one for what no server had. What one program fetches the other finds.
/// </summary>
public sealed class DebuginfodCache(string root)
{
    private const string MissControl = "cache_miss_s";
    private const int DefaultMissSeconds = 600;
    private const int MaxControlBytes = 32;

    /// <summary>The file of an artifact, there or not.</summary>
    public string PathOf(DebuginfodArtifact artifact)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        return Path.Combine(root, artifact.BuildId, artifact.CacheName);
    }

    /// <summary>True where the artifact is in the cache.</summary>
    public bool Has(DebuginfodArtifact artifact) => new FileInfo(PathOf(artifact)) is { Exists: true, Length: > 0 };

    /// <summary>How long no server is to be asked again for what none had; null where they may be.</summary>
    internal TimeSpan? MissingFor(DebuginfodArtifact artifact)
    {
        var file = new FileInfo(PathOf(artifact));
        if (file is not { Exists: true, Length: 0 })
        {
            return null;
        }

        TimeSpan left = file.LastWriteTimeUtc + TimeSpan.FromSeconds(MissSeconds()) - DateTime.UtcNow;
        return left > TimeSpan.Zero ? left : null;
    }

    /// <summary>Remembers that no server has it.</summary>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache cannot be written.</exception>
    internal void MarkMissing(DebuginfodArtifact artifact)
    {
        string path = PathOf(artifact);
        MakeDirectory(artifact);
        // An empty file that is there is an older such mark; anything else has come meanwhile and stays.
        if (new FileInfo(path) is { Exists: true, Length: 0 })
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        else if (!File.Exists(path))
        {
            new FileStream(path, FileMode.CreateNew).Dispose();
        }
    }

    /// <summary>Puts a complete file in its place at once, read-only as elfutils has it.</summary>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache cannot be written.</exception>
    internal string Put(DebuginfodArtifact artifact, string finished, DateTimeOffset? lastModified)
    {
        string path = PathOf(artifact);
        if (lastModified is { } time)
        {
            File.SetLastWriteTimeUtc(finished, time.UtcDateTime);
            // elfutils drops files by the time of their last reading.
            File.SetLastAccessTimeUtc(finished, DateTime.UtcNow);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(finished, UnixFileMode.UserRead);
        }

        File.Move(finished, path, overwrite: true);
        return path;
    }

    /// <summary>Makes the directory of a build-id, for the user alone.</summary>
    internal void MakeDirectory(DebuginfodArtifact artifact)
    {
        Directory.CreateDirectory(root);
        string directory = Path.Combine(root, artifact.BuildId);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private long MissSeconds()
    {
        try
        {
            using var file = new FileStream(Path.Combine(root, MissControl), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            Span<byte> text = stackalloc byte[MaxControlBytes];
            int read = file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            ReadOnlySpan<byte> digits = text[..read].TrimEnd(" \n"u8);
            return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) ? Math.Min(seconds, int.MaxValue) : DefaultMissSeconds;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return DefaultMissSeconds;
        }
    }
}
