using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>The attributes of one entry that lead to an address, a name or a call site.</summary>
internal struct EntryAttributes
{
    public FormValue LowPc;
    public FormValue HighPc;
    public FormValue Ranges;
    public FormValue Sibling;
    public FormValue Name;
    public FormValue LinkageName;
    public FormValue AbstractOrigin;
    public FormValue Specification;
    public FormValue CallFile;
    public FormValue CallLine;
    public FormValue CallColumn;

    /// <summary>Reads all attributes of an entry whose abbreviation code was just read.</summary>
    /// <exception cref="BinaryFormatException">A form is unknown or the bytes end.</exception>
    public static EntryAttributes Read(ref SpanReader reader, Abbreviation abbreviation, DwarfEncoding encoding)
    {
        var entry = default(EntryAttributes);
        foreach (AttributeSpec spec in abbreviation.Attributes)
        {
            FormValue value = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
            switch (spec.Attribute)
            {
                case DwAttribute.LowPc:
                    entry.LowPc = value;
                    break;
                case DwAttribute.HighPc:
                    entry.HighPc = value;
                    break;
                case DwAttribute.Ranges:
                    entry.Ranges = value;
                    break;
                case DwAttribute.Sibling:
                    entry.Sibling = value;
                    break;
                case DwAttribute.Name:
                    entry.Name = value;
                    break;
                case DwAttribute.LinkageName or DwAttribute.MipsLinkageName:
                    entry.LinkageName = value;
                    break;
                case DwAttribute.AbstractOrigin:
                    entry.AbstractOrigin = value;
                    break;
                case DwAttribute.Specification:
                    entry.Specification = value;
                    break;
                case DwAttribute.CallFile:
                    entry.CallFile = value;
                    break;
                case DwAttribute.CallLine:
                    entry.CallLine = value;
                    break;
                case DwAttribute.CallColumn:
                    entry.CallColumn = value;
                    break;
                default:
                    break;
            }
        }

        return entry;
    }
}
