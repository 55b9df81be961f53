using KernelDebug.Dwarf;
using KernelDebug.Gsym;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>Frames from GSYM, closed here.</summary>
/// <param name="file">The file.</param>
/// <param name="compilationDirectory">Where the compiler ran, as far as one directory stands for all; null where not known.</param>
internal sealed class GsymFrames(GsymFile file, string? compilationDirectory) : FrameSource
{
    public override bool HasDebugInfo => true;

    public override CodeLookup Find(ulong address)
    {
        IReadOnlyList<CodeFrame> frames = file.Find(address);
        var normalised = new CodeFrame[frames.Count];
        for (int i = 0; i < normalised.Length; i++)
        {
            // LLVM keeps the .. of a path.
            normalised[i] = frames[i] is { Path: { } path } ? frames[i] with { Path = SourcePath.Normalize(path) } : frames[i];
        }

        return new CodeLookup(normalised, null, compilationDirectory);
    }

    public override void Dispose() => file.Dispose();
}
