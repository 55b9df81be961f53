using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>Frames from the DWARF of an ELF file.</summary>
/// <param name="elf">The file, which its <see cref="KernelObject"/> closes.</param>
/// <param name="supplementary">The file its <c>.gnu_debugaltlink</c> names, where at hand; closed here.</param>
internal sealed class DwarfFrames(ElfFile elf, ElfFile? supplementary) : FrameSource
{
    /// <summary>The debug information.</summary>
    public DwarfFile Dwarf { get; } = new(elf) { Supplementary = supplementary is null ? null : new DwarfFile(supplementary) };

    public override bool HasDebugInfo => Dwarf.HasDebugInfo;

    public override CodeLookup Find(ulong address) => Dwarf.Find(address);

    public override void Dispose() => supplementary?.Dispose();
}
