using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>One unit: its root entry's attributes, read at once, and what is built when an address hits it.</summary>
internal sealed class DwarfUnit
{
    private readonly DwarfSections _sections;
    private AbbreviationTable? _abbreviations;
    private LineTable? _lines;
    private bool _linesRead;
    private FunctionIndex? _functions;
    private UnitNames? _names;
    private FormValue _name;
    private FormValue _directory;
    private FormValue _dwoName;
    private FormValue _lowPc;
    private FormValue _highPc;
    private FormValue _ranges;
    private FormValue _statementList;
    private ulong _stringOffsetsBase;
    private ulong _addressBase;
    private ulong _rangeListsBase;
    private ulong _gnuRangesBase;
    private ulong _locationListsBase;

    /// <summary>Reads the root entry.</summary>
    /// <exception cref="BinaryFormatException">The unit is damaged.</exception>
    public DwarfUnit(DwarfSections sections, UnitHeader header)
    {
        _sections = sections;
        Header = header;
        Bytes = sections.Info.Slice(header.Start.Value, header.Length);
        ReadRoot();
    }

    public UnitHeader Header { get; }

    /// <summary>The unit from its header on, relocated.</summary>
    public ByteSlice Bytes { get; }

    /// <summary>DW_LANG_*; 0 where not stated.</summary>
    public ulong Language { get; private set; }

    /// <summary>True where the debug information is in a <c>.dwo</c> file.</summary>
    public bool IsSkeleton => Header.Type == DwUnitType.Skeleton || _dwoName.IsPresent;

    /// <summary>The <c>.dwo</c> file of a skeleton.</summary>
    public string? DwoName => ReadString(_dwoName);

    /// <summary>DW_AT_name: the source file the unit was made from.</summary>
    public string? Name => ReadString(_name);

    /// <summary>DW_AT_comp_dir.</summary>
    public string? Directory => ReadString(_directory);

    public AbbreviationTable Abbreviations => _abbreviations ??= AbbreviationTable.Read(
        _sections.Abbreviations.Window(Header.AbbreviationOffset, int.MaxValue), Header.Encoding, _sections.Budget);

    /// <summary>The functions with code.</summary>
    public FunctionIndex Functions => _functions ??= new FunctionIndex(this);

    /// <summary>The variables and functions by name.</summary>
    public UnitNames NamesIn(DwarfFile file) => _names ??= new UnitNames(file, this);

    /// <summary>The line table; null where the unit has none.</summary>
    public LineTable? Lines
    {
        get
        {
            if (!_linesRead)
            {
                _lines = _statementList.IsPresent ? LineTable.Open(_sections, this, _statementList.Number) : null;
                _linesRead = true;
            }

            return _lines;
        }
    }

    /// <summary>The unit's own ranges; empty where its root states none.</summary>
    public AddressRange[] Ranges => ReadRanges(_lowPc, _highPc, _ranges);

    /// <summary>The base that range lists count from (DW_AT_low_pc of the root).</summary>
    public ulong BaseAddress => _lowPc.IsPresent ? ReadAddress(_lowPc) : 0;

    public DwarfSections Sections => _sections;

    /// <summary>An address: direct, or through <c>.debug_addr</c>.</summary>
    /// <exception cref="BinaryFormatException">The index is outside the section.</exception>
    public ulong ReadAddress(FormValue value) => value.Form is DwForm.Address ? value.Number : ReadIndexedAddress(value.Number);

    /// <summary>The address of an index into this unit's part of <c>.debug_addr</c>.</summary>
    /// <exception cref="BinaryFormatException">The index is outside the section.</exception>
    public ulong ReadIndexedAddress(ulong index)
    {
        int size = Header.Encoding.AddressSize;
        ulong offset = unchecked(_addressBase + index * (ulong)size);
        return _sections.Addresses.Slice(offset, (ulong)size).Reader().ReadUnsigned(size);
    }

    /// <summary>A string of any form; null where the attribute is not there or its section is in another file that is not at hand.</summary>
    /// <exception cref="BinaryFormatException">The string lies outside its section.</exception>
    public string? ReadString(FormValue value)
    {
        switch (value.Form)
        {
            case DwForm.None:
                return null;
            case DwForm.String:
                SpanReader reader = Bytes.Reader();
                reader.Position = (int)Math.Min(value.Number, int.MaxValue);
                return Encoding.UTF8.GetString(reader.ReadCString());
            case DwForm.StringPointer:
                return _sections.Strings.ReadString(value.Number);
            case DwForm.LineString:
                return _sections.LineStrings.ReadString(value.Number);
            case DwForm.StringIndex or DwForm.StringIndex1 or DwForm.StringIndex2 or DwForm.StringIndex3 or DwForm.StringIndex4 or DwForm.GnuStringIndex:
                int size = Header.Encoding.OffsetSize;
                ulong offset = unchecked(_stringOffsetsBase + value.Number * (ulong)size);
                return _sections.Strings.ReadString(_sections.StringOffsets.Slice(offset, (ulong)size).Reader().ReadUnsigned(size));
            case DwForm.GnuStringAlternate or DwForm.StringSupplementary:
                return _sections.Supplementary?.Sections.Strings.ReadString(value.Number);
            default:
                return null;
        }
    }

