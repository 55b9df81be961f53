using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>Where the frames at an address of a <see cref="KernelObject"/> come from.</summary>
internal abstract class FrameSource : IDisposable
{
    /// <summary>True where there is debug information to ask.</summary>
    public abstract bool HasDebugInfo { get; }

    /// <summary>The functions and places at an address, which is the file's own: link-time, or section address plus offset.</summary>
    /// <exception cref="IO.BinaryFormatException">The debug information is damaged.</exception>
    public abstract CodeLookup Find(ulong address);

    /// <summary>Closes what belongs to this source alone.</summary>
    public abstract void Dispose();
}
