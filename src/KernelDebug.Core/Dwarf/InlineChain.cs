using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>One function of a chain: its names and, where it was inlined, the place of the call.</summary>
internal sealed record ChainLink(EntryAttributes Entry, bool IsInlined);

/// <summary>The functions at an address: the one that has the code and those inlined into it there (DWARF 5, Section 3.3.8.2).</summary>
internal static class InlineChain
{
    /// <returns>Innermost first; the last is the function itself.</returns>
    /// <exception cref="BinaryFormatException">The unit is damaged.</exception>
    public static IReadOnlyList<ChainLink> Find(DwarfUnit unit, UnitOffset function, ulong address)
    {
        var cursor = new EntryCursor(unit, function);
        if (!cursor.Next() || cursor.Abbreviation is not { } root)
        {
            throw unit.Bytes.Error((long)function.Value, "expected a function's entry");
        }

        var outermost = new ChainLink(cursor.Read(), IsInlined: false);
        if (!root.HasChildren)
        {
            return [outermost];
        }

        // Every scope is walked, in or out of its parent's ranges: compilers do leave a child's range out of its parent's. Of
        // several inlined calls that hold the address the last in the entries' order is the innermost.
        var open = new List<ChainLink?>();
        List<ChainLink> best = [outermost];
        while (cursor.Next())
        {
            if (cursor.Abbreviation is not { } shape)
            {
                if (open.Count == 0)
                {
                    break;
                }

                open.RemoveAt(open.Count - 1);
                continue;
            }

            ChainLink? link = null;
            if (shape.Tag == DwTag.InlinedSubroutine)
            {
                link = new ChainLink(cursor.Read(), IsInlined: true);
                if (HoldsAddress(unit, link.Entry, address))
                {
                    best = Snapshot(link, open, outermost);
                }
            }
            else if (shape.Tag is DwTag.LexicalBlock or DwTag.TryBlock or DwTag.CatchBlock or DwTag.WithStatement)
            {
                cursor.SkipAttributes();
            }
            else
            {
                cursor.SkipTree();
                continue;
            }

            if (shape.HasChildren)
            {
                open.Add(link);
                if (open.Count > ParserLimits.MaxEntryDepth)
                {
                    throw unit.Bytes.Error((long)cursor.Offset.Value, $"expected entries nested at most {ParserLimits.MaxEntryDepth} deep");
                }
            }
        }

        return best;
    }

    private static bool HoldsAddress(DwarfUnit unit, EntryAttributes entry, ulong address)
    {
        if (!entry.Ranges.IsPresent)
        {
            return unit.TryReadRange(entry.LowPc, entry.HighPc, out AddressRange range) && range.Contains(address);
        }

        foreach (AddressRange range in unit.ReadRanges(entry.LowPc, entry.HighPc, entry.Ranges))
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static List<ChainLink> Snapshot(ChainLink innermost, List<ChainLink?> open, ChainLink outermost)
    {
        var chain = new List<ChainLink> { innermost };
        for (int i = open.Count - 1; i >= 0 && chain.Count < ParserLimits.MaxInlineDepth; i--)
        {
            if (open[i] is { } link)
            {
                chain.Add(link);
            }
        }

        chain.Add(outermost);
        return chain;
    }
}
