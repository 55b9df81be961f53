using System.IO.Compression;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>Why there are no types where some were looked for.</summary>
internal sealed class BtfAbsence
{
    private const string ModulesOption = "CONFIG_DEBUG_INFO_BTF_MODULES";
    private readonly string _release;
    private readonly string _root;
    private readonly bool _kernelHasTypes;
    private readonly string? _withoutOption;
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>Looks at what a machine has of a kernel.</summary>
    /// <param name="release">The kernel's release, as <c>uname -r</c> has it.</param>
    /// <param name="root">Where the machine's files are: <c>/</c>.</param>
    internal BtfAbsence(string release, string root)
    {
        (_release, _root) = (release, root);
        _kernelHasTypes = File.Exists(Path.Combine(root, BtfObjects.KernelFile[1..]));
        _withoutOption = new[] { "proc/config.gz", $"boot/config-{release}", $"lib/modules/{release}/config" }
            .Select(path => Path.Combine(root, path)).Where(path => File.Exists(path) && !HasOption(path)).FirstOrDefault();
        string folder = Path.Combine(root, "lib/modules", release);
        string index = Path.Combine(folder, "modules.dep");
        foreach (string line in File.Exists(index) ? File.ReadLines(index) : [])
        {
            string path = line.Split(':', 2)[0];
            _files.TryAdd(Path.GetFileName(path).Split('.', 2)[0].Replace('-', '_'), Path.Combine(folder, path));
        }
    }

    /// <summary>That of the kernel that runs.</summary>
    public static BtfAbsence OfRunningKernel()
    {
        const string Release = "/proc/sys/kernel/osrelease";
        return new BtfAbsence(File.Exists(Release) ? File.ReadAllText(Release).Trim() : "", "/");
    }

    /// <summary>Why a file has none.</summary>
    public static string Reason(ElfFile elf) =>
        elf.FindSection(BtfSections.Types) is not null ? "its .BTF section is empty, as in a separate debug file: the types are in the file it belongs to"
        : elf.FindSection(".debug_info") is not null ? "it has no .BTF section: the kernel or module was built without CONFIG_DEBUG_INFO_BTF, or no vmlinux was there when it was built; its DWARF could be encoded"
        : "it has no .BTF section: it was built without CONFIG_DEBUG_INFO_BTF, or no vmlinux was there when it was built";

    /// <summary>Why the kernel shows none of a loaded module.</summary>
    public string Reason(string module)
    {
        if (!_kernelHasTypes)
        {
            return "the kernel itself has no types, which a module's continue: it was built without CONFIG_DEBUG_INFO_BTF";
        }

        if (_withoutOption is not null)
        {
            return $"the kernel was built without {ModulesOption}, as {_withoutOption} says";
        }

        if (!_files.TryGetValue(module, out string? path))
        {
            return $"it is not known why: no file of that name is in {Path.Combine(_root, "lib/modules", _release)} (Get-BtfObject -Path says what the file it was loaded from has)";
        }

        try
        {
            using ElfFile elf = ElfFile.Open(path);
            return BtfSections.Find(elf, BtfSections.Types) is null
                ? $"of its file {path}: {Reason(elf)}"
                : $"its file {path} has types that the kernel does not show: it was loaded from another file, or the kernel refused them as made for another vmlinux (the kernel log says so)";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or BinaryFormatException or DllNotFoundException)
        {
            return $"it is not known why: its file {path} cannot be read: {unreadable.Message}";
        }
    }

    private static bool HasOption(string path)
    {
        try
        {
            using Stream file = File.OpenRead(path);
            using Stream text = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
            using var reader = new StreamReader(text);
            while (reader.ReadLine() is { } line)
            {
                if (line == ModulesOption + "=y")
                {
                    return true;
                }
            }

            return false;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // What cannot be read says nothing against it.
            return true;
        }
    }
}
