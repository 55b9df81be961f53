namespace KernelDebug.Symbolization;

/// <summary>The distribution of this machine (os-release(5)).</summary>
/// <param name="Id"><c>ID=</c>: <c>debian</c>.</param>
/// <param name="Like"><c>ID_LIKE=</c>: the ones it is made from, the nearest first.</param>
/// <param name="Name"><c>PRETTY_NAME=</c>, else the id.</param>
internal sealed record OsRelease(string Id, IReadOnlyList<string> Like, string Name)
{
    private const int MaxBytes = 1 << 16;

    /// <summary>Reads a file system's; null where it has none.</summary>
    /// <param name="root">Root of the file system; empty for <c>/</c>.</param>
    public static OsRelease? Read(string root)
    {
        foreach (string path in (string[])[$"{root}/etc/os-release", $"{root}/usr/lib/os-release"])
        {
            try
            {
                if (new FileInfo(path) is { Exists: true, Length: <= MaxBytes })
                {
                    return Parse(File.ReadAllLines(path));
                }
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                // As good as none: it only helps to word advice.
            }
        }

        return null;
    }

    private static OsRelease? Parse(string[] lines)
    {
        string? Value(string key) => lines.FirstOrDefault(line => line.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..].Trim().Trim('"', '\'');
        return Value("ID") is { Length: > 0 } id
            ? new OsRelease(id, (Value("ID_LIKE") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries), Value("PRETTY_NAME") ?? id)
            : null;
    }
}
