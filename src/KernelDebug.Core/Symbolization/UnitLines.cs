using KernelDebug.Dwarf;
using KernelDebug.Gsym;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>The lines of a unit, handed out by addresses as rows of GSYM.</summary>
internal sealed class UnitLines(UnitCode unit, GsymWriter writer)
{
    private readonly ValueList<LineRun> _runs = unit.Lines();
    private readonly Dictionary<ulong, uint> _files = [];

    /// <summary>Takes lines that no function has.</summary>
    public delegate void Take(ulong low, ulong high, uint file, uint line);

    /// <summary>Appends the rows of a range; a row without a file ends what the line table says.</summary>
    public void Collect(ulong low, ulong high, List<GsymLine> rows)
    {
        ulong end = low;
        for (int i = FirstBehind(low); i < _runs.Count && _runs[i].Low < high; i++)
        {
            LineRun run = _runs[i];
            AddRow(rows, ref end, Math.Max(run.Low, low), Math.Min(run.High, high), FileOf(run.File), run.Line);
        }

        Close(rows, end, high);
    }

    /// <summary>How far the lines go on without a gap from one address on, at most to another.</summary>
    public ulong EndOfCover(ulong low, ulong high)
    {
        ulong end = low;
        for (int i = FirstBehind(low); i < _runs.Count && _runs[i].Low <= end && end < high; i++)
        {
            end = Math.Min(_runs[i].High, high);
        }

        return end;
    }

    /// <summary>Hands over the lines between two addresses.</summary>
    public void TakeBetween(ulong low, ulong high, Take take)
    {
        for (int i = FirstBehind(low); i < _runs.Count && _runs[i].Low < high; i++)
        {
            LineRun run = _runs[i];
            take(Math.Max(run.Low, low), Math.Min(run.High, high), FileOf(run.File), run.Line);
        }
    }

    /// <summary>Appends a row; <paramref name="end"/> is the end of the one before.</summary>
    public static void AddRow(List<GsymLine> rows, ref ulong end, ulong low, ulong high, uint file, uint line)
    {
        if (rows.Count > 0 && end < low)
        {
            Close(rows, end, low);
        }

        if (rows.Count == 0 || rows[^1].File != file || rows[^1].Line != line)
        {
            rows.Add(new GsymLine(low, file, line));
        }

        end = high;
    }

    /// <summary>Ends the last row where code without a line follows.</summary>
    public static void Close(List<GsymLine> rows, ulong end, ulong high)
    {
        if (rows.Count > 0 && end < high)
        {
            rows.Add(new GsymLine(end, 0, rows[^1].Line));
        }
    }

    private uint FileOf(ulong index)
    {
        if (!_files.TryGetValue(index, out uint file))
        {
            _files[index] = file = writer.AddFile(unit.PathOf(index));
        }

        return file;
    }

    /// <summary>The first run that ends behind an address.</summary>
    private int FirstBehind(ulong address)
    {
        int low = 0;
        int high = _runs.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_runs[middle].High <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
