using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Formatting;

/// <summary>Stacks of the running kernel as text.</summary>
public static class TraceStackFormatter
{
    private const string Indent = "    ";

    /// <summary><c>function+0x12/0x40 file.c:123 [module]</c>; of what is inlined there <c>function+0x12/0x40 inner at file.c:123 [module]</c>; an unknown address with why.</summary>
    public static string Line(SymbolLocation location)
    {
        ArgumentNullException.ThrowIfNull(location);
        if (location.Symbol is null)
        {
            return ControlText.MakeNameVisible($"0x{location.Reference.Address ?? 0:x} (? {location.Reason?.Message})");
        }

        string place = location.Frames.Count > 0 ? " " + PanicTraceFormatter.Place(location) : "";
        string name = $"{location.Symbol}+0x{location.Offset ?? 0:x}{(location.Size is { } size ? $"/0x{size:x}" : "")}";
        return $"{ControlText.MakeNameVisible(name)}{place}{(location.Module is { } module ? ControlText.MakeNameVisible($" [{module}]") : "")}";
    }

    /// <summary>The innermost source place, or why the address is unknown; that there is no debug file, which is true of most frames of most machines, stays in the reason.</summary>
    public static string Source(SymbolLocation location)
    {
        ArgumentNullException.ThrowIfNull(location);
        return location is { Symbol: not null, Reason.Kind: UnresolvedKind.NoVmlinux or UnresolvedKind.NoModuleFile or UnresolvedKind.NoDebugInfo } ? "" : PanicTraceFormatter.Place(location);
    }

    /// <summary>A frame a line, its inlined callers below it.</summary>
    /// <param name="frames">The frames, innermost first.</param>
    /// <param name="reachedDepth">The number of frames at which the stack was cut; null where it is whole.</param>
    public static string Lines(IEnumerable<SymbolLocation> frames, int? reachedDepth)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var text = new StringBuilder();
        foreach (SymbolLocation frame in frames)
        {
            text.Append(Line(frame)).Append('\n');
            foreach (SourceFrame caller in frame.Frames.Skip(1))
            {
                text.Append(Indent).Append("inlined into ").Append(ControlText.MakeNameVisible($"{caller.Function ?? "?"} at {caller.Place}")).Append('\n');
            }
        }

        return reachedDepth is { } depth
            ? text.Append($"(cut at {depth} frames: those further out were not recorded)").ToString()
            : text.ToString().TrimEnd('\n');
    }
}
