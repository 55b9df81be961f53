using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;

namespace KernelDebug.Dwarf;

/// <summary>
/// The DWARF of one file, version 2 to 5. A unit is parsed when an address hits it: through <c>.debug_aranges</c> where that
/// section leads to an answer, through the ranges of the units where it does not.
/// </summary>
public sealed class DwarfFile
{
    /// <summary>Units kept parsed; past it the cache begins anew, so that memory stays bounded.</summary>
    private const int MaxCachedUnits = 32;

    /// <summary>An index no line table has: 0 would be the unit's own file.</summary>
    private const ulong NoFile = ulong.MaxValue;

    private readonly Dictionary<ulong, DwarfUnit> _units = [];
    private AddressRangeTable? _addressRanges;
    private UnitIndex? _unitIndex;
    private DwarfTypes? _types;

    /// <summary>Nothing is read yet.</summary>
    public DwarfFile(ElfFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        Sections = new DwarfSections(file);
    }

    /// <summary>True where the file has entries (<c>.debug_info</c>) to ask; a line table is reached through them alone.</summary>
    public bool HasDebugInfo => !Sections.Info.IsEmpty;

    /// <summary>Bytes of <c>.debug_info</c>.</summary>
    internal ulong Length => (ulong)Sections.Info.Length;

    /// <summary>The file dwz put common entries in (<c>.gnu_debugaltlink</c>), where it is at hand.</summary>
    public DwarfFile? Supplementary
    {
        get => Sections.Supplementary;
        set => Sections.Supplementary = value;
    }

    internal DwarfSections Sections { get; }

    /// <summary>The types.</summary>
    internal DwarfTypes Types => _types ??= new DwarfTypes();

    private UnitIndex Units => _unitIndex ??= new UnitIndex(Sections);

    /// <summary>The functions and places at an address.</summary>
    /// <param name="address">The address in the file: link-time, or for ET_REL the section's <see cref="ElfSection.Address"/> plus an offset.</param>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    public CodeLookup Find(ulong address)
    {
        Sections.Budget.Reset();
        Supplementary?.Sections.Budget.Reset();
        CodeLookup? partial = null;
        foreach (DwarfUnit unit in Candidates(address))
        {
            CodeLookup? found = FindInUnit(unit, address);
            if (found is { Frames.Count: > 0 } && found.Frames[0].Path is not null)
            {
                return found;
            }

            partial ??= found;
        }

        return partial ?? new CodeLookup([], null, null);
    }

    /// <summary>The code of every unit, one after the other.</summary>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    internal IEnumerable<UnitCode> AllCode()
    {
        ValueList<UnitHeader> headers = Units.Headers();
        for (int i = 0; i < headers.Count; i++)
        {
            Sections.Budget.Reset();
            if (headers[i].Type is DwUnitType.Compile or DwUnitType.Skeleton)
            {
                var unit = new DwarfUnit(Sections, headers[i]);
                yield return new UnitCode(this, unit);
                unit.Bytes.ReleasePages();
            }
        }
    }

    /// <summary>The code of the units that say something of any of these addresses.</summary>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    internal IEnumerable<UnitCode> CodeAt(IEnumerable<ulong> addresses)
    {
        var seen = new HashSet<ulong>();
        foreach (ulong address in addresses)
        {
            Sections.Budget.Reset();
            foreach (DwarfUnit unit in Candidates(address))
            {
                if (seen.Add(unit.Header.Start.Value))
                {
                    yield return new UnitCode(this, unit);
                }

                if (FindInUnit(unit, address) is { Frames: [{ Path: not null }, ..] })
                {
                    break;
                }
            }
        }
    }

    /// <summary>Every unit, one after the other; the memory of one is let go when the next is asked for.</summary>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    internal IEnumerable<DwarfUnit> AllUnits()
    {
        ValueList<UnitHeader> headers = Units.Headers();
        for (int i = 0; i < headers.Count; i++)
        {
            Sections.Budget.Reset();
            var unit = new DwarfUnit(Sections, headers[i]);
            yield return unit;
            unit.Bytes.ReleasePages();
        }
    }

