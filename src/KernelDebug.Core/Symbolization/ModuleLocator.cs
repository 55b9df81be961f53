using System.IO.Enumeration;

namespace KernelDebug.Symbolization;

/// <summary>A file or directory to look for modules in.</summary>
/// <param name="Path">The path.</param>
/// <param name="IsDeep">True to look below its subdirectories too.</param>
internal sealed record SearchPlace(string Path, bool IsDeep);

/// <summary>A place where a module was looked for.</summary>
/// <param name="Path">A file of the module's name; else the directory or file it was looked for in.</param>
/// <param name="WhyNot">Why there is none; null where there is.</param>
internal sealed record ModulePlace(string Path, string? WhyNot);

/// <summary>
/// Module files by name below the directories to search. A directory is listed once, when a module is first asked for; no file is
/// opened for that.
/// </summary>
internal sealed class ModuleLocator
{
    private readonly Dictionary<string, Dictionary<string, List<string>>> _listed = new(StringComparer.Ordinal);

    /// <summary>The files that may hold a module, in the order of the places, and the places that have none.</summary>
    /// <param name="module">The name as the kernel prints it, with <c>_</c>.</param>
    /// <param name="places">Files or directories.</param>
    public IEnumerable<ModulePlace> Find(string module, IReadOnlyList<SearchPlace> places)
    {
        string wanted = Canonical(module);
        foreach ((string place, bool recurse) in places)
        {
            if (File.Exists(place))
            {
                if (IsNamed(place, module))
                {
                    yield return new ModulePlace(place, null);
                }
            }
            else if (!Directory.Exists(place))
            {
                yield return new ModulePlace(place, "not there");
            }
            else if (List(place, recurse).TryGetValue(wanted, out List<string>? found))
            {
                foreach (string path in found)
                {
                    yield return new ModulePlace(path, null);
                }
            }
            else
            {
                yield return new ModulePlace(place, "not below");
            }
        }
    }

    /// <summary>The modules that have a file below a directory.</summary>
    public IEnumerable<string> Names(string directory) => Directory.Exists(directory) ? List(directory, recurse: true).Keys : [];

    /// <summary>Every module's file in a place, in the order of their names; a file is itself.</summary>
    public IEnumerable<string> All(SearchPlace place)
    {
        if (File.Exists(place.Path))
        {
            return [place.Path];
        }

        if (!Directory.Exists(place.Path))
        {
            return [];
        }

        return List(place.Path, place.IsDeep).OrderBy(module => module.Key, StringComparer.Ordinal).SelectMany(module => module.Value);
    }

    /// <summary>The module's name of a file's: up to <c>.ko</c>; null for another kind of file.</summary>
    internal static string? NameOf(ReadOnlySpan<char> fileName)
    {
        int end = fileName.IndexOf(".ko", StringComparison.Ordinal);
        return end > 0 && (fileName.Length == end + 3 || fileName[end + 3] == '.') ? fileName[..end].ToString() : null;
    }

    /// <summary>True where a file's own name is the module's.</summary>
    internal static bool IsNamed(string path, string module) =>
        NameOf(System.IO.Path.GetFileName(path.AsSpan())) is { } name && Canonical(name) == Canonical(module);

    /// <summary>The kernel prints <c>_</c> where a file has <c>-</c>.</summary>
    internal static string Canonical(string name) => name.Replace('-', '_');

    private Dictionary<string, List<string>> List(string directory, bool recurse)
    {
        if (_listed.TryGetValue(directory, out Dictionary<string, List<string>>? known))
        {
            return known;
        }

        var files = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var options = new EnumerationOptions { IgnoreInaccessible = true, RecurseSubdirectories = recurse, AttributesToSkip = 0 };
        var entries = new FileSystemEnumerable<string>(directory, static (ref FileSystemEntry entry) => entry.ToFullPath(), options)
        {
            ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.IsDirectory && NameOf(entry.FileName) is not null,
            // /lib/modules/R/build and source are links into a tree of their own.
            ShouldRecursePredicate = static (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        foreach (string path in entries)
        {
            string name = Canonical(NameOf(System.IO.Path.GetFileName(path.AsSpan()))!);
            if (!files.TryGetValue(name, out List<string>? list))
            {
                files[name] = list = [];
            }

            list.Add(path);
        }

        foreach (List<string> list in files.Values)
        {
            list.Sort(StringComparer.Ordinal);
        }

        return _listed[directory] = files;
    }
}
