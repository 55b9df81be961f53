using System.Diagnostics;
using System.Globalization;
using KernelDebug.Dwarf;
using KernelDebug.Elf;

// KernelDebug.Benchmarks VMLINUX REFERENCES [RUNS]: what one lookup costs inside a process whose code is compiled already.
// REFERENCES has a "name offset" a line, the offset in hexadecimal. Each run opens the file anew, so that no index of an earlier run
// helps: a harness that repeats one call until it is steady would measure the caches instead. Prints "figure<TAB>milliseconds",
// medians.
if (args.Length is not (2 or 3))
{
    Console.Error.WriteLine("usage: KernelDebug.Benchmarks VMLINUX REFERENCES [RUNS]");
    return 2;
}

var references = File.ReadLines(args[1]).Select(line => line.Split(' '))
    .Select(parts => (Name: parts[0], Offset: Convert.ToUInt64(parts[1], 16))).ToArray();
int runs = args.Length == 3 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 21;

// Twice through everything: the code gets compiled, the file into the page cache.
for (int warm = 0; warm < 2; warm++)
    Run(args[0], references);

var samples = Enumerable.Range(0, runs).Select(run => Run(args[0], [references[run % references.Length], .. references])).ToArray();
Print("open vmlinux, first name to its place", samples.Select(sample => sample.First));
Print("  of it: open", samples.Select(sample => sample.Open));
Print("  of it: symbol by name", samples.Select(sample => sample.Name));
Print("  of it: place by address", samples.Select(sample => sample.Place));
Print("each further lookup", samples.Select(sample => sample.Further));
return 0;

static Sample Run(string vmlinux, IReadOnlyList<(string Name, ulong Offset)> references)
{
    var clock = Stopwatch.StartNew();
    using var elf = ElfFile.Open(vmlinux);
    var dwarf = new DwarfFile(elf);
    double opened = clock.Elapsed.TotalMilliseconds;
    ulong address = Address(elf, references[0]);
    double named = clock.Elapsed.TotalMilliseconds;
    dwarf.Find(address);
    double placed = clock.Elapsed.TotalMilliseconds;
    foreach (var reference in references.Skip(1))
        dwarf.Find(Address(elf, reference));
    double further = (clock.Elapsed.TotalMilliseconds - placed) / Math.Max(1, references.Count - 1);
    return new Sample(placed, opened, named - opened, placed - named, further);
}

static ulong Address(ElfFile elf, (string Name, ulong Offset) reference) =>
    elf.Symbols.FindCode(reference.Name)[0].Address + reference.Offset;

static void Print(string figure, IEnumerable<double> milliseconds)
{
    var sorted = milliseconds.Order().ToArray();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure}\t{sorted[sorted.Length / 2]:F2}"));
}

internal readonly record struct Sample(double First, double Open, double Name, double Place, double Further);
