using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>Finds what BTF there is, without reading types.</summary>
public static class BtfObjects
{
    /// <summary>Where the running kernel shows its types, a file for it and one for each module.</summary>
    public const string KernelDirectory = "/sys/kernel/btf";

    /// <summary>The running kernel's own types.</summary>
    public const string KernelFile = KernelDirectory + "/vmlinux";

    private const string LoadedModules = "/proc/modules";

    /// <summary>The running kernel and its loaded modules, those without types included; ids and owners are not told.</summary>
    /// <exception cref="IOException">The kernel's lists cannot be read.</exception>
    public static IEnumerable<BtfObject> OfRunningKernel()
    {
        yield return OfKernelFile("vmlinux", BtfObjectSource.Kernel, () => "the kernel was built without CONFIG_DEBUG_INFO_BTF, or sysfs is not mounted");
        string[] loaded = File.Exists(LoadedModules) ? [.. File.ReadLines(LoadedModules).Select(line => line.Split(' ', 2)[0])] : [];
        string[] shown = Directory.Exists(KernelDirectory) ? [.. Directory.EnumerateFiles(KernelDirectory).Select(path => Path.GetFileName(path))] : [];
        var absence = new Lazy<BtfAbsence>(() => BtfAbsence.OfRunningKernel());
        foreach (string module in loaded.Union(shown, StringComparer.Ordinal).Where(name => name != "vmlinux").Order(StringComparer.Ordinal))
        {
            yield return OfKernelFile(module, BtfObjectSource.Module, () => absence.Value.Reason(module));
        }
    }

    /// <summary>What a file has: raw BTF, or ELF with or without .BTF.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    /// <exception cref="BinaryFormatException">It is neither, or damaged.</exception>
    /// <exception cref="DllNotFoundException">It is compressed, and the system's library for that is not installed.</exception>
    public static BtfObject OfFile(string path)
    {
        string name = Path.GetFileName(path);
        using (ByteSource source = BtfFile.OpenSource(path))
        {
            if (BtfHeader.HasMagic(source.GetSpan(0, (int)Math.Min(source.Length, 4)), out bool isBigEndian))
            {
                return Describe(name, BtfObjectSource.File, new ByteSlice(source, BtfSections.Types, isBigEndian));
            }
        }

        using ElfFile elf = ElfFile.Open(path);
        long? extension = BtfSections.Find(elf, BtfSections.Extension)?.Length;
        long? distilled = BtfSections.Find(elf, BtfSections.DistilledBase)?.Length;
        if (BtfSections.Find(elf, BtfSections.Types) is { } types)
        {
            return Describe(name, BtfObjectSource.File, types) with { ExtensionSize = extension, DistilledBaseSize = distilled };
        }

        return new BtfObject { Name = name, Source = BtfObjectSource.File, Path = path, Reason = BtfAbsence.Reason(elf) };
    }

    private static BtfObject OfKernelFile(string name, BtfObjectSource from, Func<string> reason)
    {
        string path = Path.Combine(KernelDirectory, name);
        if (!File.Exists(path))
        {
            return new BtfObject { Name = name, Source = from, Path = path, Reason = reason() };
        }

        using ByteSource source = BtfFile.OpenSource(path);
        BtfHeader.HasMagic(source.GetSpan(0, (int)Math.Min(source.Length, 4)), out bool isBigEndian);
        return Describe(name, from, new ByteSlice(source, BtfSections.Types, isBigEndian));
    }

    private static BtfObject Describe(string name, BtfObjectSource from, ByteSlice blob)
    {
        BtfHeader header = BtfHeader.Read(blob);
        return new BtfObject
        {
            Name = name, Source = from, Path = blob.File, Size = blob.Length,
            IsSplit = header.IsSplit, TypeCount = BtfIndex.Build(header).Length,
        };
    }
}
