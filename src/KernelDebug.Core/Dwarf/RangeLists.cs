using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>Range lists: <c>.debug_ranges</c> (DWARF 4, Section 2.17.3) and <c>.debug_rnglists</c> (DWARF 5, Section 2.17.3).</summary>
internal static class RangeLists
{
    /// <summary>Bytes: most lists are shorter.</summary>
    private const ulong FirstWindow = 4096;

    /// <exception cref="BinaryFormatException">The list is damaged or over the cap.</exception>
    public static AddressRange[] Read(DwarfSections sections, DwarfUnit unit, ulong offset)
    {
        bool isNew = unit.Header.Encoding.Version >= 5;
        return ListWindow.Read(isNew ? sections.RangeLists : sections.Ranges, offset, FirstWindow, "range list",
            (ref SpanReader reader, ByteSlice _, ValueList<AddressRange> ranges) =>
            {
                if (isNew)
                {
                    ReadRangeList(ref reader, unit, ranges);
                }
                else
                {
                    ReadRanges(ref reader, unit, ranges);
                }
            });
    }

    private static void ReadRanges(ref SpanReader reader, DwarfUnit unit, ValueList<AddressRange> ranges)
    {
        int size = unit.Header.Encoding.AddressSize;
        ulong largest = size == 8 ? ulong.MaxValue : (1UL << (8 * size)) - 1;
        ulong start = unit.BaseAddress;
        while (true)
        {
            ulong low = reader.ReadUnsigned(size);
            ulong high = reader.ReadUnsigned(size);
            if (low == 0 && high == 0)
            {
                return;
            }

            if (low == largest)
            {
                start = high;
            }
            else
            {
                Add(ref reader, unit, ranges, unchecked(start + low), unchecked(start + high));
            }
        }
    }

    private static void ReadRangeList(ref SpanReader reader, DwarfUnit unit, ValueList<AddressRange> ranges)
    {
        int size = unit.Header.Encoding.AddressSize;
        ulong start = unit.BaseAddress;
        while (true)
        {
            byte kind = reader.ReadByte();
            switch (kind)
            {
                case 0x00: // DW_RLE_end_of_list
                    return;
                case 0x01: // DW_RLE_base_addressx
                    start = unit.ReadIndexedAddress(reader.ReadUleb128());
                    break;
                case 0x02: // DW_RLE_startx_endx
                    ulong first = unit.ReadIndexedAddress(reader.ReadUleb128());
                    Add(ref reader, unit, ranges, first, unit.ReadIndexedAddress(reader.ReadUleb128()));
                    break;
                case 0x03: // DW_RLE_startx_length
                    ulong indexed = unit.ReadIndexedAddress(reader.ReadUleb128());
                    Add(ref reader, unit, ranges, indexed, unchecked(indexed + reader.ReadUleb128()));
                    break;
                case 0x04: // DW_RLE_offset_pair
                    ulong from = reader.ReadUleb128();
                    ulong to = reader.ReadUleb128();
                    Add(ref reader, unit, ranges, unchecked(start + from), unchecked(start + to));
                    break;
                case 0x05: // DW_RLE_base_address
                    start = reader.ReadUnsigned(size);
                    break;
                case 0x06: // DW_RLE_start_end
                    ulong low = reader.ReadUnsigned(size);
                    Add(ref reader, unit, ranges, low, reader.ReadUnsigned(size));
                    break;
                case 0x07: // DW_RLE_start_length
                    ulong at = reader.ReadUnsigned(size);
                    Add(ref reader, unit, ranges, at, unchecked(at + reader.ReadUleb128()));
                    break;
                default:
                    throw reader.Error($"expected a range list entry kind (DW_RLE_*) of 0 to 7, have {kind}");
            }
        }
    }

    private static void Add(ref SpanReader reader, DwarfUnit unit, ValueList<AddressRange> ranges, ulong low, ulong high)
    {
        if (ranges.Count >= ParserLimits.MaxRanges)
        {
            throw reader.Error($"expected at most {ParserLimits.MaxRanges} ranges in a list");
        }

        unit.Sections.Budget.Spend(WorkBudget.Range, unit.Bytes);
        if (low < high)
        {
            ranges.Add(new AddressRange(low, high));
        }
    }
}
