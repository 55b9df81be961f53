using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>The name of a function: its own, or that of the abstract instance or declaration it refers to, in this unit or another.</summary>
internal static class EntryNames
{
    /// <returns>DW_AT_name and DW_AT_linkage_name, each null where nowhere stated.</returns>
    /// <exception cref="BinaryFormatException">A reference leads outside its unit or section.</exception>
    public static (string? Name, string? LinkageName) Find(DwarfFile file, DwarfUnit unit, EntryAttributes entry)
    {
        string? name = null;
        string? linkageName = null;
        for (int depth = 0; depth < ParserLimits.MaxReferenceDepth; depth++)
        {
            name ??= unit.ReadString(entry.Name);
            linkageName ??= unit.ReadString(entry.LinkageName);
            FormValue next = entry.AbstractOrigin.IsPresent ? entry.AbstractOrigin : entry.Specification;
            if (!next.IsPresent || (name is not null && linkageName is not null))
            {
                break;
            }

            if (Follow(file, unit, next) is not { } target)
            {
                break;
            }

            (file, unit, UnitOffset offset) = target;
            var cursor = new EntryCursor(unit, offset);
            if (!cursor.Next() || cursor.Abbreviation is null)
            {
                break;
            }

            entry = cursor.Read();
        }

        return (name, linkageName);
    }

    private static (DwarfFile File, DwarfUnit Unit, UnitOffset Offset)? Follow(DwarfFile file, DwarfUnit unit, FormValue reference)
    {
        switch (reference.Form)
        {
            case DwForm.Reference1 or DwForm.Reference2 or DwForm.Reference4 or DwForm.Reference8 or DwForm.ReferenceUnsigned:
                return (file, unit, new UnitOffset(reference.Number));
            case DwForm.ReferenceAddress:
                return InFile(file, reference.Number);
            case DwForm.GnuReferenceAlternate or DwForm.ReferenceSupplementary4 or DwForm.ReferenceSupplementary8:
                return file.Supplementary is { } other ? InFile(other, reference.Number) : null;
            default:
                return null;
        }
    }

    private static (DwarfFile File, DwarfUnit Unit, UnitOffset Offset)? InFile(DwarfFile file, ulong offset)
    {
        DwarfUnit? unit = file.FindUnit(new InfoOffset(offset));
        return unit is null ? null : (file, unit, new UnitOffset(offset - unit.Header.Start.Value));
    }
}
