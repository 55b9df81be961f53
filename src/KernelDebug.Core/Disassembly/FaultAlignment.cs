using KernelDebug.Records;

namespace KernelDebug.Disassembly;

/// <summary>
/// Finds where in a <c>Code:</c> window to start so that an instruction begins at the fault. The kernel prints 42 bytes before it,
/// which begin inside an instruction more often than not; decoding falls into step by itself after a few wrong instructions, and
/// those are what is skipped.
/// </summary>
/// <remarks>
/// A start is at most 14 bytes in, as an instruction has 15 at most. Among the starts that lead to a boundary at the fault, the
/// one with the fewest rows that no compiler emits wins (<c>(bad)</c>, a prefix alone, a REX without effect), and of equals the
/// first. The first rows may still be wrong where wrong bytes happen to look right: nothing in the window can tell.
/// </remarks>
internal static class FaultAlignment
{
    private const int MaxInstructionLength = 15;
    // Beyond one instruction there is no reason to expect a start; a few more are tried before giving up on all but the fault.
    private const int MaxStarts = 64;

    /// <summary>The rows from the chosen start; offsets count from the window's first byte.</summary>
    /// <param name="sweep">The disassembler.</param>
    /// <param name="code">The window.</param>
    /// <param name="fault">Offset of the fault.</param>
    /// <param name="all">The rows from the window's first byte.</param>
    /// <param name="skipped">Bytes before the start.</param>
    public static IReadOnlyList<DisassembledInstruction> Find(
        ObjdumpSweep sweep, byte[] code, int fault, List<DisassembledInstruction> all, out int skipped)
    {
        skipped = 0;
        if (Oddities(all, fault) == 0 && !HidesZeroes(all, fault)) return all;

        // Zero bytes before the fault are code here: where they are skipped, the boundaries in them are lost.
        var reference = sweep.Run(code, faultOffset: fault, skipZeroes: false);
        var boundaries = new bool[code.Length];
        foreach (var row in reference) boundaries[row.Offset] = true;

        List<DisassembledInstruction>? best = null;
        var fewest = int.MaxValue;
        for (var start = 0; start <= Math.Min(fault, MaxStarts); start++)
        {
            if (start >= MaxInstructionLength && best is not null) break;
            var rows = From(sweep, code, fault, start, reference, boundaries);
            if (Oddities(rows, fault) is not { } odd || odd >= fewest) continue;
            best = rows;
            fewest = odd;
            skipped = start;
            if (odd == 0) break;
        }
        if (best is not null) return best;
        skipped = fault;
        return From(sweep, code, fault, fault, reference, boundaries);
    }

    // Once a row begins where one of the reference does, all that follow are the reference's.
    private static List<DisassembledInstruction> From(
        ObjdumpSweep sweep, byte[] code, int fault, int start, List<DisassembledInstruction> reference, bool[] boundaries)
    {
        var rows = sweep.Run(code, faultOffset: fault, start: start, skipZeroes: false, until: boundaries);
        var joined = rows.Count == 0 ? start : rows[^1].Offset + rows[^1].Bytes.Count;
        foreach (var row in reference)
        {
            if (row.Offset >= joined) rows.Add(row);
        }
        return rows;
    }

    /// <summary>How many rows before the fault no compiler emits; null where no row begins at the fault.</summary>
    private static int? Oddities(List<DisassembledInstruction> rows, int fault)
    {
        var odd = 0;
        foreach (var row in rows)
        {
            if (row.Offset >= fault) return row.Offset == fault ? odd : null;
            if (IsOdd(row.Text)) odd++;
        }
        return null;
    }

    private static bool HidesZeroes(List<DisassembledInstruction> rows, int fault)
    {
        foreach (var row in rows)
        {
            if (row.Offset > fault) return false;
            if (row.Text == ObjdumpSweep.Zeroes) return true;
        }
        return false;
    }

    private static bool IsOdd(string text) => text.Contains("(bad)", StringComparison.Ordinal)
        || text.StartsWith('.') || text.StartsWith("rex", StringComparison.Ordinal) || text.Contains(" rex", StringComparison.Ordinal)
        || text is "cs" or "ds" or "es" or "ss" or "fs" or "gs" or "data16" or "addr32" or "addr16" or "lock" or "repz" or "repnz";
}
