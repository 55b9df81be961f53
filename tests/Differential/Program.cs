using System.Globalization;
using KernelDebug.Differential;
using KernelDebug.Elf;

// Compares the engine with llvm-symbolizer at random addresses of code, and asks addr2line and eu-addr2line where they differ:
//   Differential vmlinux FILE COUNT [SEED]
//   Differential modules DIRECTORY COUNT [SEED]
//   Differential bundle VMLINUX COUNT [SEED [MODULES MODULECOUNT]]
// The last makes a symbol bundle and holds it against the DWARF it was made from.
// Ends with 1 where a difference is left that no other tool settles in the engine's favour.
if (args is not ["vmlinux" or "modules" or "bundle", _, _, ..])
{
    Console.Error.WriteLine("usage: Differential vmlinux FILE COUNT [SEED] | modules DIRECTORY COUNT [SEED] | bundle VMLINUX COUNT [SEED [MODULES MODULECOUNT]]");
    return 2;
}

int count = int.Parse(args[2], CultureInfo.InvariantCulture);
int seed = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1;
var random = new Random(seed);
if (args[0] == "bundle")
{
    string? modules = args.Length > 5 ? args[4] : null;
    return BundleComparison.Run(args[1], modules, count, modules is null ? 0 : int.Parse(args[5], CultureInfo.InvariantCulture), random) == 0 ? 0 : 1;
}

var tally = new Tally();
if (args[0] == "vmlinux")
{
    using ElfFile vmlinux = ElfFile.Open(args[1]);
    Comparison.Run(vmlinux, args[1], CodePlace.Pick(vmlinux, count, random), tally);
}
else
{
    string[] modules = [.. Directory.EnumerateFiles(args[1], "*.ko", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    random.Shuffle(modules);
    const int AddressesEach = 10;
    foreach (string path in modules.Take(Math.Max(1, count / AddressesEach)))
    {
        using ElfFile module = ElfFile.Open(path);
        using var linked = LinkedModule.Make(module);
        Comparison.Run(module, linked.Path, CodePlace.Pick(module, AddressesEach, random, linked.AddressOf), tally);
    }
}

Console.WriteLine(tally);
return tally.Unsettled == 0 ? 0 : 1;
