using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>An entry of a unit of a file.</summary>
internal readonly record struct EntryPlace(DwarfFile File, DwarfUnit Unit, UnitOffset Offset)
{
    /// <summary>A cursor that stands on the entry; false where no entry begins there.</summary>
    public bool TryOpen(out EntryCursor cursor)
    {
        cursor = new EntryCursor(Unit, Offset);
        return cursor.Next() && cursor.Abbreviation is not null;
    }

    /// <summary>The entry a reference leads to (DWARF 5, Section 7.5.5.5); null where it is in a file that is not at hand, or a type unit.</summary>
    /// <exception cref="BinaryFormatException">A unit's header is damaged.</exception>
    public EntryPlace? Follow(FormValue reference)
    {
        switch (reference.Form)
        {
            case DwForm.Reference1 or DwForm.Reference2 or DwForm.Reference4 or DwForm.Reference8 or DwForm.ReferenceUnsigned:
                return this with { Offset = new UnitOffset(reference.Number) };
            case DwForm.ReferenceAddress:
                return In(File, reference.Number);
            case DwForm.GnuReferenceAlternate or DwForm.ReferenceSupplementary4 or DwForm.ReferenceSupplementary8:
                return File.Supplementary is { } other ? In(other, reference.Number) : null;
            default:
                return null;
        }
    }

    private static EntryPlace? In(DwarfFile file, ulong offset)
    {
        DwarfUnit? unit = file.FindUnit(new InfoOffset(offset));
        return unit is null ? null : new EntryPlace(file, unit, new UnitOffset(offset - unit.Header.Start.Value));
    }
}
