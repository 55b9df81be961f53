using System.Collections.Concurrent;
using KernelDebug.Bpf;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Tracing;

/// <summary>Loads and attaches generated programs, each for itself: what the kernel refuses is one function's, and several go at a time.</summary>
/// <param name="maps">The loaded object that has the maps and counters of the programs.</param>
internal sealed class FunctionProgramLoader(BpfObject maps) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<SafeFileHandle>> _types = new(StringComparer.Ordinal);

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
