using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>
/// All units of <c>.debug_info</c>: their headers, for a reference into another unit, and their ranges, for an address that
/// <c>.debug_aranges</c> does not lead to. Each is read once, and only when asked for.
/// </summary>
internal sealed class UnitIndex(DwarfSections sections)
{
    private ValueList<UnitHeader>? _headers;
    private ValueList<UnitRange>? _ranges;
    private ValueList<InfoOffset>? _withoutRanges;
    private BinaryFormatException? _damage;

    /// <exception cref="BinaryFormatException">The header is damaged.</exception>
    public static UnitHeader ReadHeader(DwarfSections sections, InfoOffset start) =>
        UnitHeader.Read(sections.Info.Window(start.Value, UnitHeader.MostBytes), start, sections.Info.Length);

    /// <summary>The header of the unit an offset lies in; null where none does.</summary>
    /// <exception cref="BinaryFormatException">A header is damaged.</exception>
    public UnitHeader? Containing(InfoOffset offset)
    {
        ValueList<UnitHeader> headers = Headers();
        int low = 0;
        int high = headers.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (headers[middle].Start.Value <= offset.Value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && offset.Value < headers[low - 1].End.Value ? headers[low - 1] : null;
    }

    /// <summary>The units whose ranges hold the address, then those that state no ranges and have to be searched.</summary>
    /// <exception cref="BinaryFormatException">A unit is damaged.</exception>
    public IEnumerable<InfoOffset> Covering(ulong address)
    {
        if (_damage is not null)
        {
            throw _damage;
        }

        if (_ranges is null)
        {
            try
            {
                ReadRanges();
            }
            catch (BinaryFormatException damaged)
            {
                // Kept: with the units read so far an address of the others would look uncovered, and reading anew costs as much again.
                _damage = damaged;
                throw;
            }
        }

        for (int i = 0; i < _ranges!.Count; i++)
        {
            if (_ranges[i].Range.Contains(address))
            {
                yield return _ranges[i].Unit;
            }
        }

        for (int i = 0; i < _withoutRanges!.Count; i++)
        {
            yield return _withoutRanges[i];
        }
    }

    /// <summary>The headers of all units.</summary>
    /// <exception cref="BinaryFormatException">A header is damaged.</exception>
    public ValueList<UnitHeader> Headers()
    {
        if (_headers is not null)
        {
            return _headers;
        }

        var headers = new ValueList<UnitHeader>();
        var start = new InfoOffset(0);
        while (start.Value < (ulong)sections.Info.Length)
        {
            if (headers.Count >= ParserLimits.MaxUnits)
            {
                throw sections.Info.Error(start.Value, $"expected at most {ParserLimits.MaxUnits} units");
            }

            UnitHeader header = ReadHeader(sections, start);
            headers.Add(header);
            start = header.End;
        }

        return _headers = headers;
    }

    private void ReadRanges()
    {
        _ranges = new();
        _withoutRanges = new();
        ValueList<UnitHeader> headers = Headers();
        for (int i = 0; i < headers.Count; i++)
        {
            UnitHeader header = headers[i];
            if (header.Type is not (DwUnitType.Compile or DwUnitType.Skeleton))
            {
                continue;
            }

            var unit = new DwarfUnit(sections, header);
            AddressRange[] ranges = unit.Ranges;
            foreach (AddressRange range in ranges)
            {
                _ranges.Add(new UnitRange(range, header.Start));
            }

            if (ranges.Length == 0)
            {
                _withoutRanges.Add(header.Start);
            }
        }
    }
}
