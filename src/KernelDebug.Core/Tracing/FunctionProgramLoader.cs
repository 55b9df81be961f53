using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using KernelDebug.Bpf;
using KernelDebug.Bpf.Native;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Tracing;

/// <summary>Loads and attaches generated programs, each for itself: what the kernel refuses is one function's, and several go at a time.</summary>
/// <param name="maps">The loaded object that has the maps and counters of the programs.</param>
internal sealed class FunctionProgramLoader(BpfObject maps) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<SafeFileHandle>> _types = new(StringComparer.Ordinal);

    /// <summary>Loads and attaches several at a time: the kernel waits at each, and some of these waits can be one.</summary>
    /// <param name="functions">What was generated.</param>
    /// <param name="attached">Takes what is attached, also where an exception ends it.</param>
    /// <param name="done">Told of each; null for nobody.</param>
    /// <param name="stop">Ends it between two.</param>
    /// <returns>What the kernel refused.</returns>
    /// <exception cref="BpfException">The kernel refuses all of them, the first so.</exception>
    /// <exception cref="OperationCanceledException">The token said so.</exception>
    public (FunctionProgram Function, string Reason)[] AttachAll(IReadOnlyList<FunctionProgram> functions, List<BpfAttachment> attached, Action? done, CancellationToken stop)
    {
        const int AtOnce = 4, FilesOfProgram = 2, SpareFiles = 256;
        if (functions.Count == 0)
        {
            return [];
        }

        FileLimitApi.MakeRoom((FilesOfProgram * functions.Sum(function => function.Programs.Count)) + SpareFiles);
        var each = new IReadOnlyList<BpfAttachment>?[functions.Count];
        var refused = new BpfException?[functions.Count];
        try
        {
            Parallel.For(0, functions.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, i =>
            {
                // The loop itself asks only from one range of them to the next.
                stop.ThrowIfCancellationRequested();
                try
                {
                    each[i] = Attach(functions[i]);
                }
                catch (BpfException cause)
                {
                    refused[i] = cause;
                }

                done?.Invoke();
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

        if (attached.Count == 0 && Array.Find(refused, cause => cause is not null) is { } first)
        {
            throw first;
        }

        return [.. functions.Zip(refused).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!.Refusal.Text))];
    }

    /// <summary>Loads the programs of a function, and attaches them.</summary>
    /// <exception cref="BpfException">The kernel refuses one of them; none is left then.</exception>
    public IReadOnlyList<BpfAttachment> Attach(FunctionProgram function)
    {
        var attached = new List<BpfAttachment>();
        BpfTracingProgram[] loaded = Load(function);
        try
        {
            foreach (BpfTracingProgram program in loaded)
            {
                attached.Add(program.Attach());
            }

            return attached;
        }
        catch
        {
            attached.ForEach(attachment => attachment.Dispose());
            Array.ForEach(loaded, program => program.Dispose());
            throw;
        }
    }

    /// <summary>Has the kernel's verifier check the programs of a function.</summary>
    /// <exception cref="BpfException">It refuses one.</exception>
    public void Verify(FunctionProgram function) => Array.ForEach(Load(function), program => program.Dispose());

    /// <summary>Closes the modules' types.</summary>
    public void Dispose()
    {
        foreach (Lazy<SafeFileHandle> types in _types.Values.Where(types => types.IsValueCreated))
        {
            types.Value.Dispose();
        }
    }

    private BpfTracingProgram[] Load(FunctionProgram function)
    {
        TraceTarget target = function.Target ?? throw new ArgumentException("a program that libbpf loads", nameof(function));
        SafeFileHandle? types = target.Module is { } module ? _types.GetOrAdd(module, name => new(() => BpfTracingProgram.OpenTypes(name))).Value : null;
        var loaded = new List<BpfTracingProgram>();
        try
        {
            foreach (GeneratedProgram program in function.Programs)
            {
                loaded.Add(BpfTracingProgram.Load(program.Name, program.Section, program.Code.Link(PlaceOf), target.TypeId, types));
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
