using System.Diagnostics;
using System.Globalization;
using KernelDebug.Tracing;

namespace KernelDebug.Benchmarks;

/// <summary>What a consumer in C# takes of the events of tests/Fixtures/bpf/syscalls.bpf.o, each made an object of its type. Prints what tests/Benchmarks/bpf/load.c prints, but for the program's own time.</summary>
internal static class BpfFigures
{
    /// <summary>Takes events until the process that makes them is gone.</summary>
    public static void Consume(string source, int process, int burst)
    {
        using BpfTrace trace = BpfTrace.Start(new BpfTraceRequest { Path = source, Globals = new Dictionary<string, object?> { ["wanted_pid"] = process, ["burst"] = burst } });
        Console.WriteLine("ready");
        object? last = null;
        long received = 0, end = 0;
        while (!trace.IsDrained)
        {
            if (trace.Read(TimeSpan.FromMilliseconds(10)) is BpfEvent item)
            {
                last = item.Value;
                received++;
                continue;
            }

            end = last is null ? end : Stopwatch.GetTimestamp();
            last = null;
            if (!Directory.Exists($"/proc/{process}"))
            {
                trace.Stop();
            }
        }

        TimeSpan used = Process.GetCurrentProcess().TotalProcessorTime;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{end} {received} {trace.Drops.Total} {used.TotalNanoseconds:F0}"));
    }
}
