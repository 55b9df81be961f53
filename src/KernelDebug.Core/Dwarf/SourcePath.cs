namespace KernelDebug.Dwarf;

/// <summary>Paths of source files as text: the build machine's file system is not here to ask.</summary>
public static class SourcePath
{
    /// <summary>Joins a directory and a path and resolves <c>.</c> and <c>..</c> by their letters.</summary>
    public static string Combine(string? directory, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Normalize(path.StartsWith('/') || string.IsNullOrEmpty(directory) ? path : $"{directory}/{path}");
    }

    /// <summary>Resolves <c>.</c>, <c>..</c> and doubled slashes; a <c>..</c> that leads above a relative path's start stays.</summary>
    public static string Normalize(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.Contains("./", StringComparison.Ordinal) && !path.Contains("//", StringComparison.Ordinal)
            && !path.EndsWith("/.", StringComparison.Ordinal) && !path.EndsWith("/..", StringComparison.Ordinal))
        {
            return path;
        }

        bool isRooted = path.StartsWith('/');
        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != ".." || !isRooted)
            {
                parts.Add(part);
            }
        }

        string joined = string.Join('/', parts);
        return isRooted ? "/" + joined : joined;
    }
}
