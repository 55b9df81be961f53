using System.Diagnostics;
using System.Globalization;

namespace KernelDebug.Fuzz;

/// <summary>
/// Inputs that may end the process: run in children, one input at a time, so that a crash or hang is counted with its seed and the rest
/// still runs.
/// </summary>
internal static class Children
{
    /// <summary>Set in a child, which says before each input which it is.</summary>
    public const string Variable = "KERNELDEBUG_FUZZ_CHILD";
    public const string SeedMark = "seed ";
    private const int MostMilliseconds = 20_000;

    /// <summary>Runs them all.</summary>
    /// <returns>How many crashed or hung, or failed otherwise.</returns>
    public static int Run(string kind, long first, long count, int children)
    {
        long each = (count + children - 1) / children;
        return Enumerable.Range(0, children).AsParallel().WithDegreeOfParallelism(children)
            .Sum(i => RunSlice(kind, first + (i * each), Math.Min(first + count, first + ((i + 1) * each))));
    }

    private static int RunSlice(string kind, long from, long end)
    {
        int failed = 0;
        while (from < end)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!, [kind, (end - from).ToString(CultureInfo.InvariantCulture), from.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { [Variable] = "1", ["DOTNET_DbgEnableMiniDump"] = "0" },
            };
            using Process child = Process.Start(start)!;
            child.ErrorDataReceived += (_, _) => { };
            child.BeginErrorReadLine();
            long seed = from;
            bool hung = false;
            Task<string?> line = child.StandardOutput.ReadLineAsync();
            for (; ; line = child.StandardOutput.ReadLineAsync())
            {
                if (!line.Wait(MostMilliseconds))
                {
                    hung = true;
                    child.Kill();
                    break;
                }

                if (line.Result is not { } said)
                {
                    break;
                }

                if (said.StartsWith(SeedMark, StringComparison.Ordinal))
                {
                    seed = long.Parse(said.AsSpan(SeedMark.Length), CultureInfo.InvariantCulture);
                }
                else
                {
                    Console.WriteLine(said);
                }
            }

            child.WaitForExit();
            if (!hung && child.ExitCode is 0 or 1)
            {
                return failed + child.ExitCode;
            }

            failed++;
            Console.WriteLine(hung ? $"HANG at seed {seed}" : $"CRASH at seed {seed}: exit code {child.ExitCode}");
            from = seed + 1;
        }

        return failed;
    }
}
