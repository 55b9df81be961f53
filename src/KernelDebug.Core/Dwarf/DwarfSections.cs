using KernelDebug.Elf;

namespace KernelDebug.Dwarf;

/// <summary>The debug sections of one file, opened when first read.</summary>
internal sealed class DwarfSections(ElfFile file)
{
    private DebugSection? _info;
    private DebugSection? _abbreviations;
    private DebugSection? _lines;
    private DebugSection? _addressRanges;
    private DebugSection? _ranges;
    private DebugSection? _rangeLists;
    private DebugSection? _strings;
    private DebugSection? _lineStrings;
    private DebugSection? _stringOffsets;
    private DebugSection? _addresses;
    private DebugSection? _locations;
    private DebugSection? _locationLists;
    private WorkBudget? _budget;

    public ElfFile File => file;

    /// <summary>What the look-up under way may still cost.</summary>
    public WorkBudget Budget => _budget ??= new WorkBudget(Info.Length);

    /// <summary>The file dwz put common entries in, where it is at hand.</summary>
    public DwarfFile? Supplementary { get; set; }

    public DebugSection Info => _info ??= DebugSection.Open(file, ".debug_info");

    public DebugSection Abbreviations => _abbreviations ??= DebugSection.Open(file, ".debug_abbrev");

    public DebugSection Lines => _lines ??= DebugSection.Open(file, ".debug_line");

    public DebugSection AddressRanges => _addressRanges ??= DebugSection.Open(file, ".debug_aranges");

    public DebugSection Ranges => _ranges ??= DebugSection.Open(file, ".debug_ranges");

    public DebugSection RangeLists => _rangeLists ??= DebugSection.Open(file, ".debug_rnglists");

    public DebugSection Strings => _strings ??= DebugSection.Open(file, ".debug_str");

    public DebugSection LineStrings => _lineStrings ??= DebugSection.Open(file, ".debug_line_str");

    public DebugSection StringOffsets => _stringOffsets ??= DebugSection.Open(file, ".debug_str_offsets");

    public DebugSection Addresses => _addresses ??= DebugSection.Open(file, ".debug_addr");

    public DebugSection Locations => _locations ??= DebugSection.Open(file, ".debug_loc");

    public DebugSection LocationLists => _locationLists ??= DebugSection.Open(file, ".debug_loclists");
}
