using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary><c>.debug_aranges</c>: address ranges to units (DWARF 5, Section 6.1.2). A hint: producers leave ranges out.</summary>
internal sealed class AddressRangeTable
{
    private readonly ValueList<UnitRange> _ranges = new();
    private readonly ulong[] _starts;
    private readonly int[] _order;

    /// <exception cref="BinaryFormatException">The section is damaged.</exception>
    public AddressRangeTable(DwarfSections sections)
    {
        ulong offset = 0;
        while (offset < (ulong)sections.AddressRanges.Length)
        {
            offset += ReadSet(sections, offset);
        }

        _starts = new ulong[_ranges.Count];
        _order = new int[_ranges.Count];
        for (int i = 0; i < _order.Length; i++)
        {
            _starts[i] = _ranges[i].Range.Low;
            _order[i] = i;
        }

        RadixSort.Sort(_starts, _order);
    }

    /// <summary>The units whose ranges hold the address, the range that begins last first.</summary>
    public IEnumerable<InfoOffset> Find(ulong address)
    {
        int low = 0;
        int high = _starts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_starts[middle] <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        // Ranges of different units do not overlap but where something is wrong; a few steps back cover what does happen.
        const int Neighbours = 8;
        for (int i = low - 1; i >= 0 && i >= low - Neighbours; i--)
        {
            UnitRange range = _ranges[_order[i]];
            if (range.Range.Contains(address))
            {
                yield return range.Unit;
            }
        }
    }

    private ulong ReadSet(DwarfSections sections, ulong start)
    {
        ByteSlice rest = sections.AddressRanges.Window(start, 16);
        SpanReader lengthReader = rest.Reader();
        (ulong length, byte offsetSize) = UnitHeader.ReadInitialLength(ref lengthReader);
        ulong total = length + (ulong)lengthReader.Position;
        if (total < length)
        {
            throw rest.Error(0, $"expected a set inside the section, have length 0x{length:x}");
        }

        ByteSlice set = sections.AddressRanges.Slice(start, total);
        SpanReader reader = set.Reader();
        reader.Position = lengthReader.Position;
        reader.Skip(2);
        var unit = new InfoOffset(reader.ReadUnsigned(offsetSize));
        int addressSize = reader.ReadByte();
        int segmentSize = reader.ReadByte();
        if (addressSize is not (4 or 8) || segmentSize > 8)
        {
            throw reader.Error($"expected addresses of 4 or 8 bytes, have {addressSize} and segments of {segmentSize}");
        }

        // Tuples begin at a multiple of their size from the set's start.
        int tuple = segmentSize + 2 * addressSize;
        reader.Position = Math.Min((reader.Position + tuple - 1) / tuple * tuple, reader.Bytes.Length);
        while (reader.Remaining >= tuple)
        {
            reader.Skip((ulong)segmentSize);
            ulong address = reader.ReadUnsigned(addressSize);
            ulong size = reader.ReadUnsigned(addressSize);
            if (_ranges.Count >= ParserLimits.MaxAddressRanges)
            {
                throw reader.Error($"expected at most {ParserLimits.MaxAddressRanges} ranges");
            }

            if (size > 0 && address + size > address)
            {
                _ranges.Add(new UnitRange(new AddressRange(address, address + size), unit));
            }
        }

        return total;
    }
}
