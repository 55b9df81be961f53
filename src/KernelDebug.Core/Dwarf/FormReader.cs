using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>Reads and skips attribute values (DWARF 5, Section 7.5.5 and 7.5.6).</summary>
internal static class FormReader
{
    /// <summary>Size of a form in bytes where it is always the same; -1 where the bytes tell.</summary>
    public static int FixedSize(DwForm form, DwarfEncoding encoding) => form switch
    {
        DwForm.FlagPresent or DwForm.ImplicitConstant => 0,
        DwForm.Data1 or DwForm.Flag or DwForm.Reference1 or DwForm.StringIndex1 or DwForm.AddressIndex1 => 1,
        DwForm.Data2 or DwForm.Reference2 or DwForm.StringIndex2 or DwForm.AddressIndex2 => 2,
        DwForm.StringIndex3 or DwForm.AddressIndex3 => 3,
        DwForm.Data4 or DwForm.Reference4 or DwForm.StringIndex4 or DwForm.AddressIndex4 or DwForm.ReferenceSupplementary4 => 4,
        DwForm.Data8 or DwForm.Reference8 or DwForm.ReferenceSignature8 or DwForm.ReferenceSupplementary8 => 8,
        DwForm.Data16 => 16,
        DwForm.Address => encoding.AddressSize,
        DwForm.StringPointer or DwForm.SectionOffset or DwForm.LineString or DwForm.StringSupplementary
            or DwForm.GnuReferenceAlternate or DwForm.GnuStringAlternate => encoding.OffsetSize,
        // DWARF 2 gave DW_FORM_ref_addr the size of an address.
        DwForm.ReferenceAddress => encoding.Version <= 2 ? encoding.AddressSize : encoding.OffsetSize,
        _ => -1,
    };

    /// <exception cref="BinaryFormatException">An unknown form, or too few bytes.</exception>
    public static void Skip(ref SpanReader reader, DwForm form, DwarfEncoding encoding)
    {
        int size = FixedSize(form, encoding);
        if (size >= 0)
        {
            reader.Skip((ulong)size);
            return;
        }

        _ = ReadVariable(ref reader, form, encoding);
    }

    /// <exception cref="BinaryFormatException">An unknown form, or too few bytes.</exception>
    public static FormValue Read(ref SpanReader reader, DwForm form, long implicitConstant, DwarfEncoding encoding)
    {
        if (form == DwForm.ImplicitConstant)
        {
            return new FormValue(form, (ulong)implicitConstant);
        }

        int size = FixedSize(form, encoding);
        return size switch
        {
            0 => new FormValue(form, 1),
            3 => new FormValue(form, reader.ReadUInt24()),
            16 => SkipData16(ref reader),
            > 0 => new FormValue(form, reader.ReadUnsigned(size)),
            _ => ReadVariable(ref reader, form, encoding),
        };
    }

    private static FormValue SkipData16(ref SpanReader reader)
    {
        reader.Skip(16);
        return new FormValue(DwForm.Data16, 0);
    }

    private static FormValue ReadVariable(ref SpanReader reader, DwForm form, DwarfEncoding encoding)
    {
        int start = reader.Position;
        switch (form)
        {
            case DwForm.UnsignedData or DwForm.ReferenceUnsigned or DwForm.StringIndex or DwForm.AddressIndex or DwForm.LocationListIndex
                or DwForm.RangeListIndex or DwForm.GnuAddressIndex or DwForm.GnuStringIndex:
                return new FormValue(form, reader.ReadUleb128());
            case DwForm.SignedData:
                return new FormValue(form, (ulong)reader.ReadSleb128());
            case DwForm.String:
                _ = reader.ReadCString();
                return new FormValue(form, (ulong)start);
            case DwForm.Block or DwForm.Expression:
                reader.Skip(reader.ReadUleb128());
                return new FormValue(form, (ulong)start);
            case DwForm.Block1:
                reader.Skip(reader.ReadByte());
                return new FormValue(form, (ulong)start);
            case DwForm.Block2:
                reader.Skip(reader.ReadUInt16());
                return new FormValue(form, (ulong)start);
            case DwForm.Block4:
                reader.Skip(reader.ReadUInt32());
                return new FormValue(form, (ulong)start);
            case DwForm.Indirect:
                var actual = (DwForm)reader.ReadUleb128();
                if (actual is DwForm.Indirect or DwForm.ImplicitConstant)
                {
                    throw reader.Error($"expected a form behind DW_FORM_indirect, have 0x{(int)actual:x}");
                }

                return Read(ref reader, actual, 0, encoding);
            default:
                throw reader.Error($"expected a DW_FORM of DWARF 2 to 5, have 0x{(int)form:x}");
        }
    }
}
