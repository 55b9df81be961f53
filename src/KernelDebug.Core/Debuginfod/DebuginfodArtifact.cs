using System.Text;

namespace KernelDebug.Debuginfod;

/// <summary>
/// What a debuginfod server is asked for: the debug information of a build-id, or a source file of it (debuginfod(8), "webapi").
/// Made only of words that can lead nowhere else, in an address or in the cache.
/// </summary>
public sealed record DebuginfodArtifact
{
    /// <summary>A file name of Linux has 255 bytes at most, and a download needs a few for its ending.</summary>
    private const int MaxNameBytes = 240;

    private DebuginfodArtifact(string buildId, string? sourcePath)
    {
        BuildId = buildId;
        SourcePath = sourcePath;
    }

    /// <summary>Lower-case hex.</summary>
    public string BuildId { get; }

    /// <summary>The absolute path of the source file, without <c>.</c> and <c>..</c>; null for debug information.</summary>
    public string? SourcePath { get; }

    /// <summary>True for ELF, whose build-id can be checked; false for text.</summary>
    public bool IsElf => SourcePath is null;

    /// <summary>The path below a server's address.</summary>
    internal string UrlPath => SourcePath is null
        ? $"buildid/{BuildId}/debuginfo"
        : $"buildid/{BuildId}/source{string.Join('/', SourcePath.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>
    /// The name in the cache's directory of the build-id. elfutils writes <c>/</c> as <c>##</c> and <c>#</c> as <c>#_</c>, so that a
    /// path is one name and no two paths the same.
    /// </summary>
    internal string CacheName => SourcePath is null
        ? "debuginfo"
        : "source" + SourcePath.Replace("#", "#_", StringComparison.Ordinal).Replace("/", "##", StringComparison.Ordinal);

    /// <summary>The debug information of a build-id; null where the text is no build-id.</summary>
    public static DebuginfodArtifact? DebugInfo(string? buildId) => Normal(buildId) is { } id ? new DebuginfodArtifact(id, null) : null;

    /// <summary>A source file; null where the text is no build-id, or the path not absolute or not one to be asked for.</summary>
    public static DebuginfodArtifact? Source(string? buildId, string path)
    {
        if (Normal(buildId) is not { } id || !path.StartsWith('/') || path.Any(char.IsControl))
        {
            return null;
        }

        var parts = new List<string>();
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(parts.Count - 1, 0), Math.Min(parts.Count, 1));
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        var artifact = new DebuginfodArtifact(id, "/" + string.Join('/', parts));
        return parts.Count > 0 && Encoding.UTF8.GetByteCount(artifact.CacheName) <= MaxNameBytes ? artifact : null;
    }

    /// <summary>A build-id as servers and the cache write it; null for what is none. GNU ld's has 8, 16 or 20 bytes, any up to 64 are taken.</summary>
    public static string? Normal(string? buildId) =>
        buildId is { Length: >= 8 and <= 128 } && buildId.Length % 2 == 0 && buildId.All(char.IsAsciiHexDigit) ? buildId.ToLowerInvariant() : null;
}