    /// <summary>The ranges of an entry: DW_AT_low_pc and DW_AT_high_pc, or DW_AT_ranges; empty where it has no code.</summary>
    /// <exception cref="BinaryFormatException">A range list is damaged.</exception>
    public AddressRange[] ReadRanges(FormValue lowPc, FormValue highPc, FormValue ranges)
    {
        if (ranges.IsPresent)
        {
            ulong offset = ranges.Number;
            if (ranges.Form == DwForm.RangeListIndex)
            {
                int size = Header.Encoding.OffsetSize;
                ulong place = unchecked(_rangeListsBase + ranges.Number * (ulong)size);
                offset = unchecked(_rangeListsBase + _sections.RangeLists.Slice(place, (ulong)size).Reader().ReadUnsigned(size));
            }
            else if (Header.Encoding.Version < 5)
            {
                offset = unchecked(offset + _gnuRangesBase);
            }

            return RangeLists.Read(_sections, this, offset);
        }

        return TryReadRange(lowPc, highPc, out AddressRange range) ? [range] : [];
    }

    /// <summary>Where a location list begins in its section: direct, or through the table that DW_AT_loclists_base points at.</summary>
    /// <exception cref="BinaryFormatException">The index is outside the section.</exception>
    public ulong LocationListOffset(FormValue value)
    {
        if (value.Form != DwForm.LocationListIndex)
        {
            return value.Number;
        }

        int size = Header.Encoding.OffsetSize;
        ulong place = unchecked(_locationListsBase + value.Number * (ulong)size);
        return unchecked(_locationListsBase + _sections.LocationLists.Slice(place, (ulong)size).Reader().ReadUnsigned(size));
    }

    /// <summary>The bytes of a block or expression.</summary>
    /// <exception cref="BinaryFormatException">It runs past the unit's end.</exception>
    public ByteSlice ReadBlock(FormValue value)
    {
        SpanReader reader = Bytes.Reader();
        reader.Position = (int)Math.Min(value.Number, int.MaxValue);
        ulong length = value.Form switch
        {
            DwForm.Block1 => reader.ReadByte(),
            DwForm.Block2 => reader.ReadUInt16(),
            DwForm.Block4 => reader.ReadUInt32(),
            _ => reader.ReadUleb128(),
        };
        return Bytes.Slice(reader.Position, (long)Math.Min(length, long.MaxValue));
    }

    /// <summary>The range of DW_AT_low_pc and DW_AT_high_pc, the latter an address or a length (DWARF 5, Section 2.17.2).</summary>
    public bool TryReadRange(FormValue lowPc, FormValue highPc, out AddressRange range)
    {
        range = default;
        if (!lowPc.IsPresent || !highPc.IsPresent)
        {
            return false;
        }

        ulong low = ReadAddress(lowPc);
        bool isAddress = highPc.Form is DwForm.Address or DwForm.AddressIndex or DwForm.GnuAddressIndex or DwForm.AddressIndex1
            or DwForm.AddressIndex2 or DwForm.AddressIndex3 or DwForm.AddressIndex4;
        ulong high = isAddress ? ReadAddress(highPc) : unchecked(low + highPc.Number);
        range = new AddressRange(low, high);
        return low < high;
    }

    private void ReadRoot()
    {
        AbbreviationTable onlyRoot = AbbreviationTable.Read(
            _sections.Abbreviations.Window(Header.AbbreviationOffset, int.MaxValue), Header.Encoding, _sections.Budget, RootCode());
        SpanReader reader = Bytes.Reader();
        reader.Position = (int)Header.RootOffset.Value;
        ulong code = reader.ReadUleb128();
        if (code == 0)
        {
            return;
        }

        Abbreviation root = onlyRoot[code] ?? throw reader.Error($"expected an abbreviation of the unit's table, have code {code}");
        foreach (AttributeSpec spec in root.Attributes)
        {
            FormValue value = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, Header.Encoding);
            switch (spec.Attribute)
            {
                case DwAttribute.Name:
                    _name = value;
                    break;
                case DwAttribute.CompilationDirectory:
                    _directory = value;
                    break;
                case DwAttribute.Language:
                    Language = value.Number;
                    break;
                case DwAttribute.StatementList:
                    _statementList = value;
                    break;
                case DwAttribute.LowPc:
                    _lowPc = value;
                    break;
                case DwAttribute.HighPc:
                    _highPc = value;
                    break;
                case DwAttribute.Ranges:
                    _ranges = value;
                    break;
                case DwAttribute.StringOffsetsBase:
                    _stringOffsetsBase = value.Number;
                    break;
                case DwAttribute.AddressBase or DwAttribute.GnuAddressBase:
                    _addressBase = value.Number;
                    break;
                case DwAttribute.RangeListsBase:
                    _rangeListsBase = value.Number;
                    break;
                case DwAttribute.LocationListsBase:
                    _locationListsBase = value.Number;
                    break;
                case DwAttribute.GnuRangesBase:
                    _gnuRangesBase = value.Number;
                    break;
                case DwAttribute.DwoName or DwAttribute.GnuDwoName:
                    _dwoName = value;
                    break;
                default:
                    break;
            }
        }

        // DW_AT_GNU_ranges_base is for the entries of the .dwo; the skeleton's own DW_AT_ranges counts from the section's start.
        _gnuRangesBase = IsSkeleton ? 0 : _gnuRangesBase;
    }

    private ulong RootCode()
    {
        SpanReader reader = Bytes.Reader();
        reader.Position = (int)Math.Min(Header.RootOffset.Value, (ulong)reader.Bytes.Length);
        return reader.ReadUleb128();
    }
}
