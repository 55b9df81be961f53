using System.Management.Automation;
using KernelDebug.Records;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>The functions of the running kernel that a name, a pattern, or an object of the pipeline means.</summary>
/// <param name="catalog">The functions.</param>
internal sealed class TraceFunctionInput(FunctionCatalog catalog)
{
    /// <summary>Those of a name, or of a pattern; a name nothing has is answered by one that says why.</summary>
    /// <param name="name">The name; with wildcards it is a pattern, and ignores case.</param>
    /// <param name="modules">Patterns of modules, and vmlinux for the kernel proper; none for all.</param>
    public IEnumerable<TraceFunction> Named(string name, string[] modules) => WildcardPattern.ContainsWildcardCharacters(name)
        ? catalog.Matching(name == "*" ? null : WildcardPattern.Get(name, WildcardOptions.IgnoreCase).IsMatch, ModulePatterns.Condition(modules))
        : catalog.Named(WildcardPattern.Unescape(name), Expand(modules));

    /// <summary>Those an object means: a function, a name, a frame of a report, or a report, whose first is where the kernel stopped; null for what names no function.</summary>
    /// <param name="input">The object.</param>
    /// <param name="modules">As in <see cref="Named"/>.</param>
    public IEnumerable<TraceFunction>? Of(object? input, string[] modules) => input switch
    {
        TraceFunction function => [function],
        PanicTrace trace => trace.CallTrace.Prepend(trace.InstructionPointer).OfType<TraceFrame>().SelectMany(frame => At(frame.Location) ?? []),
        TraceFrame frame => At(frame.Location),
        SymbolLocation location => At(location),
        SourceFrame { IsInlined: true, Function: { } function } frame => [catalog.Inlined(function, frame.Place, modules)],
        string name => Named(name, modules),
        _ => null,
    };

    private IEnumerable<TraceFunction>? At(SymbolLocation location)
    {
        if (location.Symbol is not { } symbol)
        {
            return null;
        }

        string[] inlined = [.. location.Frames.Where(frame => frame is { IsInlined: true, Function: not null }).Select(frame => frame.Function!)];
        return catalog.Named(symbol, [location.Module ?? "vmlinux"]).Select(function => inlined.Length == 0 ? function : function.WithInlined(inlined));
    }

    /// <summary>The modules that patterns find; one that finds none stays as it is, to be answered as a module that is not loaded.</summary>
    private string[] Expand(string[] modules) => [.. modules.SelectMany(module =>
    {
        Func<string?, bool> isModule = ModulePatterns.Condition([module])!;
        string[] found = [.. catalog.Modules.Append("vmlinux").Where(isModule)];
        return found.Length > 0 ? found : [module.Replace('-', '_')];
    })];
}
