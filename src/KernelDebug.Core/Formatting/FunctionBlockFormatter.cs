using System.Globalization;
using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Formatting;

/// <summary>The instructions of a function around its fault, as its file has them, each new source place above its instructions.</summary>
public static class FunctionBlockFormatter
{
    private const int RowsBefore = 10;
    private const int RowsAfter = 4;

    /// <summary>A heading, the rows, each line ending in <c>\n</c>; empty where there is no function.</summary>
    public static string Format(FunctionDisassembly? function)
    {
        if (function is null)
        {
            return "";
        }

        IReadOnlyList<DisassembledInstruction> rows = function.Instructions;
        int fault = 0;
        while (fault < rows.Count && !rows[fault].IsFaulting)
        {
            fault++;
        }

        if (fault == rows.Count)
        {
            return "";
        }

        string heading = $"{function.Symbol} in {function.ObjectPath}, around the fault";
        var text = new StringBuilder();
        text.Append(ControlText.MakeNameVisible(heading)).Append('\n').Append('=', Math.Min(heading.Length, 100)).Append('\n');
        SourceFrame? place = null;
        for (int i = Math.Max(0, fault - RowsBefore); i <= Math.Min(rows.Count - 1, fault + RowsAfter); i++)
        {
            DisassembledInstruction row = rows[i];
            if (row.Source is { } source && source.Place != place?.Place)
            {
                text.Append(ControlText.MakeNameVisible(source.ToString())).Append('\n');
                place = source;
            }

            text.Append(CultureInfo.InvariantCulture, $"{row.Offset,6:x}:{(row.IsFaulting ? '*' : ' ')} ").Append(ControlText.MakeNameVisible(row.Text));
            text.Append(row.IsFaulting ? "\t\t<-- trapping instruction\n" : "\n");
        }

        return text.ToString();
    }
}
