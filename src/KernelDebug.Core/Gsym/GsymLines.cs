using KernelDebug.IO;

namespace KernelDebug.Gsym;

/// <summary>
/// A function's line table (LLVM, <c>DebugInfo/GSYM/LineTable.h</c>): rows of address, file and line, most of them one byte that moves
/// both address and line. It is DWARF's idea with the range of lines chosen for each function.
/// </summary>
internal static class GsymLines
{
    private const byte EndSequence = 0;
    private const byte SetFile = 1;
    private const byte AdvanceAddress = 2;
    private const byte AdvanceLine = 3;
    private const byte FirstSpecial = 4;

    /// <summary>Line differences one byte can tell, as many as leave room for address differences of real code.</summary>
    private const int MostDeltas = 15;

    /// <summary>The row an address belongs to; null before the first, and from one without a file on.</summary>
    /// <param name="table">The table's bytes.</param>
    /// <param name="start">Address of the function, which the rows count from.</param>
    /// <param name="address">The address.</param>
    /// <exception cref="BinaryFormatException">The table is damaged.</exception>
    public static GsymPlace? Find(ByteSlice table, ulong start, ulong address)
    {
        SpanReader reader = table.Reader();
        long least = reader.ReadSleb128();
        long most = reader.ReadSleb128();
        ulong at = start;
        uint file = 1;
        var line = (uint)reader.ReadUleb128();
        GsymPlace? found = null;
        while (true)
        {
            byte opcode = reader.ReadByte();
            switch (opcode)
            {
                case EndSequence:
                    return found;
                case SetFile:
                    file = (uint)Math.Min(reader.ReadUleb128(), uint.MaxValue);
                    continue;
                case AdvanceLine:
                    line = (uint)(line + reader.ReadSleb128());
                    continue;
                case AdvanceAddress:
                    at = unchecked(at + reader.ReadUleb128());
                    break;
                default:
                    if (most < least || most - least > byte.MaxValue)
                    {
                        throw table.Error(0, $"expected a range of line differences, have {least} to {most}");
                    }

                    (long steps, long delta) = Math.DivRem(opcode - FirstSpecial, most - least + 1);
                    line = (uint)(line + least + delta);
                    at = unchecked(at + (ulong)steps);
                    break;
            }

            if (at > address)
            {
                return found;
            }

            found = file == 0 ? null : new GsymPlace(file, line);
        }
    }

    /// <summary>Writes a table.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="start">Address of the function.</param>
    /// <param name="rows">At least one, addresses rising.</param>
    public static void Write(ByteBuffer to, ulong start, ReadOnlySpan<GsymLine> rows)
    {
        (long least, long most) = DeltaRange(rows);
        to.WriteSleb128(least);
        to.WriteSleb128(most);
        to.WriteUleb128(rows[0].Line);
        ulong at = start;
        uint file = 1;
        uint line = rows[0].Line;
        foreach (GsymLine row in rows)
        {
            if (row.File != file)
            {
                to.WriteByte(SetFile);
                to.WriteUleb128(row.File);
            }

            long delta = (long)row.Line - line;
            ulong steps = row.Address - at;
            long special = FirstSpecial + delta - least + (long)Math.Min(steps, byte.MaxValue) * (most - least + 1);
            if (delta >= least && delta <= most && special <= byte.MaxValue)
            {
                to.WriteByte((byte)special);
            }
            else
            {
                if (delta != 0)
                {
                    to.WriteByte(AdvanceLine);
                    to.WriteSleb128(delta);
                }

                to.WriteByte(AdvanceAddress);
                to.WriteUleb128(steps);
            }

            (at, file, line) = (row.Address, row.File, row.Line);
        }

        to.WriteByte(EndSequence);
    }

    /// <summary>The neighbouring line differences that are most of them, so that most rows take one byte.</summary>
    private static (long Least, long Most) DeltaRange(ReadOnlySpan<GsymLine> rows)
    {
        const int Reach = 64;
        Span<int> counts = stackalloc int[2 * Reach + 1];
        counts.Clear();
        for (int i = 1; i < rows.Length; i++)
        {
            long delta = (long)rows[i].Line - rows[i - 1].Line;
            if (delta is >= -Reach and <= Reach)
            {
                counts[(int)delta + Reach]++;
            }
        }

        // The first row's difference is 0; a range that leaves it out costs that row two bytes more.
        counts[Reach]++;
        int best = 0;
        int inBest = -1;
        for (int first = 0; first + MostDeltas <= counts.Length; first++)
        {
            int inside = 0;
            foreach (int count in counts.Slice(first, MostDeltas))
            {
                inside += count;
            }

            if (inside > inBest)
            {
                (best, inBest) = (first, inside);
            }
        }

        // As narrow as what is in it: each line difference less leaves more room for addresses.
        int last = best + MostDeltas - 1;
        while (counts[best] == 0)
        {
            best++;
        }

        while (counts[last] == 0)
        {
            last--;
        }

        return (best - Reach, last - Reach);
    }
}
