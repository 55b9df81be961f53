using System.Diagnostics;
using System.Globalization;
using KernelDebug.Benchmarks;
using KernelDebug.Decoding;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Symbolization;

// KernelDebug.Benchmarks LOG VMLINUX MODULES [RUNS]: what decoding costs inside a process whose code is compiled already. Each run
// opens the files anew, so that no index of an earlier run helps: a harness that repeats one call until it is steady would measure
// the caches instead. Prints "figure<TAB>milliseconds", medians.
// KernelDebug.Benchmarks bundle VMLINUX OUTPUT: what a symbol bundle of a whole vmlinux costs to write, in a process that begins with
// it as llvm-gsymutil does, and to open.
// KernelDebug.Benchmarks btf TYPES [RUNS]: what the types of a kernel cost; "memory" is in megabytes.
// KernelDebug.Benchmarks bpf OBJECT PID BURST: takes events as tests/Benchmarks/bpf/load.c does.
if (args is ["bpf", var loaded, var process, var burst])
{
    BpfFigures.Consume(loaded, int.Parse(process, CultureInfo.InvariantCulture), int.Parse(burst, CultureInfo.InvariantCulture));
    return 0;
}

if (args is ["bundle", var source, var bundle])
{
    Print("write a bundle of vmlinux", BundleFigures.Write(source, bundle));
    Print("open it, cold code", BundleFigures.Open(bundle));
    double[] opened = [.. Enumerable.Range(0, 21).Select(_ => BundleFigures.Open(bundle)).Order()];
    Print("open it", opened[opened.Length / 2]);
    return 0;
}

if (args is ["btf", var types, .. var count])
{
    foreach ((string figure, double value) in BtfFigures.All(types, count is [var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 21))
    {
        Print(figure, value);
    }

    return 0;
}

if (args.Length is not (3 or 4))
{
    Console.Error.WriteLine("usage: KernelDebug.Benchmarks LOG VMLINUX MODULES [RUNS] | bundle VMLINUX OUTPUT | btf TYPES [RUNS] | bpf OBJECT PID BURST");
    return 2;
}

string[] log = File.ReadAllLines(args[0]);
int runs = args.Length == 4 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 21;
var options = new DecodeOptions { Symbols = new SymbolizerOptions { Vmlinux = args[1], ModulePaths = [args[2]] } };

// The places in vmlinux, one line for each.
var places = log.Select((line, index) => (Line: line, Parsed: PrintkLineParser.Parse(line, index + 1)))
    .SelectMany(line => SymbolReferenceScanner.Scan(line.Parsed).Select(reference => (line.Line, Reference: reference)))
    .Where(place => place.Reference is { Module: null, Symbol: not null, Offset: not null }).ToArray();

Print("a new decoder, one line", Median(run => Decode(options, [places[run % places.Length].Line])));
Print($"a new decoder, the {log.Length} lines of the log", Median(_ => Decode(options, log)));
Print("open vmlinux", Median(_ => Step(args[1], places[0].Reference).Open));
Print("its first symbol by name", Median(run => Step(args[1], places[run % places.Length].Reference).ByName));
Print("its first place by address", Median(run => Step(args[1], places[run % places.Length].Reference).ByAddress));
return 0;

static double Decode(DecodeOptions options, IReadOnlyList<string> lines)
{
    var clock = Stopwatch.StartNew();
    using var decoder = new LogDecoder(options, _ => { });
    foreach (string line in lines)
        decoder.Add(line);
    decoder.Complete();
    return clock.Elapsed.TotalMilliseconds;
}

static (double Open, double ByName, double ByAddress) Step(string vmlinux, SymbolReference reference)
{
    var clock = Stopwatch.StartNew();
    using var elf = ElfFile.Open(vmlinux);
    double opened = clock.Elapsed.TotalMilliseconds;
    ulong address = elf.Symbols.FindCode(reference.Symbol!)[0].Address + reference.Offset!.Value;
    double named = clock.Elapsed.TotalMilliseconds;
    new DwarfFile(elf).Find(address);
    return (opened, named - opened, clock.Elapsed.TotalMilliseconds - named);
}

// Some runs first, uncounted: the code gets compiled, the file into the page cache.
double Median(Func<int, double> measure)
{
    for (int warm = 0; warm < 3; warm++)
        measure(warm);
    Thread.Sleep(200);
    var sorted = Enumerable.Range(0, runs).Select(measure).Order().ToArray();
    return sorted[sorted.Length / 2];
}

static void Print(string figure, double milliseconds) =>
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure}\t{milliseconds:F2}"));
