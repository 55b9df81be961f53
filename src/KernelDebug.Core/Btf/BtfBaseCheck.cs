using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>
/// Whether a base is the one a file was made for. Nothing in BTF names it; but ids and string offsets of another base lead to types that
/// cannot stand where they are, or into the middle of names.
/// </summary>
internal static class BtfBaseCheck
{
    /// <summary>Looks at every own type of a file that has a base.</summary>
    /// <exception cref="BtfBaseMismatchException">It needs a base and has none, or another.</exception>
    public static void Run(BtfFile file)
    {
        if (file.Base is null)
        {
            if (file.IsSplit)
            {
                throw new BtfBaseMismatchException(file.Path, null, "its first string is not empty, as it is in a file that stands alone");
            }

            return;
        }

        if (file.IsBigEndian != file.Base.IsBigEndian)
        {
            throw new BtfBaseMismatchException(file.Path, file.Base.Path, "its byte order is another");
        }

        if (file.Base.IsDistilledBase || file.IsRelocated)
        {
            return;
        }

        try
        {
            foreach (BtfType type in file.Types)
            {
                CheckName(file, type.Id);
                foreach (uint reference in type.References())
                {
                    BtfKind kind = file.KindOf(reference);
                    if (reference != 0 && reference < file.FirstId && !type.AllowsReference(kind))
                    {
                        throw Mismatch(file, $"type {type.Id} ({type.Kind} \"{type.Name}\") refers to type {reference}, of which the base says it is a {kind}");
                    }
                }
            }
        }
        catch (BinaryFormatException damaged) when (damaged.File == file.Path || damaged.File == file.Base.Path)
        {
            throw Mismatch(file, damaged.Message);
        }
    }

    // Producers share whole strings and no ends of strings, so a name of the base begins behind a NUL.
    private static void CheckName(BtfFile file, uint id)
    {
        uint offset = file.HeaderAt(id).NameOffset;
        BtfFile? owner = file.Base;
        while (owner is not null && offset < owner.StringStart)
        {
            owner = owner.Base;
        }

        if (owner is not null && offset > owner.StringStart && offset < owner.StringEnd && owner.Strings.Window(offset - owner.StringStart - 1, 1)[0] != 0)
        {
            throw Mismatch(file, $"the name of type {id} lies within a name of the base: \"{Encoding.UTF8.GetString(file.NameBytes(id))}\"");
        }
    }

    private static BtfBaseMismatchException Mismatch(BtfFile file, string evidence) => new(file.Path, file.Base!.Path, evidence);
}
