using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>The attributes of one entry that tell of a type or a variable (DWARF 5, Chapters 4 and 5).</summary>
internal struct EntryDetails
{
    public FormValue Name;
    public FormValue Type;
    public FormValue ByteSize;
    public FormValue BitSize;
    public FormValue BitOffset;
    public FormValue DataBitOffset;
    public FormValue DataMemberLocation;
    public FormValue Count;
    public FormValue UpperBound;
    public FormValue Declaration;
    public FormValue Location;
    public FormValue FrameBase;
    public FormValue AbstractOrigin;
    public FormValue Specification;
    public FormValue Sibling;
    public FormValue LowPc;
    public FormValue HighPc;
    public FormValue Ranges;
    public FormValue Encoding;
    public FormValue ConstantValue;
    public FormValue External;

    /// <summary>Reads all attributes of an entry whose abbreviation code was just read.</summary>
    /// <exception cref="BinaryFormatException">A form is unknown or the bytes end.</exception>
    public static EntryDetails Read(ref SpanReader reader, Abbreviation abbreviation, DwarfEncoding encoding)
    {
        var entry = default(EntryDetails);
        foreach (AttributeSpec spec in abbreviation.Attributes)
        {
            FormValue value = FormReader.Read(ref reader, spec.Form, spec.ImplicitConstant, encoding);
            switch (spec.Attribute)
            {
                case DwAttribute.Name: entry.Name = value; break;
                case DwAttribute.Type: entry.Type = value; break;
                case DwAttribute.ByteSize: entry.ByteSize = value; break;
                case DwAttribute.BitSize: entry.BitSize = value; break;
                case DwAttribute.BitOffset: entry.BitOffset = value; break;
                case DwAttribute.DataBitOffset: entry.DataBitOffset = value; break;
                case DwAttribute.DataMemberLocation: entry.DataMemberLocation = value; break;
                case DwAttribute.Count: entry.Count = value; break;
                case DwAttribute.UpperBound: entry.UpperBound = value; break;
                case DwAttribute.Declaration: entry.Declaration = value; break;
                case DwAttribute.Location: entry.Location = value; break;
                case DwAttribute.FrameBase: entry.FrameBase = value; break;
                case DwAttribute.AbstractOrigin: entry.AbstractOrigin = value; break;
                case DwAttribute.Specification: entry.Specification = value; break;
                case DwAttribute.Sibling: entry.Sibling = value; break;
                case DwAttribute.LowPc: entry.LowPc = value; break;
                case DwAttribute.HighPc: entry.HighPc = value; break;
                case DwAttribute.Ranges: entry.Ranges = value; break;
                case DwAttribute.Encoding: entry.Encoding = value; break;
                case DwAttribute.ConstValue: entry.ConstantValue = value; break;
                case DwAttribute.External: entry.External = value; break;
                default: break;
            }
        }

        return entry;
    }

    /// <summary>A constant attribute's number; null where it is not there, or an expression or reference computes it.</summary>
    public static ulong? Constant(FormValue value) => value.Form switch
    {
        DwForm.Data1 or DwForm.Data2 or DwForm.Data4 or DwForm.Data8 or DwForm.UnsignedData or DwForm.ImplicitConstant => value.Number,
        DwForm.SignedData when (long)value.Number >= 0 => value.Number,
        _ => null,
    };
}
