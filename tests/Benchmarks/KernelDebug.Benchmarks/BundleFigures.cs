using System.Diagnostics;
using KernelDebug.Elf;
using KernelDebug.Symbolization;

namespace KernelDebug.Benchmarks;

/// <summary>What a symbol bundle costs: to write once, and to open with its index of names.</summary>
internal static class BundleFigures
{
    /// <summary>Writes a bundle of a vmlinux; milliseconds.</summary>
    public static double Write(string vmlinux, string path)
    {
        var clock = Stopwatch.StartNew();
        using var source = new KernelObject(ElfFile.Open(vmlinux), null);
        var writer = new SymbolBundleWriter((_, _) => { }, CancellationToken.None);
        writer.Add(source, "", null);
        writer.Save(path);
        return clock.Elapsed.TotalMilliseconds;
    }

    /// <summary>Opens a bundle, makes its index of names and finds a name by it; milliseconds.</summary>
    public static double Open(string path)
    {
        const int MoreThanAreSearched = 5;
        var clock = Stopwatch.StartNew();
        using KernelObject vmlinux = SymbolBundle.Open(path).OpenVmlinux()!;
        for (int i = 0; i < MoreThanAreSearched; i++)
        {
            if (vmlinux.Symbols.FindCode("kernel_init").Length == 0)
            {
                throw new InvalidOperationException("kernel_init is not in the bundle");
            }
        }

        return clock.Elapsed.TotalMilliseconds;
    }
}
