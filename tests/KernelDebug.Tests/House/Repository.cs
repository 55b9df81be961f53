namespace KernelDebug.Tests.House;

/// <summary>The working copy the tests were built from.</summary>
public static class Repository
{
    private static readonly string[] BuiltFolders = ["bin", "obj", "out", "TestResults", "BenchmarkDotNet.Artifacts", ".git"];

    /// <summary>The folder that holds the manifest.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The text of a file, named from <see cref="Root"/>.</summary>
    public static string Read(string relativePath) => File.ReadAllText(Path.Combine(Root, relativePath));

    /// <summary>The files below a folder of the repository (all of it for ""), without what is built, named from <see cref="Root"/>.</summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        string start = Path.Combine(Root, folder);
        if (!Directory.Exists(start))
            return [];
        return Walk(new DirectoryInfo(start), pattern).Select(path => Path.GetRelativePath(Root, path)).Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder, string pattern) =>
        folder.EnumerateFiles(pattern).Select(file => file.FullName).Concat(
            folder.EnumerateDirectories().Where(child => !BuiltFolders.Contains(child.Name)).SelectMany(child => Walk(child, pattern)));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "KernelDebug.psd1")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"No KernelDebug.psd1 above {AppContext.BaseDirectory}.");
    }
}
