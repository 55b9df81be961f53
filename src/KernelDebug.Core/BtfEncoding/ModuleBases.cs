using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Symbolization;

namespace KernelDebug.BtfEncoding;

/// <summary>
/// The types that modules' continue where the user names none: those of the running kernel for a module built for it, else those of the
/// vmlinux of the module's release. Which release that is, the module says (<c>vermagic=</c> of <c>.modinfo</c>). Each is opened once.
/// </summary>
/// <param name="tell">Takes why a vmlinux that is there was passed over.</param>
/// <param name="root">Root of the file system that is searched; empty for <c>/</c>.</param>
public sealed class ModuleBases(Action<string> tell, string root = "") : IDisposable
{
    private readonly Dictionary<string, BtfFile?> _known = new(StringComparer.Ordinal);

    /// <summary>The release a module says it was built for; null where it says none.</summary>
    /// <exception cref="BinaryFormatException">The module is damaged.</exception>
    public static string? ReleaseOf(ElfFile module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return KernelObject.ReleaseOf(KernelObject.BannerOf(module));
    }

    /// <summary>The base for modules of a release; null where nothing here has its types.</summary>
    public BtfFile? Find(string release)
    {
        if (!_known.TryGetValue(release, out BtfFile? found))
        {
            _known[release] = found = Places(release).Where(File.Exists).Select(path => Open(path, release)).FirstOrDefault(file => file is not null);
        }

        return found;
    }

    /// <summary>Closes the bases.</summary>
    public void Dispose()
    {
        foreach (BtfFile? file in _known.Values)
        {
            file?.Dispose();
        }

        _known.Clear();
    }

    private IEnumerable<string> Places(string release)
    {
        // A release comes from a file: one that could lead elsewhere in the file system names no place.
        IEnumerable<string> files = VmlinuxLocator.IsPlainRelease(release) ? VmlinuxLocator.Places(root, release) : [];
        return RunningKernel.Identity(root)?.Release == release ? files.Prepend(root + BtfObjects.KernelFile) : files;
    }

    private BtfFile? Open(string path, string release)
    {
        BtfFile? file = null;
        try
        {
            file = BtfFile.Open(path);
            if (path == root + BtfObjects.KernelFile)
            {
                return file;
            }

            using ElfFile elf = ElfFile.Open(path);
            if (KernelObject.ReleaseOf(KernelObject.BannerOf(elf)) is not { } own || own == release)
            {
                return file;
            }

            tell($"{path} is of release {own}, not {release}");
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException or BtfBaseMismatchException or DllNotFoundException)
        {
            tell($"{path} has no types to continue: {unusable.Message}");
        }

        file?.Dispose();
        return null;
    }
}
