using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>
/// Opens a symbol bundle, or an object file and, where it is stripped, the separate file that has its debug information: by build-id, then by
/// <c>.gnu_debuglink</c> in the places GDB looks (GDB manual, "Separate Debug Files").
/// </summary>
internal sealed class DebugFileLoader(IReadOnlyList<string> debugRoots, Action<string> tell, bool isOfOthers = false)
{
    /// <summary>One that looks where the options say.</summary>
    /// <param name="options">They.</param>
    /// <param name="tell">Told of what is tried.</param>
    /// <param name="isOfOthers">True where processes name the files, and not the user.</param>
    public static DebugFileLoader For(SymbolizerOptions options, Action<string> tell, bool isOfOthers = false) => new([$"{options.Root}/usr/lib/debug"], tell, isOfOthers);

    /// <param name="path">The file: ELF, or a symbol bundle.</param>
    /// <param name="module">The module wanted where the file is a bundle; null for its vmlinux.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">It is neither, is damaged, or is a bundle without the object.</exception>
    /// <exception cref="DllNotFoundException">It is compressed, and the system's library for that is missing.</exception>
    public KernelObject Open(string path, string? module = null)
    {
        if (SymbolBundle.IsBundle(path))
        {
            return OpenBundled(path, module);
        }

        ElfFile file = ElfFile.Open(path, isOfOthers);
        try
        {
            string? banner = null;
            if (!HasDebugInfo(file) && FindSeparate(file) is { } separate)
            {
                using ElfFile stripped = file;
                file = separate;
                banner = KernelObject.BannerOf(stripped);
            }

            return new KernelObject(file, new DwarfFrames(file, FindSupplementary(file)), banner);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private KernelObject OpenBundled(string path, string? module)
    {
        SymbolBundle bundle = SymbolBundle.Open(path);
        KernelObject found = (module is null ? bundle.OpenVmlinux() : bundle.OpenModule(module))
            ?? throw new BinaryFormatException(path, "bundle directory", 0, $"expected {(module is null ? "a vmlinux" : $"module {module}")} in the bundle, have {(bundle.HasSymbols ? string.Join(", ", bundle.Modules.Prepend("none of that name")) : "a plain GSYM file")}");
        if (!bundle.HasSymbols)
        {
            tell($"{path} is GSYM alone: it states no release{(found.BuildId is null ? " and no build-id" : "")}, so whether it is of the kernel that crashed is told by functions' sizes, within their padding");
        }

        return found;
    }

    /// <summary>Where the debug file of a build-id would be.</summary>
    public IEnumerable<string> PlacesOf(string buildId) =>
        buildId.Length < 3 ? [] : debugRoots.Select(root => Path.Combine(root, ".build-id", buildId[..2], buildId[2..] + ".debug"));

    /// <summary>The name that a module's file states, whatever it is called; null where it states none, or cannot be read.</summary>
    public string? NameOf(string path)
    {
        using ElfFile? file = TryOpen(path);
        try
        {
            return file is null ? null : KernelObject.ModuleNameOf(file);
        }
        catch (BinaryFormatException damaged)
        {
            tell($"{path} cannot be used: {damaged.Message}");
            return null;
        }
    }

    private string? FindByBuildId(string buildId) => PlacesOf(buildId).FirstOrDefault(Exists);

    private bool Exists(string path)
    {
        bool exists = FileIdentity.IsRegular(path);
        tell(exists ? $"found {path}" : $"not there: {path}");
        return exists;
    }

    private ElfFile? FindSeparate(ElfFile file)
    {
        string? buildId = ElfNotes.BuildId(file);
        if (buildId is not null && FindByBuildId(buildId) is { } byId && TryOpen(byId) is { } identified)
        {
            if (ElfNotes.BuildId(identified) == buildId)
            {
                return identified;
            }

            tell($"{byId} has another build-id than its name says: passed over");
            identified.Dispose();
        }

        if (ElfNotes.DebugLink(file) is not { } link || !IsPlainName(link.FileName))
        {
            return null;
        }

        string directory = Path.GetDirectoryName(Path.GetFullPath(file.Path)) ?? "/";
        foreach (string path in PlacesOf(directory, link.FileName))
        {
            if (!Exists(path))
            {
                continue;
            }

            if (Crc32.OfFile(path) != link.Crc)
            {
                tell($"{path} does not have the CRC that .gnu_debuglink of {file.Path} states: passed over");
            }
            else if (TryOpen(path) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private ElfFile? FindSupplementary(ElfFile file)
    {
        if (ElfNotes.DebugAltLink(file) is not { } link)
        {
            return null;
        }

        string directory = Path.GetDirectoryName(Path.GetFullPath(file.Path)) ?? "/";
        string? byId = FindByBuildId(link.BuildId);
        foreach (string path in (string[])[Path.GetFullPath(link.FileName, directory), .. byId is null ? Array.Empty<string>() : [byId]])
        {
            if (Exists(path) && TryOpen(path) is { } found)
            {
                if (ElfNotes.BuildId(found) == link.BuildId)
                {
                    return found;
                }

                tell($"{path} does not have the build-id {link.BuildId} that .gnu_debugaltlink of {file.Path} states: passed over");
                found.Dispose();
            }
        }

        return null;
    }

    private ElfFile? TryOpen(string path)
    {
        try
        {
            return ElfFile.Open(path, isOfOthers);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException or DllNotFoundException)
        {
            tell($"{path} cannot be used: {unusable.Message}");
            return null;
        }
    }

    private IEnumerable<string> PlacesOf(string directory, string name)
    {
        yield return Path.Combine(directory, name);
        yield return Path.Combine(directory, ".debug", name);
        foreach (string root in debugRoots)
        {
            yield return Path.Join(root, directory, name);
        }
    }

    /// <summary>A link of a hostile file must not lead out of the places it may name.</summary>
    private static bool IsPlainName(string name) => name.Length is > 0 and <= 255 && !name.Contains('/', StringComparison.Ordinal);

    private static bool HasDebugInfo(ElfFile file) =>
        file.FindSection(".debug_info") is { Type: not ElfSectionType.NoBits } || file.FindSection(".zdebug_info") is not null;
}
