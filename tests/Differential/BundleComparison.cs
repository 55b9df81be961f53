using KernelDebug.Demangling;
using System.Diagnostics;
using KernelDebug.Elf;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Differential;

/// <summary>Holds a symbol bundle against the DWARF it was made from, at random places of a vmlinux and of modules.</summary>
internal static class BundleComparison
{
    private const int AddressesEach = 10;

    /// <returns>The number of places that differ.</returns>
    public static int Run(string vmlinux, string? modules, int count, int moduleCount, Random random)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.gsym");
        try
        {
            string[] chosen = modules is null ? [] : Choose(modules, moduleCount / AddressesEach, random);
            var clock = Stopwatch.StartNew();
            long length = Write(path, vmlinux, chosen);
            Console.WriteLine($"{length} bytes in {clock.Elapsed.TotalSeconds:f1} s, with {chosen.Length} modules");
            SymbolBundle bundle = SymbolBundle.Open(path);
            int different = Compare(Open(vmlinux), bundle.OpenVmlinux()!, count, random);
            foreach (string module in chosen)
            {
                different += Compare(Open(module), bundle.OpenModule(NameOf(module))!, AddressesEach, random);
            }

            Console.WriteLine($"{count + chosen.Length * AddressesEach} addresses, {different} different from the DWARF");
            return different;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string[] Choose(string directory, int count, Random random)
    {
        string[] all = [.. Directory.EnumerateFiles(directory, "*.ko", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        random.Shuffle(all);
        return [.. all.DistinctBy(NameOf).Take(count)];
    }

    private static long Write(string path, string vmlinux, string[] modules)
    {
        var writer = new SymbolBundleWriter((_, _) => { }, CancellationToken.None);
        foreach (string file in modules.Prepend(vmlinux))
        {
            using KernelObject source = Open(file);
            writer.Add(source, file == vmlinux ? "" : NameOf(file), null);
        }

        return writer.Save(path);
    }

    private static int Compare(KernelObject dwarf, KernelObject bundled, int count, Random random)
    {
        using (dwarf)
        using (bundled)
        {
            int different = 0;
            foreach (CodePlace place in CodePlace.Pick(dwarf.Elf, count, random))
            {
                ElfSymbol symbol = dwarf.Symbols.ByAddress.At(place.Ours)[0];
                string name = dwarf.Symbols.NameOf(symbol);
                string expected = Text(dwarf.Find(place.Ours), name);
                string actual = Text(bundled.Find(Translate(dwarf.Elf, bundled.Elf, place.Ours)), name);
                if (expected != actual)
                {
                    different++;
                    Console.WriteLine($"{place.Label} {name}\n  DWARF  {expected}\n  bundle {actual}");
                }
            }

            return different;
        }
    }

    /// <summary>The address of the same byte of code.</summary>
    private static ulong Translate(ElfFile from, ElfFile to, ulong address)
    {
        ElfSection[] theirs = [.. from.Sections.Where(s => s.IsCode && s.Size > 0).OrderBy(s => s.Address)];
        ElfSection[] ours = [.. to.Sections.Where(s => s.IsCode && s.Size > 0).OrderBy(s => s.Address)];
        int at = Array.FindIndex(theirs, s => s.Contains(address));
        return address - theirs[at].Address + ours[at].Address;
    }

    private static string Text(CodeLookup found, string symbol) => string.Join(" <- ", found.Frames.Select((frame, i) =>
        $"{(frame.LinkageName is { } mangled ? Demangler.TryDemangle(mangled) ?? frame.Name : frame.Name) ?? (i == found.Frames.Count - 1 ? symbol : "?")} {frame.Path}:{frame.Line}{(frame.IsInlined ? " inlined" : "")}"));

    private static KernelObject Open(string path) => new(ElfFile.Open(path), null);

    private static string NameOf(string path) => Path.GetFileNameWithoutExtension(path);
}