    /// <summary>The unit an offset of <c>.debug_info</c> lies in; null where none does.</summary>
    internal DwarfUnit? FindUnit(InfoOffset offset) => Units.Containing(offset) is { } header ? Open(header) : null;

    /// <summary>The function whose code an address is in, with its variables; null where none is, or its entries are in another file.</summary>
    /// <param name="address">The address in the file, as <see cref="Find"/> takes it.</param>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    internal FunctionScopes? FindScopes(ulong address)
    {
        Sections.Budget.Reset();
        Supplementary?.Sections.Budget.Reset();
        foreach (DwarfUnit unit in Candidates(address))
        {
            if (unit.Functions.Find(address) is { } function)
            {
                return FunctionScopes.Read(this, unit, function, Types);
            }
        }

        return null;
    }

    private IEnumerable<DwarfUnit> Candidates(ulong address)
    {
        var tried = new List<ulong>();
        _addressRanges ??= new AddressRangeTable(Sections);
        foreach (InfoOffset start in _addressRanges.Find(address))
        {
            if (!tried.Contains(start.Value) && start.Value < (ulong)Sections.Info.Length)
            {
                tried.Add(start.Value);
                yield return Open(start);
            }
        }

        foreach (InfoOffset start in Units.Covering(address))
        {
            if (!tried.Contains(start.Value))
            {
                yield return Open(start);
            }
        }
    }

    private CodeLookup? FindInUnit(DwarfUnit unit, ulong address)
    {
        LineRow? row = unit.Lines?.Find(address);
        // A skeleton may have functions too: clang's -fsplit-dwarf-inlining leaves those with inlined calls in it.
        UnitOffset? function = unit.Functions.Find(address);
        if (function is null)
        {
            string? elsewhere = unit.IsSkeleton ? unit.DwoName ?? "?" : null;
            return row is null ? null : new CodeLookup([Frame(unit, (null, null), row, false)], elsewhere, unit.Directory);
        }

        var frames = new List<CodeFrame>();
        LineRow? place = row;
        foreach (ChainLink link in InlineChain.Find(unit, function.Value, address))
        {
            frames.Add(Frame(unit, EntryNames.Find(this, unit, link.Entry), place, link.IsInlined));
            place = link.IsInlined ? CallSite(link.Entry) : null;
        }

        return new CodeLookup(frames, null, unit.Directory);
    }

    private static LineRow? CallSite(EntryAttributes entry) => entry.CallFile.IsPresent || entry.CallLine.IsPresent
        ? new LineRow(entry.CallFile.IsPresent ? entry.CallFile.Number : NoFile, OrNone(entry.CallLine.Number), OrNone(entry.CallColumn.Number))
        : null;

    /// <summary>A line or column; 0, which stands for none, for a number that can be neither.</summary>
    private static uint OrNone(ulong number) => number <= int.MaxValue ? (uint)number : 0;

    private static CodeFrame Frame(DwarfUnit unit, (string? Name, string? LinkageName) names, LineRow? place, bool isInlined) => new(
        names.Name,
        names.LinkageName,
        place is { } row ? unit.Lines?.PathOf(row.File) : null,
        place is { Line: > 0 and <= int.MaxValue } line ? (int)line.Line : null,
        place is { Column: > 0 } column ? (int)column.Column : null,
        isInlined);

    private DwarfUnit Open(InfoOffset start) =>
        _units.TryGetValue(start.Value, out DwarfUnit? known) ? known : Open(UnitIndex.ReadHeader(Sections, start));

    private DwarfUnit Open(UnitHeader header)
    {
        if (!_units.TryGetValue(header.Start.Value, out DwarfUnit? unit))
        {
            if (_units.Count >= MaxCachedUnits)
            {
                foreach (DwarfUnit old in _units.Values)
                {
                    old.Bytes.ReleasePages();
                }

                _units.Clear();
            }

            unit = new DwarfUnit(Sections, header);
            _units.Add(header.Start.Value, unit);
        }

        return unit;
    }
}
