using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>A run of code on one line of one file.</summary>
/// <param name="Low">Its first address.</param>
/// <param name="High">The address behind it.</param>
/// <param name="File">Index into the unit's files.</param>
/// <param name="Line">1-based; 0 for "no line".</param>
internal readonly record struct LineRun(ulong Low, ulong High, ulong File, uint Line);

/// <summary>Runs of a line table put in order.</summary>
internal static class LineRuns
{
    /// <summary>Adds a run, or lengthens the last where it goes on there.</summary>
    public static void Add(ValueList<LineRun> runs, LineRun run)
    {
        if (runs.Count > 0 && runs[runs.Count - 1] is var last && last.High == run.Low && last.File == run.File && last.Line == run.Line)
        {
            runs[runs.Count - 1] = last with { High = run.High };
        }
        else
        {
            runs.Add(run);
        }
    }

    /// <summary>The runs rising; of those that overlap the earlier in the list has the addresses both claim.</summary>
    public static ValueList<LineRun> InOrder(ValueList<LineRun> runs)
    {
        if (IsInOrder(runs))
        {
            return runs;
        }

        var starts = new ulong[runs.Count];
        var order = new int[runs.Count];
        for (int i = 0; i < order.Length; i++)
        {
            (starts[i], order[i]) = (runs[i].Low, i);
        }

        RadixSort.Sort(starts, order);
        var sorted = new ValueList<LineRun>();
        ulong end = 0;
        foreach (int i in order)
        {
            LineRun run = runs[i];
            if (run.High > end)
            {
                sorted.Add(run with { Low = Math.Max(run.Low, end) });
                end = run.High;
            }
        }

        return sorted;
    }

    private static bool IsInOrder(ValueList<LineRun> runs)
    {
        for (int i = 1; i < runs.Count; i++)
        {
            if (runs[i].Low < runs[i - 1].High)
            {
                return false;
            }
        }

        return true;
    }
}
