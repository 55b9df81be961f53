using System.IO.Enumeration;
using KernelDebug.Host;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>The tracepoints of the running kernel and its modules: tracefs' directory <c>events</c>.</summary>
public static class Tracepoints
{
    /// <summary>Descriptions of what tracers record, not tracepoints.</summary>
    private const string Tracers = "ftrace";
    private const int MaxBytes = 1 << 20;

    /// <summary>The names of all of a pattern: <c>sched_switch</c>, <c>sched:sched_switch</c>, <c>sched:*</c>, in order.</summary>
    /// <param name="files">The tracing files, readable.</param>
    /// <param name="pattern">A name, or a category, a colon or slash, and a name; <c>*</c> and <c>?</c> stand for what they do in file names.</param>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel refuses it.</exception>
    public static IReadOnlyList<string> Find(TracingFiles files, string pattern)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(pattern);
        int separator = pattern.AsSpan().IndexOfAny(':', '/');
        string category = separator < 0 ? "*" : pattern[..separator], name = pattern[(separator + 1)..];
        string root = files.PathOf(null, "events");
        var found = new List<string>();
        foreach (string directory in Directory.EnumerateDirectories(root))
        {
            string known = Path.GetFileName(directory);
            if (!Matches(category, known) || (known == Tracers && category != Tracers))
            {
                continue;
            }

            IEnumerable<string> names = IsPattern(name)
                ? Directory.EnumerateDirectories(directory).Select(path => Path.GetFileName(path)).Where(item => Matches(name, item))
                : IsName(name) && Directory.Exists($"{directory}/{name}") ? [name] : [];
            found.AddRange(names.Select(item => $"{known}:{item}"));
        }

        return [.. found.Order(StringComparer.Ordinal)];
    }

    /// <summary>Reads what a tracepoint records.</summary>
    /// <param name="files">The tracing files.</param>
    /// <param name="name">Its name, as <see cref="Find"/> gives it.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel refuses it.</exception>
    /// <exception cref="BinaryFormatException">It is described in another way.</exception>
    internal static TracepointFormat Read(TracingFiles files, string name)
    {
        string path = files.PathOf(null, $"events/{name.Replace(':', '/')}/format");
        string[] parts = name.Split(':');
        return TracepointFormat.Parse(parts[0], parts[1], LineText.Decode(KernelFile.Read(path, 1 << 13, MaxBytes)), path);
    }

    private static bool IsPattern(string text) => text.AsSpan().ContainsAny('*', '?');

    /// <summary>What leads to another directory is no name.</summary>
    private static bool IsName(string text) => text.Length > 0 && text is not "." and not ".." && !text.AsSpan().ContainsAny('/', '\0');

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
