using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>An inlined call of a function, in the order of the entries.</summary>
/// <param name="Parent">The call it is inlined into, by its place in that order; -1 for the function itself.</param>
/// <param name="Name">DW_AT_name; null where not stated.</param>
/// <param name="LinkageName">The mangled name; null where not stated.</param>
/// <param name="Path">The file of the call; null where not stated.</param>
/// <param name="Line">The 1-based line of the call; 0 where not stated.</param>
internal sealed record InlinedCall(int Parent, string? Name, string? LinkageName, string? Path, uint Line);

/// <summary>A part of a function's code.</summary>
/// <param name="Range">Where it is.</param>
/// <param name="Function">The function's entry.</param>
internal readonly record struct FunctionPart(AddressRange Range, UnitOffset Function);

/// <summary>A function with the inlined calls at each of its addresses.</summary>
/// <param name="Name">DW_AT_name; null where not stated.</param>
/// <param name="LinkageName">The mangled name; null where not stated.</param>
/// <param name="Calls">Its inlined calls.</param>
/// <param name="Innermost">Where which of them is the innermost, by its place in that list; rising.</param>
internal sealed record FunctionCalls(string? Name, string? LinkageName, IReadOnlyList<InlinedCall> Calls, IReadOnlyList<(AddressRange Range, int Owner)> Innermost);

/// <summary>
/// All that a unit says of its code, for those who want it whole: the same answers as <see cref="DwarfFile.Find"/> gives address by
/// address.
/// </summary>
internal sealed class UnitCode(DwarfFile file, DwarfUnit unit)
{
    private readonly Dictionary<ulong, (string? Name, string? LinkageName)> _names = [];

    /// <summary>Where the unit begins in <c>.debug_info</c>.</summary>
    public ulong Start => unit.Header.Start.Value;

    /// <summary>DW_AT_comp_dir; null where not stated.</summary>
    public string? CompilationDirectory { get; } = unit.Directory;

    /// <summary>The <c>.dwo</c> file that has the functions; null where this file has them.</summary>
    public string? DwoName => unit.IsSkeleton ? unit.DwoName ?? "?" : null;

    /// <summary>The functions' code, rising: at each address the smallest function that holds it, of equals the last.</summary>
    /// <exception cref="BinaryFormatException">The unit is damaged.</exception>
    public IReadOnlyList<FunctionPart> Functions()
    {
        ValueList<FunctionPart> all = unit.Functions.All;
        var order = new int[all.Count];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        // The smaller over the larger, the later over the earlier.
        Array.Sort(order, (a, b) => Size(all[b]).CompareTo(Size(all[a])) is var bySize and not 0 ? bySize : a.CompareTo(b));
        var layers = new ValueList<(AddressRange, int)>();
        foreach (int i in order)
        {
            layers.Add((all[i].Range, i));
        }

        return [.. new PaintedRanges(layers, unit.Sections.Budget, unit.Bytes).Parts().Select(part => new FunctionPart(part.Range, all[part.Owner].Function))];

        static ulong Size(FunctionPart part) => part.Range.High - part.Range.Low;
    }

    /// <summary>A function's names and inlined calls.</summary>
    /// <exception cref="BinaryFormatException">The unit is damaged.</exception>
    public FunctionCalls Calls(UnitOffset function)
    {
        var walk = new InlineWalk(unit, function);
        (string? own, string? ownLinkageName) = NamesOf(walk.Entry);
        var calls = new List<InlinedCall>();
        var ranges = new ValueList<(AddressRange, int)>();
        while (walk.Next())
        {
            EntryAttributes entry = walk.Entry;
            (string? name, string? linkageName) = NamesOf(entry);
            string? path = entry.CallFile.IsPresent ? unit.Lines?.PathOf(entry.CallFile.Number) : null;
            ulong line = entry.CallLine.Number;
            calls.Add(new InlinedCall(walk.Parent, name, linkageName, path, line <= int.MaxValue ? (uint)line : 0));
            foreach (AddressRange range in unit.ReadRanges(entry.LowPc, entry.HighPc, entry.Ranges))
            {
                ranges.Add((range, walk.Index));
            }
        }

        return new FunctionCalls(own, ownLinkageName, calls, [.. new PaintedRanges(ranges, unit.Sections.Budget, unit.Bytes).Parts()]);
    }

    /// <summary>The line table's runs, rising and apart from each other.</summary>
    /// <exception cref="BinaryFormatException">The table is damaged.</exception>
    public ValueList<LineRun> Lines() => unit.Lines?.ReadRuns() ?? new();

    /// <summary>The full path of a file of <see cref="Lines"/>; null where the index names none.</summary>
    public string? PathOf(ulong index) => unit.Lines?.PathOf(index);

    /// <summary>Names by what an entry refers to: a unit inlines one function many times.</summary>
    private (string? Name, string? LinkageName) NamesOf(EntryAttributes entry)
    {
        DwForm form = entry.AbstractOrigin.Form;
        bool isLocal = form is DwForm.Reference1 or DwForm.Reference2 or DwForm.Reference4 or DwForm.Reference8 or DwForm.ReferenceUnsigned;
        if ((!isLocal && form != DwForm.ReferenceAddress) || entry.Name.IsPresent || entry.LinkageName.IsPresent)
        {
            return EntryNames.Find(file, unit, entry);
        }

        // Those into other units count from the section's start.
        ulong key = isLocal ? entry.AbstractOrigin.Number : ~entry.AbstractOrigin.Number;
        if (!_names.TryGetValue(key, out (string?, string?) known))
        {
            _names[key] = known = EntryNames.Find(file, unit, entry);
        }

        return known;
    }
}
