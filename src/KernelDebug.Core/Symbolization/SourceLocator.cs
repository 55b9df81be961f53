namespace KernelDebug.Symbolization;

/// <summary>Where the kernel's source lies, and a file of it below such a place.</summary>
internal static class SourceLocator
{
    private const int MaxComponents = 64;

    /// <summary>
    /// The trees for a release: the build's own, then where Debian, Ubuntu, Fedora, SUSE and people put one. A tree of headers alone
    /// (<c>linux-headers</c>, <c>kernel-devel</c>) can be among them.
    /// </summary>
    public static IEnumerable<string> Trees(string root, string release)
    {
        string number = release.Split('-')[0];
        int dot = release.LastIndexOf('.');
        yield return $"{root}/lib/modules/{release}/source";
        yield return $"{root}/lib/modules/{release}/build";
        yield return $"{root}/usr/src/linux-source-{DebugPackages.Short(release)}";
        yield return $"{root}/usr/src/linux-source-{number}/linux-source-{number}";
        yield return $"{root}/usr/src/debug/kernel-{number}/linux-{release}";
        if (dot > 0)
        {
            yield return $"{root}/usr/src/debug/kernel-{release[..dot]}/linux-{release}";
        }

        foreach (string name in ((string[])[release, number, DebugPackages.Short(release)]).Distinct())
        {
            yield return $"{root}/usr/src/linux-{name}";
        }

        yield return $"{root}/usr/src/linux";
    }

    /// <summary>
    /// The file below a tree: debug information has the path on the machine that built it, and some tail of that is the path in the
    /// tree. The longest tail that is there counts, of two names at least: <c>super.c</c> alone is in forty directories.
    /// </summary>
    /// <param name="tree">The tree.</param>
    /// <param name="file">The path as the debug information has it, or as it was shortened to the tree.</param>
    /// <param name="leastNames">How many names a tail has at least, unless it is the whole.</param>
    /// <returns>Its path; null where it is not there.</returns>
    public static string? Find(string tree, string file, int leastNames)
    {
        string[] names = [.. file.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(name => name != ".")];
        // ".." would lead out of the tree; a compiler's "dir/../x.c" is put right.
        var plain = new List<string>();
        foreach (string name in names)
        {
            if (name != "..")
            {
                plain.Add(name);
            }
            else if (plain.Count > 0)
            {
                plain.RemoveAt(plain.Count - 1);
            }
        }

        if (plain.Count is 0 or > MaxComponents || file.Any(char.IsControl))
        {
            return null;
        }

        bool isWhole = !file.StartsWith('/');
        for (int skip = 0; skip < plain.Count && (skip == 0 || (!isWhole && plain.Count - skip >= leastNames)); skip++)
        {
            string path = Path.Join(tree, string.Join('/', plain.Skip(skip)));
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }
}
