using System.Text;
using KernelDebug.Formatting;

namespace KernelDebug.Tracing;

/// <summary>Trees of calls as text.</summary>
public static class TraceCallFormatter
{
    private const int TimeWidth = 9;

    /// <summary>Lines of a tree at most.</summary>
    private const int MostLines = 1000;

    /// <summary>A line for who called, and one for each call, cut to the width.</summary>
    public static string Text(TraceCall tree, int width)
    {
        ArgumentNullException.ThrowIfNull(tree);
        var text = new StringBuilder($"{ControlText.MakeNameVisible(tree.Task)} {tree.ProcessId}/{tree.ThreadId}, CPU {tree.Cpu}{(tree.IsOutermost ? "" : ", within a call that is missing")}");

        // For each depth, whether more is to come there.
        var more = new List<bool>();
        var last = new Stack<(IReadOnlyList<TraceCall> Calls, int Next)>();
        int lines = 0;
        Append(tree);
        last.Push((tree.Calls, 0));
        while (last.TryPop(out (IReadOnlyList<TraceCall> Calls, int Next) level))
        {
            more.RemoveRange(last.Count, more.Count - last.Count);
            if (level.Next == level.Calls.Count)
            {
                continue;
            }

            if (++lines == MostLines)
            {
                return text.Append("\n... more calls: Flatten() has all").ToString();
            }

            more.Add(level.Next + 1 < level.Calls.Count);
            last.Push((level.Calls, level.Next + 1));
            Append(level.Calls[level.Next]);
            last.Push((level.Calls[level.Next].Calls, 0));
        }

        return text.ToString();

        void Append(TraceCall call)
        {
            string branch = string.Concat(more.Select((isMore, depth) => depth == more.Count - 1 ? isMore ? "├─ " : "└─ " : isMore ? "│  " : "   "));
            string line = $"{HistogramFormatter.Nanoseconds(call.LatencyNs),TimeWidth}  {branch}{call.ToLine()}";
            text.Append('\n').Append(line.Length <= width ? line : line[..(width - 1)] + "…");
        }
    }
}
