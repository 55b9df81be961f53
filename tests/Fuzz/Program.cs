using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using KernelDebug.Fuzz;

// Damages the fixtures COUNT times and asks the readers about each copy:
//   dotnet run -c Release --project tests/Fuzz -- elf|dwarf|packed|log|bundle|btf|btfencode|trace|object [COUNT] [FIRST-SEED] [THREADS]
// Ends with 1 where anything but BinaryFormatException came out, an input took over a second, or one allocated over the cap.
const long MostMilliseconds = 1000;
const long MostAllocated = 256L << 20;

string kind = args.Length > 0 ? args[0] : "";
if (kind is not ("elf" or "dwarf" or "packed" or "log" or "bundle" or "btf" or "btfencode" or "trace" or "object"))
{
    Console.Error.WriteLine("usage: Fuzz elf|dwarf|packed|log|bundle|btf|btfencode|trace|object [COUNT] [FIRST-SEED] [THREADS]");
    return 2;
}

long count = Number(1, 1_000_000);
long first = Number(2, 0);
int threads = (int)Number(3, 1);
bool isChild = Environment.GetEnvironmentVariable(Children.Variable) is not null;
if (kind == "object" && !isChild)
{
    return Children.Run(kind, first, count, threads) == 0 ? 0 : 1;
}

IFuzzTarget[] files = kind switch
{
    "packed" => [.. Corpus.PackedFiles().Select(path => new PackedFile(path))],
    "bundle" => [.. Corpus.Bundles().Select(path => new SymbolFile(path))],
    "btf" => [.. Corpus.Btf()],
    "trace" => [.. Corpus.Traces().Select(path => new TraceFile(path))],
    "btfencode" => [.. Corpus.Encoded()],
    "object" => [.. Corpus.BpfObjects().Select(path => new BpfFile(path))],
    "log" => [.. Corpus.Logs().SelectMany(LogFile.Open)],
    _ => [.. Corpus.Files().Select(ObjectFile.Open)],
};
var failures = new ConcurrentDictionary<string, string>();
long answered = 0;
long questions = 0;
long slowest = 0;
long largest = 0;
long next = first;
var running = new ConcurrentDictionary<int, (long Seed, long Since)>();
var clock = Stopwatch.StartNew();
using var watchdog = new Timer(
    _ =>
    {
        foreach ((long seed, long since) in running.Values)
        {
            if (clock.ElapsedMilliseconds - since > 20 * MostMilliseconds)
            {
                // What failed before it counts as well, and is not told again.
                Tell();
                Console.Error.WriteLine($"hang: {kind} seed {seed}");
                Environment.Exit(1);
            }
        }
    },
    null, 1000, 1000);

Thread[] workers = [.. Enumerable.Range(0, threads).Select(id => new Thread(() => Work(id), 4 << 20))];
Array.ForEach(workers, worker => worker.Start());
Array.ForEach(workers, worker => worker.Join());

Tell();
Console.WriteLine($"{kind}: {count} inputs of {files.Length} files in {clock.Elapsed.TotalSeconds:F0} s, {100.0 * answered / questions:F1} % of the questions answered, "
    + $"slowest {slowest} ms, largest allocation {largest >> 10} KiB, {failures.Count} kinds of failure");
return failures.IsEmpty ? 0 : 1;

void Tell()
{
    foreach ((string failure, string where) in failures)
    {
        Console.WriteLine($"FAILED {where}: {failure}");
    }
}

void Work(int id)
{
    for (long seed = Interlocked.Increment(ref next) - 1; seed < first + count; seed = Interlocked.Increment(ref next) - 1)
    {
        running[id] = (seed, clock.ElapsedMilliseconds);
        if (isChild)
        {
            Console.WriteLine($"{Children.SeedMark}{seed}");
        }

        (long milliseconds, long bytes) = Run(seed);
        if (milliseconds > MostMilliseconds && (milliseconds = Run(seed).Milliseconds) > MostMilliseconds)
        {
            failures.TryAdd($"took {milliseconds} ms twice", $"seed {seed}");
        }

        if (bytes > MostAllocated)
        {
            failures.TryAdd("allocated over the cap", $"{bytes} bytes at seed {seed}");
        }

        Raise(ref slowest, milliseconds);
        Raise(ref largest, bytes);
    }

    running.TryRemove(id, out _);
}

(long Milliseconds, long Bytes) Run(long seed)
{
    var random = new Random(unchecked((int)seed));
    IFuzzTarget file = files[random.Next(files.Length)];
    long before = GC.GetAllocatedBytesForCurrentThread();
    long start = clock.ElapsedMilliseconds;
    byte[] damaged = file is BpfFile compiled ? compiled.Damage(random) : Mutator.Mutate(file.Bytes, Regions(file), random, mayCut: kind != "dwarf");
    try
    {
        Interlocked.Add(ref answered, file.Ask(damaged, random));
        Interlocked.Add(ref questions, file.Questions);
    }
#pragma warning disable CA1031 // To find what should not come out is the purpose.
    catch (Exception unexpected)
#pragma warning restore CA1031
    {
        string at = string.Join(" <- ", (unexpected.StackTrace ?? "").Split('\n').Take(4).Select(l => l.Trim()));
        failures.TryAdd($"{unexpected.GetType().Name}: {unexpected.Message} {at}", $"{file.Name} seed {seed}");
    }

    return (clock.ElapsedMilliseconds - start, GC.GetAllocatedBytesForCurrentThread() - before);
}

IReadOnlyList<(int Start, int Length)> Regions(IFuzzTarget file) => file switch
{
    ObjectFile { Units.Count: > 0 } units when kind == "dwarf" => units.Units,
    ObjectFile headers => headers.Headers,
    EncodedFile encoded => encoded.Regions,
    _ => [(0, file.Bytes.Length), (0, Math.Min(64, file.Bytes.Length))],
};

long Number(int index, long otherwise) => args.Length > index ? long.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;

static void Raise(ref long most, long value)
{
    for (long known = Interlocked.Read(ref most); value > known; known = Interlocked.Read(ref most))
    {
        Interlocked.CompareExchange(ref most, value, known);
    }
}
