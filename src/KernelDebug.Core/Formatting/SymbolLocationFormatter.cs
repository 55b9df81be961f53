using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Formatting;

/// <summary>A resolved place as text: its name, the frames there, and the source lines where they were read.</summary>
public static class SymbolLocationFormatter
{
    private const string Indent = "    ";
    private const int TabWidth = 8;

    /// <summary>The text. Source lines longer than the width are cut; no control character but line feed.</summary>
    /// <param name="location">The place.</param>
    /// <param name="width">Columns.</param>
    public static string Format(SymbolLocation location, int width)
    {
        ArgumentNullException.ThrowIfNull(location);
        var text = new StringBuilder(PanicTraceFormatter.Name(location));
        text.Append(location is { IsExact: false, Frames.Count: > 0 } ? " (the call before it)\n" : "\n");
        if (location.IsAmbiguous)
        {
            foreach (SymbolCandidate candidate in location.Candidates)
            {
                text.Append(Indent).Append("either ").Append(ControlText.MakeNameVisible(candidate.Symbol)).Append($" at 0x{candidate.LinkAddress:x}\n");
                AppendFrames(text, candidate.Frames, [], Indent + Indent, width);
            }
        }
        else if (location.Frames.Count == 0 && location.Reason is { } reason)
        {
            text.Append(Indent).Append("? ").Append(ControlText.MakeNameVisible(reason.Message)).Append('\n');
        }
        else
        {
            AppendFrames(text, location.Frames, location.Source, Indent, width);
        }

        return text.ToString().TrimEnd('\n');
    }

    private static void AppendFrames(StringBuilder text, IReadOnlyList<SourceFrame> frames, IReadOnlyList<SourceExcerpt> sources, string indent, int width)
    {
        for (int i = 0; i < frames.Count; i++)
        {
            text.Append(indent).Append(i > 0 ? "inlined into " : "").Append(ControlText.MakeNameVisible($"{frames[i].Function ?? "?"} at {frames[i].Place}")).Append('\n');
            if (i < sources.Count)
            {
                AppendSource(text, sources[i], width);
            }
        }
    }

    private static void AppendSource(StringBuilder text, SourceExcerpt source, int width)
    {
        if (source.MissingReason is { } missing)
        {
            text.Append(Indent).Append(Indent).Append("? ").Append(ControlText.MakeNameVisible(missing)).Append("\n\n");
            return;
        }

        int digits = source.Lines.Max(line => line.Number).ToString().Length;
        foreach (SourceLine line in source.Lines)
        {
            string shown = $"{(line.IsMarked ? " >" : "  ")} {line.Number.ToString().PadLeft(digits)}  {Expand(ControlText.MakeNameVisible(line.Text))}";
            text.Append(shown.Length > width ? shown[..(width - 1)] + '…' : shown.TrimEnd()).Append('\n');
        }

        text.Append('\n');
    }

    private static string Expand(string line)
    {
        var text = new StringBuilder(line.Length + TabWidth);
        foreach (char c in line)
        {
            text.Append(c == '\t' ? new string(' ', TabWidth - text.Length % TabWidth) : c.ToString());
        }

        return text.ToString();
    }
}
