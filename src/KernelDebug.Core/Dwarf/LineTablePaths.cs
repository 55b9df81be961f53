using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>The directories and files of a line table, joined to paths when asked for.</summary>
internal sealed class LineTablePaths(DwarfSections sections, DwarfUnit unit)
{
    private readonly Dictionary<ulong, string?> _joined = [];

    /// <summary>A name where it stands: in a string section, or in the table's own bytes.</summary>
    public readonly record struct Name(FormValue Value, ByteSlice Table);

    /// <summary>A file's name and the index of its directory.</summary>
    public readonly record struct SourceFile(Name Name, ulong Directory);

    public ValueList<Name> Directories { get; } = new();

    public ValueList<SourceFile> Files { get; } = new();

    /// <summary>DWARF 5 counts files and directories from 0, earlier versions from 1 with 0 for the compilation's own.</summary>
    public bool IsZeroBased { get; set; }

    /// <summary>The path of a file, <c>.</c> and <c>..</c> resolved; relative where the compilation directory is.</summary>
    /// <exception cref="BinaryFormatException">A name lies outside its section.</exception>
    public string? PathOf(ulong file)
    {
        if (!_joined.TryGetValue(file, out string? path))
        {
            path = Join(file);
            _joined[file] = path;
        }

        return path;
    }

    private string? Join(ulong file)
    {
        if (!IsZeroBased && file == 0)
        {
            return unit.Name is { } own ? SourcePath.Combine(unit.Directory, own) : null;
        }

        ulong index = IsZeroBased ? file : file - 1;
        if (index >= (ulong)Files.Count)
        {
            return null;
        }

        (Name name, ulong directory) = Files[(int)index];
        return Read(name) is { } text ? SourcePath.Combine(DirectoryOf(directory), text) : null;
    }

    private string? DirectoryOf(ulong directory)
    {
        string? root = unit.Directory;
        ulong index = IsZeroBased ? directory : directory - 1;
        if (index >= (ulong)Directories.Count || Read(Directories[(int)index]) is not { } name)
        {
            return root;
        }

        // DWARF 5's directory 0 is the compilation directory itself, which may be relative: it must not be joined to itself.
        return IsZeroBased && directory == 0 && name == root ? root : SourcePath.Combine(root, name);
    }

    private string? Read(Name name)
    {
        switch (name.Value.Form)
        {
            case DwForm.String:
                SpanReader reader = name.Table.Reader();
                reader.Position = (int)name.Value.Number;
                return Encoding.UTF8.GetString(reader.ReadCString());
            case DwForm.LineString:
                return sections.LineStrings.ReadString(name.Value.Number);
            default:
                return unit.ReadString(name.Value);
        }
    }
}
