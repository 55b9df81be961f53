namespace KernelDebug.Tests.Demangling;

/// <summary>The names of tests/Fixtures/demangle/agreed and their known answers.</summary>
internal static class DemanglerFixture
{
    /// <summary>Mangled name and what it stands for.</summary>
    public static IReadOnlyList<(string Mangled, string Demangled)> Names { get; } = Read();

    private static List<(string, string)> Read()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "KernelDebug.slnx")))
        {
            root = root.Parent;
        }

        string path = Path.Combine(root?.FullName ?? throw new InvalidOperationException("not run from inside the source tree"),
            "tests", "Fixtures", "demangle", "agreed", "names.tsv");
        return File.ReadLines(path).Select(line => line.Split('\t')).Select(fields => (fields[0], fields[1])).ToList();
    }
}
