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
        var walk = new InlineWalk(unit, function);
        var outermost = new ChainLink(walk.Entry, IsInlined: false);
        var calls = new List<ChainLink>();
        var parents = new ValueList<int>();

        // Of several inlined calls that hold the address the last in the entries' order is the innermost.
        int innermost = InlineWalk.Function;
        while (walk.Next())
        {
            calls.Add(new ChainLink(walk.Entry, IsInlined: true));
            parents.Add(walk.Parent);
            innermost = HoldsAddress(unit, walk.Entry, address) ? walk.Index : innermost;
        }

        var chain = new List<ChainLink>();
        for (int i = innermost; i >= 0 && chain.Count < ParserLimits.MaxInlineDepth; i = parents[i])
        {
            chain.Add(calls[i]);
        }

        chain.Add(outermost);
        return chain;
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
}
