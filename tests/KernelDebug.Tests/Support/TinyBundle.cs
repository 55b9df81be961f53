using KernelDebug.Elf;
using KernelDebug.Symbolization;

namespace KernelDebug.Tests.Support;

/// <summary>Symbol bundles made in a test's own directory.</summary>
internal static class TinyBundle
{
    /// <summary>A bundle of whole files; a module's name is its file's, up to the first dot.</summary>
    public static string Of(TempTree tree, string name, params string[] files)
    {
        var writer = new SymbolBundleWriter((_, _) => { }, CancellationToken.None);
        foreach (string file in files)
        {
            using KernelObject source = Open(file);
            writer.Add(source, source.Elf.Type == ElfType.Relocatable ? Path.GetFileName(file).Split('.')[0] : "", null);
        }

        string path = Path.Join(tree.Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        writer.Save(path);
        return path;
    }

    /// <summary>A file with the one its <c>.gnu_debugaltlink</c> names.</summary>
    public static KernelObject Open(string path)
    {
        ElfFile elf = ElfFile.Open(path);
        ElfFile? supplementary = ElfNotes.DebugAltLink(elf) is { } link ? ElfFile.Open(Path.Combine(Path.GetDirectoryName(path)!, link.FileName)) : null;
        return new KernelObject(elf, supplementary);
    }
}
