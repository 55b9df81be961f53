namespace KernelDebug.Tests.Support;

/// <summary>Files of tests/Fixtures and samples, found from the test assembly upwards: nothing is copied beside it.</summary>
internal static class FixtureFiles
{
    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The path of <c>tests/Fixtures/NAME</c>.</summary>
    public static string Path(string name) => System.IO.Path.Combine(Root, "tests", "Fixtures", name);

    /// <summary>The names, relative to tests/Fixtures, of the files of an area that have an oracle beside them.</summary>
    public static IEnumerable<string> WithOracle(string area) => Directory
        .EnumerateFiles(Path(area), "*.oracle.txt")
        .Order(StringComparer.Ordinal)
        .Select(path => $"{area}/{System.IO.Path.GetFileName(path)[..^".oracle.txt".Length]}");

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(at.FullName, "KernelDebug.slnx")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no KernelDebug.slnx above {AppContext.BaseDirectory}");
    }
}
