using KernelDebug.Demangling;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>Frames for readers, of what a file says of an address.</summary>
internal static class SourceFrames
{
    /// <summary>The frames, innermost first: names demangled, paths without the base that is given.</summary>
    /// <param name="found">What the file says.</param>
    /// <param name="strip">What is taken off paths.</param>
    /// <param name="symbol">The symbol at the address, which is the outermost function where that has no name of its own.</param>
    public static SourceFrame[] Of(CodeLookup found, BasePath strip, string? symbol)
    {
        var frames = new SourceFrame[found.Frames.Count];
        for (int i = 0; i < frames.Length; i++)
        {
            CodeFrame frame = found.Frames[i];
            string? name = frame.LinkageName is { } mangled ? Demangler.TryDemangle(mangled) ?? frame.Name : frame.Name;
            bool mayBeInlined = found.DwoName is not null;
            frames[i] = new SourceFrame(
                name ?? (i == frames.Length - 1 && !mayBeInlined ? symbol : null),
                frame.Path is null ? null : strip.Strip(frame.Path, found.CompilationDirectory),
                frame.Line,
                frame.Column,
                frame.IsInlined)
            {
                FullPath = frame.Path,
            };
        }

        return frames;
    }

    /// <summary>What is to be known of frames that a file has lines of alone; null where it has all.</summary>
    public static UnresolvedReason? Lack(CodeLookup found) => found.DwoName is { } dwo
        ? new(UnresolvedKind.SplitDwarf, $"functions and inlined calls are in {dwo}, which is not read: the line alone is known")
        : null;
}
