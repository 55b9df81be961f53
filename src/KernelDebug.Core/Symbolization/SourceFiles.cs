using KernelDebug.IO;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>Reads the source lines around frames.</summary>
internal sealed class SourceFiles(string? sourcePath)
{
    /// <summary>Lines before and after the one that is meant, as faddr2line and GDB show.</summary>
    private const int Context = 5;

    private readonly string? _root = sourcePath is null ? null : System.IO.Path.GetFullPath(sourcePath);

    /// <summary>The lines around a frame's, or why there are none.</summary>
    public SourceExcerpt Around(SourceFrame frame)
    {
        if (frame is not { File: { } name, Line: { } line })
        {
            return new SourceExcerpt(null, [], "the debug information has no line here");
        }

        if (Places(name, frame.FullPath).FirstOrDefault(File.Exists) is not { } path)
        {
            return new SourceExcerpt(null, [], _root is null ? $"{name} is not here: name the directory of the source with -SourcePath" : $"{name} is not below {_root}");
        }

        try
        {
            List<SourceLine> lines = Read(path, line);
            return lines.Exists(l => l.IsMarked)
                ? new SourceExcerpt(path, lines, null)
                : new SourceExcerpt(path, [], $"{path} has no line {line}: it is not the source of this build");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new SourceExcerpt(path, [], $"{path} cannot be read: {unreadable.Message}");
        }
    }

    /// <summary>
    /// The whole path below the directory named, then what of its end lies there: a build's own directories are not on this machine.
    /// Without a directory, where the build had it.
    /// </summary>
    private IEnumerable<string> Places(string name, string? fullPath)
    {
        if (_root is null)
        {
            return new[] { fullPath, name }.OfType<string>().Where(System.IO.Path.IsPathRooted);
        }

        return Ends(name).Select(end => System.IO.Path.GetFullPath(end, _root)).Where(path => path.StartsWith(_root.TrimEnd('/') + '/', StringComparison.Ordinal));
    }

    private static IEnumerable<string> Ends(string path)
    {
        for (string rest = path.TrimStart('/'); ;)
        {
            yield return rest;
            int slash = rest.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                yield break;
            }

            rest = rest[(slash + 1)..].TrimStart('/');
        }
    }

    private static List<SourceLine> Read(string path, int line)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var reader = new LineReader(file);
        var lines = new List<SourceLine>();
        for (int number = 1; number <= (long)line + Context && reader.ReadLine() is { } text; number++)
        {
            if (number >= line - Context)
            {
                lines.Add(new SourceLine(number, text.TrimEnd('\r'), number == line));
            }
        }

        return lines;
    }
}
