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

        if (Place(name, frame.FullPath) is not { } path)
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

    // Below the directory named, as much of the end of the path as lies there; without one, where the build had it.
    private string? Place(string name, string? fullPath) => _root is not null
        ? SourceLocator.Find(_root, name, leastNames: 1)
        : new[] { fullPath, name }.FirstOrDefault(path => path is not null && System.IO.Path.IsPathRooted(path) && File.Exists(path));

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
