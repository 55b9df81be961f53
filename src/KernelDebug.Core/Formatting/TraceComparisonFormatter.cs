using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Formatting;

/// <summary>A comparison as text: whether it is one crash, then what only one of the two has.</summary>
public static class TraceComparisonFormatter
{
    private const int LabelWidth = 20;

    /// <summary>The text; lines are at most <paramref name="width"/> columns. No control character of the log.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="width">Columns, at least 40.</param>
    /// <param name="style">Colours.</param>
    public static string Format(TraceComparison comparison, int width, TraceStyle style)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        ArgumentNullException.ThrowIfNull(style);
        width = Math.Max(width, 40);
        var text = new StringBuilder();
        Line(style.Title, comparison.IsSameCrash ? "Same crash (equal signatures)" : "Not the same crash (the signatures differ)");
        Line("", $"  <= {Origin(comparison.Reference)}");
        Line("", $"  => {Origin(comparison.Difference)}");
        if (comparison.CommonFrames > 0)
        {
            Line("", $"  The innermost {comparison.CommonFrames} frame{(comparison.CommonFrames == 1 ? " is" : "s are")} the same.");
        }
        if (comparison.Differences.Count == 0)
        {
            Line("", "  Nothing differs beyond addresses.");
        }
        foreach (TraceDifference difference in comparison.Differences)
        {
            string label = difference.Property + (difference.Item is null ? "" : $" {difference.Item}");
            if (difference.Reference is { } one)
            {
                Row(label, "<=", one);
                label = "";
            }
            if (difference.Difference is { } other)
            {
                Row(label, "=>", other);
            }
        }
        return text.ToString().TrimEnd('\n');

        void Line(string colour, string line) => text.Append(colour).Append(Fit(line, width)).Append(colour.Length > 0 ? style.Reset : "").Append('\n');

        void Row(string label, string side, string value)
        {
            string shown = Fit(label, LabelWidth).PadRight(LabelWidth);
            text.Append("  ").Append(style.Label).Append(shown).Append(style.Label.Length > 0 ? style.Reset : "").Append(' ').Append(side).Append(' ')
                .Append(Fit(value, width - LabelWidth - 6)).Append('\n');
        }
    }

    private static string Origin(PanicTrace trace) => $"{trace.Title} ({(trace.Path is null ? "" : trace.Path + ", ")}line {trace.FirstLine})";

    private static string Fit(string value, int width)
    {
        string visible = ControlText.MakeNameVisible(value).Replace('\t', ' ');
        return visible.Length <= width ? visible : string.Concat(visible.AsSpan(0, width - 3), "...");
    }
}
