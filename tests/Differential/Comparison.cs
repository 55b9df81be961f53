using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Records;

namespace KernelDebug.Differential;

/// <summary>How many places agree, and what the differences turned out to be.</summary>
internal sealed class Tally
{
    public int Same { get; set; }

    /// <summary>Of all: places with inlined calls.</summary>
    public int Inlined { get; set; }

    /// <summary>Of all: places nothing is known of.</summary>
    public int Unknown { get; set; }

    /// <summary>Another tool sides with us.</summary>
    public int Ours { get; set; }

    /// <summary>Another tool sides with llvm-symbolizer, or none with anyone.</summary>
    public int Unsettled { get; set; }

    public override string ToString() => $"{Same + Ours + Unsettled} addresses: {Same} equal to llvm-symbolizer, {Ours} where another tool sides with us, {Unsettled} unsettled "
        + $"({Inlined} with inlined calls, {Unknown} unknown to us)";
}

/// <summary>Compares one file at many places and prints each difference.</summary>
internal static class Comparison
{
    public static void Run(ElfFile file, string toolFile, CodePlace[] places, Tally tally)
    {
        var dwarf = new DwarfFile(file);
        ToolFrame[][] ours = [.. places.Select(place => Frames(dwarf.Find(place.Ours)))];
        tally.Inlined += ours.Count(frames => frames.Length > 1);
        tally.Unknown += ours.Count(frames => frames[0].File == "?");
        List<ToolFrame[]> llvm = Tool.LlvmSymbolizer(toolFile, places.Select(place => place.Theirs));
        int[] different = [.. Enumerable.Range(0, places.Length).Where(i => !ours[i].SequenceEqual(llvm[i]))];
        tally.Same += places.Length - different.Length;
        if (different.Length == 0)
        {
            return;
        }

        ulong[] addresses = [.. different.Select(i => places[i].Theirs)];
        List<ToolFrame[]> binutils = Tool.Addr2Line(Tool.Binutils("addr2line", file), toolFile, addresses);
        List<ToolFrame[]> elfutils = Tool.Addr2Line("eu-addr2line", toolFile, addresses);
        for (int i = 0; i < different.Length; i++)
        {
            int at = different[i];
            bool sided = Same(ours[at], binutils[i]) || Same(ours[at], elfutils[i]);
            bool against = Same(llvm[at], binutils[i]) || Same(llvm[at], elfutils[i]);
            string verdict = (sided, against) switch { (true, false) => "ours", (true, true) => "either", (false, true) => "llvm", _ => "open" };
            if (sided)
            {
                tally.Ours++;
            }
            else
            {
                tally.Unsettled++;
            }

            Console.WriteLine($"{verdict} {places[at].Label}\n  ours      {Text(ours[at])}\n  llvm      {Text(llvm[at])}\n  addr2line {Text(binutils[i])}\n  eu        {Text(elfutils[i])}");
        }
    }

    private static ToolFrame[] Frames(CodeLookup found) => found.Frames.Count == 0
        ? [new ToolFrame("?", "?", 0, 0)]
        : [.. found.Frames.Select(f => new ToolFrame(f.Name ?? "?", f.Path ?? "?", f.Line ?? 0, f.Column ?? 0))];

    /// <summary>The same places, columns aside, which binutils does not print; a lone function that one knows from the symbol table only is no difference.</summary>
    private static bool Same(ToolFrame[] a, ToolFrame[] b) => a.Length == b.Length && a.Zip(b).All(pair =>
        pair.First.Line == pair.Second.Line && (pair.First.Line == 0 || pair.First.File == pair.Second.File)
        && (pair.First.Function == pair.Second.Function || (a.Length == 1 && (pair.First.Function == "?" || pair.Second.Function == "?"))));

    private static string Text(ToolFrame[] frames) => string.Join(" <- ", frames.Select(f => $"{f.Function}@{f.File}:{f.Line}:{f.Column}"));
}
