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

            if (new EntryPlace(file, unit, default).Follow(next) is not { } target || !target.TryOpen(out EntryCursor cursor))
            {
                break;
            }

            (file, unit, _) = target;
            entry = cursor.Read();
        }

        return (name, linkageName);
    }
}
