using System.Text;
using KernelDebug.Btf;

namespace KernelDebug.Tests.Support;

/// <summary>A header as a compiler understands it: each structure's size and each member's place, held against the types it was written from.</summary>
internal static class ClangLayout
{
    /// <summary>The number of assertions, and what clang says of those that do not hold; null where clang is not installed.</summary>
    public static (int Count, string Errors)? Check(BtfFile file, string header)
    {
        string? clang = NativeTool.Installed("clang", "clang-14", "clang-16", "clang-19");
        if (clang is null)
        {
            return null;
        }

        var source = new StringBuilder("#include \"").Append(header).Append("\"\n");
        int count = 0;
        IEnumerable<BtfType> onlyOfTheirName = file.Types.Where(type => type is BtfStruct or BtfEnum && type.Name is not null)
            .GroupBy(type => type.Name).Where(group => group.Count() == 1).Select(group => group.Single());
        foreach (BtfStruct type in onlyOfTheirName.OfType<BtfStruct>())
        {
            source.Append($"_Static_assert(sizeof({type}) == {type.ByteSize}, \"{type} has {type.ByteSize} bytes\");\n");
            count++;
            foreach (BtfMember member in type.Members.Where(member => member.Name is not null && !member.IsBitField))
            {
                source.Append($"_Static_assert(__builtin_offsetof({type}, {member.Name}) == {member.ByteOffset}, \"{type} has {member.Name} at {member.ByteOffset}\");\n");
                count++;
            }
        }

        using var tree = new TempTree();
        string path = tree.Put("layout.c", Encoding.UTF8.GetBytes(source.ToString()));
        return (count, NativeTool.Errors(clang, ["-fsyntax-only", "-w", "-ferror-limit=20", "-DBPF_NO_PRESERVE_ACCESS_INDEX", path]));
    }
}
