using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using KernelDebug.Bpf;
using KernelDebug.Bpf.Native;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Tracing;

/// <summary>What was generated and the kernel refused.</summary>
/// <param name="Function">For which function.</param>
/// <param name="Cause">Why.</param>
internal sealed record RefusedProgram(FunctionProgram Function, BpfException Cause);

/// <summary>
/// Loads and attaches generated programs: what the kernel refuses is one function's. Those of many functions that are equal go as one, with one
/// link; of the others each goes for itself, and several at a time. The programs stay loaded until this is disposed.
/// </summary>
/// <param name="maps">The loaded object that has the maps and counters of the programs.</param>
internal sealed class FunctionProgramLoader(BpfObject maps) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<SafeFileHandle>> _types = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<BpfLoadedProgram> _programs = [];

    /// <summary>How often the kernel left a program out, since one ran already on that CPU.</summary>
    /// <exception cref="BpfException">The kernel does not tell.</exception>
    public long MissedCount => _programs.Sum(program => program.MissedCount);

    /// <summary>Loads and attaches several at a time: the kernel waits at each, and some of these waits can be one.</summary>
    /// <param name="functions">What was generated.</param>
    /// <param name="attached">Takes what is attached, also where an exception ends it.</param>
    /// <param name="done">Told of each function; null for nobody.</param>
    /// <param name="stop">Ends it between two.</param>
    /// <returns>What the kernel refused.</returns>
    /// <exception cref="BpfException">The kernel refuses all of them, the first so.</exception>
    /// <exception cref="OperationCanceledException">The token said so.</exception>
    public RefusedProgram[] AttachAll(IReadOnlyList<FunctionProgram> functions, List<BpfAttachment> attached, Action? done, CancellationToken stop)
    {
        // A program, its link, and the event that a probe of one function is. Without spare ones, the runtime itself ends the process.
        const int AtOnce = 4, FilesOfProgram = 3, SpareFiles = 1024;
        if (functions.Count == 0)
        {
            return [];
        }

        FunctionProgram[][] units = [.. functions.GroupBy(function => function.Shape).Select(equal => equal.ToArray())];
        FileLimitApi.MakeRoom((FilesOfProgram * units.Sum(unit => unit[0].Programs.Count)) + SpareFiles);
        var each = new List<BpfAttachment>[units.Length];
        var refused = new ConcurrentDictionary<FunctionProgram, BpfException>();
        try
        {
            Parallel.For(0, units.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, i =>
            {
                // The loop itself asks only from one range of them to the next.
                stop.ThrowIfCancellationRequested();
                Attach(units[i], each[i] = [], refused, stop);
                for (int j = 0; j < units[i].Length; j++)
                {
                    done?.Invoke();
                }
            });
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
        finally
        {
            attached.AddRange(each.SelectMany(parts => parts ?? []));
        }

        RefusedProgram[] all = [.. functions.Where(refused.ContainsKey).Select(function => new RefusedProgram(function, refused[function]))];
        return all.Length == functions.Count ? throw all[0].Cause : all;
    }

    /// <summary>Has the kernel's verifier check the programs of a function.</summary>
    /// <exception cref="BpfException">It refuses one.</exception>
    public void Verify(FunctionProgram function) => Array.ForEach(Load(function, function.Name, function.Name), program => program.Dispose());

    /// <summary>Unloads the programs that are not attached, and closes the modules' types.</summary>
    public void Dispose()
    {
        foreach (IDisposable item in (IEnumerable<IDisposable>)[.. _programs, .. _types.Values.Where(types => types.IsValueCreated).Select(types => types.Value)])
        {
            item.Dispose();
        }
    }

    private void Attach(FunctionProgram[] functions, List<BpfAttachment> attached, ConcurrentDictionary<FunctionProgram, BpfException> refused, CancellationToken stop)
    {
        (string name, string target) = functions is [var only] ? (only.Name, only.Name) : ("functions", $"{functions.Length} functions");
        try
        {
            BpfLoadedProgram[] programs = Load(functions[0], name, target);
            Array.ForEach(programs, _programs.Add);
            Attach(programs, functions, attached, refused, stop);
        }
        catch (BpfException cause)
        {
            Array.ForEach(functions, function => refused[function] = cause);
        }
    }

    /// <summary>Attaches programs; where the kernel refuses several functions at once, each half by itself, down to those that are meant.</summary>
    private static void Attach(BpfLoadedProgram[] programs, ReadOnlySpan<FunctionProgram> functions, List<BpfAttachment> attached, ConcurrentDictionary<FunctionProgram, BpfException> refused, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        try
        {
            attached.AddRange(AttachTogether(programs, functions));
        }
        catch (BpfException cause) when (functions.Length == 1 || cause.Refusal.Kind is BpfRefusalKind.MissingCapability or BpfRefusalKind.NotPermitted or BpfRefusalKind.Lockdown or BpfRefusalKind.NotSupported)
        {
            foreach (FunctionProgram function in functions)
            {
                refused[function] = cause;
            }
        }
        catch (BpfException)
        {
            Attach(programs, functions[..(functions.Length / 2)], attached, refused, stop);
            Attach(programs, functions[(functions.Length / 2)..], attached, refused, stop);
        }
    }

    private static List<BpfAttachment> AttachTogether(BpfLoadedProgram[] programs, ReadOnlySpan<FunctionProgram> functions)
    {
        var attached = new List<BpfAttachment>();
        FunctionProgram first = functions[0];
        FunctionProgram[] all = functions.ToArray();
        try
        {
            // Ends first: an end whose beginning was not seen is none, and a beginning whose end was not seen is a call that was missed.
            foreach (BpfLoadedProgram program in programs.Reverse())
            {
                attached.Add(program switch
                {
                    BpfTracingProgram many when first.Target!.IsOfMany => many.Attach([.. all.Select(function => (function.Target!.TypeId, (ulong)function.Kind))]),
                    BpfTracingProgram typed => typed.Attach(),
                    BpfKprobeProgram many when first.Kprobe!.IsOfMany => many.Attach([.. all.Select(function => (function.Kprobe!.Address!.Value, (ulong)function.Kind))]),
                    var one => ((BpfKprobeProgram)one).Attach(first.Kprobe!.Address),
                });
            }

            attached.Reverse();
            return attached;
        }
        catch
        {
            attached.ForEach(attachment => attachment.Dispose());
            throw;
        }
    }

    private BpfLoadedProgram[] Load(FunctionProgram function, string name, string target)
    {
        SafeFileHandle? types = function.Target?.Module is { } module ? _types.GetOrAdd(module, of => new(() => BpfTracingProgram.OpenTypes(of))).Value : null;
        var loaded = new List<BpfLoadedProgram>();
        try
        {
            foreach (GeneratedProgram program in function.Programs)
            {
                byte[] code = program.Code.Link(PlaceOf);
                string section = $"{BpfSection.Parse(program.Section).Hook}/{target}";
                loaded.Add(function.Target is { } typed
                    ? BpfTracingProgram.Load(name, section, code, typed.IsOfMany ? 0 : typed.TypeId, types)
                    : BpfKprobeProgram.Load(name, section, code));
            }

            return [.. loaded];
        }
        catch
        {
            loaded.ForEach(program => program.Dispose());
            throw;
        }
    }

    private (int Map, int? Offset) PlaceOf(string symbol) => maps.Globals.FirstOrDefault(variable => variable.Name == symbol) is { } global
        ? (maps.MapOf(global)!.Descriptor, global.Offset)
        : (maps.Maps.First(map => map.Name == symbol).Descriptor, null);
}
