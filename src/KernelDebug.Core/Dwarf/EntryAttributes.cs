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
            switch (spec.Attribute)
            {
                case DwAttribute.LowPc:
                    entry.LowPc = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.HighPc:
                    entry.HighPc = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.Ranges:
                    entry.Ranges = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.Sibling:
                    entry.Sibling = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.Name:
                    entry.Name = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.LinkageName or DwAttribute.MipsLinkageName:
                    entry.LinkageName = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.AbstractOrigin:
                    entry.AbstractOrigin = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.Specification:
                    entry.Specification = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.CallFile:
                    entry.CallFile = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.CallLine:
                    entry.CallLine = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                case DwAttribute.CallColumn:
                    entry.CallColumn = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
                    break;
                default:
                    FormReader.Skip(ref reader, spec.Form, encoding);
                    break;
            }
        }

        return entry;
    }
}
