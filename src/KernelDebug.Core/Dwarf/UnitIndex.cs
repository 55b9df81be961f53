using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>
/// All units of <c>.debug_info</c>: their headers, for a reference into another unit, and their ranges, for an address that
/// <c>.debug_aranges</c> does not lead to. Each is read once, and only when asked for.
/// </summary>
internal sealed class UnitIndex(DwarfSections sections)
{
    private List<UnitHeader>? _headers;
    private List<(AddressRange Range, InfoOffset Unit)>? _ranges;
    private List<InfoOffset>? _withoutRanges;

    /// <exception cref="BinaryFormatException">The header is damaged.</exception>
    public static UnitHeader ReadHeader(DwarfSections sections, InfoOffset start) =>
        UnitHeader.Read(sections.Info.Window(start.Value, UnitHeader.MostBytes), start, sections.Info.Length);

    /// <summary>The header of the unit an offset lies in; null where none does.</summary>
    /// <exception cref="BinaryFormatException">A header is damaged.</exception>
    public UnitHeader? Containing(InfoOffset offset)
    {
        List<UnitHeader> headers = Headers();
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
        if (_ranges is null)
        {
            ReadRanges();
        }

        foreach ((AddressRange range, InfoOffset unit) in _ranges!)
        {
            if (range.Contains(address))
            {
                yield return unit;
            }
        }

        foreach (InfoOffset unit in _withoutRanges!)
        {
            yield return unit;
        }
    }

    private List<UnitHeader> Headers()
    {
        if (_headers is not null)
        {
            return _headers;
        }

        var headers = new List<UnitHeader>();
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
        _ranges = [];
        _withoutRanges = [];
        foreach (UnitHeader header in Headers())
        {
            if (header.Type is not (DwUnitType.Compile or DwUnitType.Skeleton))
            {
                continue;
            }

            var unit = new DwarfUnit(sections, header);
            IReadOnlyList<AddressRange> ranges = unit.Ranges;
            foreach (AddressRange range in ranges)
            {
                _ranges.Add((range, header.Start));
            }

            if (ranges.Count == 0)
            {
                _withoutRanges.Add(header.Start);
            }
        }
    }
}
