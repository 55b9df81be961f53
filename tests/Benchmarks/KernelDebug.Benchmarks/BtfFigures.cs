using System.Diagnostics;
using KernelDebug.Btf;
using KernelDebug.Btf.CHeader;
using KernelDebug.Formatting;

namespace KernelDebug.Benchmarks;

/// <summary>What the types of a kernel cost in a process that is warm. Each run opens the file anew, so that no index of an earlier run helps.</summary>
internal static class BtfFigures
{
    private static readonly string[] Names = ["sk_buff", "inode", "file", "net_device", "dentry", "page", "super_block", "sock", "module", "cred"];

    /// <summary>Milliseconds of each figure's median, and of <c>memory</c> megabytes.</summary>
    public static IEnumerable<(string Figure, double Value)> All(string types, int runs)
    {
        yield return ("index", Median(runs, () => BtfFile.Open(types).Dispose()));
        long before = GC.GetAllocatedBytesForCurrentThread();
        using BtfFile file = BtfFile.Open(types);
        _ = file.Find("struct sk_buff");
        yield return ("memory", (GC.GetAllocatedBytesForCurrentThread() - before) / (double)(1 << 20));
        for (int i = 0; i < 20; i++)
        {
            // The first look-ups search, the next make the index of names, which all later ones use.
            _ = file.Find("struct task_struct");
        }

        int at = 0;
        yield return ("structure", Median(Names.Length, () => _ = ((BtfStruct)file.Find("struct " + Names[at++ % Names.Length])!).Members.Count, warm: 0));
        yield return ("header", Median(runs, () => Save(types)));
        yield return ("layouts", Median(runs, () => Lay(types, layout => layout.Holes)));
        yield return ("texts", Median(runs, () => Lay(types, layout => layout.Type.Name is null ? 0 : BtfLayoutFormatter.Format(layout).Length)));
    }

    private static void Save(string types)
    {
        string path = Path.GetTempFileName();
        try
        {
            using BtfFile file = BtfFile.Open(types);
            CHeaderWriter.Save(path, file, new CHeaderOptions(), null, CancellationToken.None);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static int Lay(string types, Func<BtfLayout, int> use)
    {
        using BtfFile file = BtfFile.Open(types);
        return BtfSearch.Matching(file, null, [BtfKind.Struct, BtfKind.Union]).Sum(type => use(((BtfStruct)type).Layout));
    }

    private static double Median(int runs, Action action, int warm = 5)
    {
        for (int i = 0; i < warm; i++)
        {
            action();
        }

        double[] times = new double[runs];
        for (int i = 0; i < runs; i++)
        {
            var clock = Stopwatch.StartNew();
            action();
            times[i] = clock.Elapsed.TotalMilliseconds;
        }

        Array.Sort(times);
        return times[runs / 2];
    }
}
