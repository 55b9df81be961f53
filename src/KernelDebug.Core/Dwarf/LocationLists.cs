using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>
/// Location lists: <c>.debug_loclists</c> (DWARF 5, Sections 2.6.2 and 7.7.3), before DWARF 5 <c>.debug_loc</c> (DWARF 4, Section 2.6.2).
/// GCC's view numbers stand before a list, where DW_AT_GNU_locviews points, and are not read.
/// </summary>
internal static class LocationLists
{
    private const ulong FirstWindow = 1024;

    /// <summary>The places of a DW_AT_location, an expression or a list; one expression holds wherever its scope does.</summary>
    /// <exception cref="BinaryFormatException">The list is damaged or over the cap.</exception>
    public static LocationEntry[] Read(DwarfUnit unit, FormValue location, VariableLocation frameBase)
    {
        switch (location.Form)
        {
            case DwForm.Expression or DwForm.Block or DwForm.Block1 or DwForm.Block2 or DwForm.Block4:
                return [new LocationEntry(new AddressRange(0, ulong.MaxValue), VariableLocation.Read(unit, unit.ReadBlock(location), frameBase))];
            case DwForm.SectionOffset or DwForm.LocationListIndex or DwForm.Data4 or DwForm.Data8:
                return ReadList(unit, unit.LocationListOffset(location), frameBase);
            default:
                return [];
        }
    }

    private static LocationEntry[] ReadList(DwarfUnit unit, ulong offset, VariableLocation frameBase)
    {
        bool isNew = unit.Header.Encoding.Version >= 5;
        return ListWindow.Read(isNew ? unit.Sections.LocationLists : unit.Sections.Locations, offset, FirstWindow, "location list",
            (ref SpanReader reader, ByteSlice bytes, ValueList<LocationEntry> entries) =>
            {
                if (isNew)
                {
                    ReadNew(ref reader, bytes, unit, frameBase, entries);
                }
                else
                {
                    ReadOld(ref reader, bytes, unit, frameBase, entries);
                }
            });
    }

    private static void ReadOld(ref SpanReader reader, ByteSlice bytes, DwarfUnit unit, VariableLocation frameBase, ValueList<LocationEntry> entries)
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
                continue;
            }

            ByteSlice expression = Expression(ref reader, bytes, reader.ReadUInt16());
            Add(ref reader, unit, entries, unchecked(start + low), unchecked(start + high), expression, frameBase);
        }
    }

    private static void ReadNew(ref SpanReader reader, ByteSlice bytes, DwarfUnit unit, VariableLocation frameBase, ValueList<LocationEntry> entries)
    {
        int size = unit.Header.Encoding.AddressSize;
        ulong start = unit.BaseAddress;
        while (true)
        {
            ulong low;
            ulong high;
            byte kind = reader.ReadByte();
            switch (kind)
            {
                case 0x00: // DW_LLE_end_of_list
                    return;
                case 0x01: // DW_LLE_base_addressx
                    start = unit.ReadIndexedAddress(reader.ReadUleb128());
                    continue;
                case 0x02: // DW_LLE_startx_endx
                    low = unit.ReadIndexedAddress(reader.ReadUleb128());
                    high = unit.ReadIndexedAddress(reader.ReadUleb128());
                    break;
                case 0x03: // DW_LLE_startx_length
                    low = unit.ReadIndexedAddress(reader.ReadUleb128());
                    high = unchecked(low + reader.ReadUleb128());
                    break;
                case 0x04: // DW_LLE_offset_pair
                    low = unchecked(start + reader.ReadUleb128());
                    high = unchecked(start + reader.ReadUleb128());
                    break;
                case 0x05: // DW_LLE_default_location
                    // Where no other entry holds: what that is would have to be worked out, and no compiler for the kernel writes it.
                    low = high = 0;
                    break;
                case 0x06: // DW_LLE_base_address
                    start = reader.ReadUnsigned(size);
                    continue;
                case 0x07: // DW_LLE_start_end
                    low = reader.ReadUnsigned(size);
                    high = reader.ReadUnsigned(size);
                    break;
                case 0x08: // DW_LLE_start_length
                    low = reader.ReadUnsigned(size);
                    high = unchecked(low + reader.ReadUleb128());
                    break;
                case 0x09: // DW_LLE_GNU_view_pair
                    _ = reader.ReadUleb128();
                    _ = reader.ReadUleb128();
                    continue;
                default:
                    throw reader.Error($"expected a location list entry kind (DW_LLE_*) of 0 to 9, have {kind}");
            }

            ByteSlice expression = Expression(ref reader, bytes, reader.ReadUleb128());
            Add(ref reader, unit, entries, low, high, expression, frameBase);
        }
    }

    private static ByteSlice Expression(ref SpanReader reader, ByteSlice bytes, ulong length)
    {
        int at = reader.Position;
        reader.Skip(length);
        return bytes.Slice(at, (long)length);
    }

    private static void Add(
        ref SpanReader reader, DwarfUnit unit, ValueList<LocationEntry> entries, ulong low, ulong high, ByteSlice expression, VariableLocation frameBase)
    {
        if (entries.Count >= ParserLimits.MaxRanges)
        {
            throw reader.Error($"expected at most {ParserLimits.MaxRanges} ranges in a list");
        }

        unit.Sections.Budget.Spend(WorkBudget.Range, unit.Bytes);
        if (low < high)
        {
            entries.Add(new LocationEntry(new AddressRange(low, high), VariableLocation.Read(unit, expression, frameBase)));
        }
    }
}
