using System.Text;
using KernelDebug.Btf;
using KernelDebug.Host;
using KernelDebug.IO;
using KernelDebug.Kallsyms;

namespace KernelDebug.Tracing;

/// <summary>
/// The functions of a running kernel and its modules that can be traced: tracefs' list, joined with symbols and types. Where the list
/// cannot be read, all functions, of which it is then not known. Safe for several threads.
/// </summary>
public sealed class FunctionCatalog
{
    private static readonly string[] NoModules = ["bpf", "__builtin__ftrace", "__builtin__kprobes"];
    private static FunctionCatalog? s_last;

    private readonly FunctionFacts _facts;
    private readonly string _key;

    private FunctionCatalog(FunctionFacts facts, string key)
    {
        _facts = facts;
        _key = key;
    }

    /// <summary>Where the functions are from.</summary>
    public TraceFunctionSource Source => _facts.Ftrace is not null ? TraceFunctionSource.Ftrace : _facts.Symbols is not null ? TraceFunctionSource.Kallsyms : TraceFunctionSource.Btf;

    /// <summary>Why the list of what can be traced was not read; null where it was.</summary>
    public string? WhyNoList => _facts.WhyNoFtrace;

    /// <summary>Why it is not known what kprobes may not touch; null where it is, or the kernel has none.</summary>
    public string? WhyNoBlacklist => _facts.HasSymbol("register_kprobe") == false ? null : _facts.WhyNoBlacklist;

    /// <summary>The modules that are loaded.</summary>
    public IReadOnlySet<string> Modules => _facts.Modules;

    /// <summary>The running kernel's functions. What was read is kept until modules come or go.</summary>
    /// <param name="root">The directory the machine's /proc and /sys are in.</param>
    public static FunctionCatalog OfRunningKernel(string root = "/")
    {
        ArgumentNullException.ThrowIfNull(root);
        HostFacts host = HostFacts.Read(root);
        string modules = host.LoadedModules.Value ?? "";
        string key = $"{root}\n{host.Tracing.Path}\n{host.Capabilities.Value}\n{HostFacts.ModuleSet(modules)}";
        FunctionCatalog? last = s_last;
        return last?._key == key ? last : s_last = new FunctionCatalog(FunctionFacts.Read(host, root, modules), key);
    }

    /// <summary>The functions of all names, or those that match.</summary>
    /// <param name="isName">The condition on names; null for none.</param>
    /// <param name="isModule">The condition on modules, given null for the kernel proper; null for none.</param>
    public IEnumerable<TraceFunction> Matching(Func<string, bool>? isName, Func<string?, bool>? isModule)
    {
        var modules = new ModuleFilter(isModule);
        switch (Source)
        {
            case TraceFunctionSource.Ftrace:
                FtraceList list = _facts.Ftrace!;
                for (int i = 0; i < list.Count; i++)
                {
                    if (modules.Allows(list.ModuleBytes(i), out string? module) && list.NameOf(i) is var name && isName?.Invoke(name) != false)
                    {
                        yield return Make(name, module, TraceFunctionSource.Ftrace, place: i);
                    }
                }

                break;
            case TraceFunctionSource.Kallsyms:
                KallsymsTable symbols = _facts.Symbols!;
                for (int i = 0; i < symbols.Count; i++)
                {
                    if (symbols.IsCode(i) && modules.Allows(symbols.ModuleBytes(i), out string? module) && !NoModules.Contains(module)
                        && symbols.NameOf(i) is var name && isName?.Invoke(name) != false)
                    {
                        yield return Make(name, module, TraceFunctionSource.Kallsyms, symbol: i);
                    }
                }

                break;
            default:
                foreach (string? module in Modules.Prepend<string?>(null))
                {
                    foreach (BtfType type in modules.Allows(module) && _facts.Types.Of(module, out _) is { } types ? BtfSearch.Matching(types, isName, [BtfKind.Function]) : [])
                    {
                        yield return Make(type.Name!, module, TraceFunctionSource.Btf);
                    }
                }

                break;
        }
    }

    /// <summary>The functions of a name: each that has it, or one that says why there is none.</summary>
    /// <param name="name">The name.</param>
    /// <param name="modules">The modules wanted; the kernel proper and all where there are none.</param>
    public IReadOnlyList<TraceFunction> Named(string name, IReadOnlyCollection<string> modules)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(modules);
        var filter = new ModuleFilter(modules.Count == 0 ? null : module => modules.Contains(module ?? "vmlinux"));
        byte[] wanted = Encoding.UTF8.GetBytes(name);
        var found = new List<TraceFunction>();
        if (_facts.Symbols is { } symbols)
        {
            foreach (int index in symbols.Named(wanted).Where(symbols.IsCode))
            {
                if (filter.Allows(symbols.ModuleBytes(index), out string? module))
                {
                    TraceFunctionSource source = _facts.PlacesOf(name, module).Count > 0 ? TraceFunctionSource.Ftrace : TraceFunctionSource.Kallsyms;
                    found.Add(Make(name, module, source, symbol: index));
                }
            }
        }
        else if (_facts.Ftrace is { } list)
        {
            foreach (int index in list.Named(wanted))
            {
                if (filter.Allows(list.ModuleBytes(index), out string? module))
                {
                    found.Add(Make(name, module, TraceFunctionSource.Ftrace, place: index));
                }
            }
        }
        else
        {
            found.AddRange(Modules.Prepend<string?>(null).Where(filter.Allows)
                .Where(module => _facts.Types.Of(module, out _) is { } types && KernelTypes.Find(types, name).Count > 0)
                .Select(module => Make(name, module, TraceFunctionSource.Btf)));
        }

        return found.Count > 0 ? found : [Missing(name, modules)];
    }

    /// <summary>
    /// A function as it is now: one of a module that was loaded anew since it was found has another place, and other types perhaps. What is there no
    /// more, or not told from others of its name, says so as its reason.
    /// </summary>
    public TraceFunction Current(TraceFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (function.Module is not { } module || function.Source is TraceFunctionSource.None or TraceFunctionSource.Btf || function.IsOf(_facts))
        {
            return function;
        }

        IReadOnlyList<TraceFunction> found = Named(function.Name, [module]);
        return found.Count == 1 ? found[0] : found.FirstOrDefault(one => one.Address == function.Address)
            ?? new TraceFunction(function.Name, module, TraceFunctionSource.None, new Refused(
                function, new(TraceObstacle.NameNotUnique, $"{module} was loaded anew since this was found, and {found.Count} functions of it have the name: ask for it again."), isAlone: true));
    }

    /// <summary>A function that is part of another at the place a frame names, and its calls there are not seen. One that exists by itself too is judged as that.</summary>
    /// <param name="name">The function.</param>
    /// <param name="place">Where it is inlined: file and line.</param>
    /// <param name="modules">As in <see cref="Named"/>.</param>
    public TraceFunction Inlined(string name, string place, IReadOnlyCollection<string> modules)
    {
        var reason = new TraceRefusal(TraceObstacle.Inlined, $"At {place} it is inlined, so that the call there cannot be traced; trace the function it is part of.");
        TraceFunction own = Named(name, modules)[0];
        return new TraceFunction(name, own.Module, own.Source, new Refused(own, reason, isAlone: own.Source == TraceFunctionSource.None));
    }

    /// <summary>The names, in the kernel and its modules, of functions that take one of some types: by value, or by pointers of any depth.</summary>
    /// <param name="parameters">Names of types, as <see cref="BtfFile.Find(string)"/> takes them.</param>
    /// <param name="isModule">As in <see cref="Matching"/>.</param>
    /// <param name="missing">The types that are nowhere.</param>
    /// <exception cref="BinaryFormatException">Types are damaged.</exception>
    public Func<string?, string, bool> Taking(IReadOnlyList<string> parameters, Func<string?, bool>? isModule, out IReadOnlyList<string> missing)
    {
        var filter = new ModuleFilter(isModule);
        var taking = new HashSet<(string?, string)>();
        IReadOnlyList<string>? nowhere = null;
        foreach (string? module in Modules.Prepend<string?>(null).Where(filter.Allows))
        {
            if (_facts.Types.Of(module, out _) is { } types)
            {
                var search = new BtfUseSearch(types, new BtfUses { Parameters = parameters });
                nowhere = nowhere is null ? search.Missing : [.. nowhere.Intersect(search.Missing)];
                taking.UnionWith(BtfSearch.Matching(types, null, [BtfKind.Function], search).Select(function => (module, function.Name!)));
            }
        }

        missing = nowhere ?? [];
        return (module, name) => taking.Contains((module, name));
    }

    /// <summary>The functions of a file's types: what they take, and what of it the kernel's trampolines could not hand on.</summary>
    /// <param name="types">The file.</param>
    /// <param name="functions">Its functions.</param>
    /// <exception cref="BinaryFormatException">A type refers to what is not there.</exception>
    public static IEnumerable<TraceFunction> OfFile(BtfFile types, IEnumerable<BtfType> functions)
    {
        ArgumentNullException.ThrowIfNull(types);
        ArgumentNullException.ThrowIfNull(functions);
        var file = new FileTypes(types);
        return functions.OfType<BtfFunction>().Select(function => new TraceFunction(function.Name ?? "", null, TraceFunctionSource.Btf, file) { Symbol = (int)function.Id });
    }

    private TraceFunction Make(string name, string? module, TraceFunctionSource source, int symbol = -1, int place = -1) =>
        new(name, module, source, _facts) { Symbol = symbol, Place = place };

    private TraceFunction Missing(string name, IReadOnlyCollection<string> modules)
    {
        string? module = modules.Count == 1 && modules.First() is var only && only != "vmlinux" ? only : null;
        (TraceObstacle kind, string message) = WhyMissing(name, module);
        var nowhere = new TraceFunction(name, module, TraceFunctionSource.None, _facts);
        return new TraceFunction(name, module, TraceFunctionSource.None, new Refused(nowhere, new TraceRefusal(kind, message), isAlone: true));
    }

    private (TraceObstacle Kind, string Message) WhyMissing(string name, string? module)
    {
        if (module is not null && !Modules.Contains(module))
        {
            return (TraceObstacle.ModuleNotLoaded, $"The module {module} is not loaded: modprobe {module}, or insmod its file, and ask again.");
        }

        if (_facts.Symbols is not { } symbols)
        {
            return (TraceObstacle.NoSuchFunction, $"No function of this name is known; the kernel's symbols cannot be read: {_facts.WhyNoSymbols}.");
        }

        if (symbols.Named(Encoding.UTF8.GetBytes(name)) is [var other, ..])
        {
            return symbols.IsCode(other)
                ? (TraceObstacle.NoSuchFunction, $"{name} is in {symbols.ModuleOf(other) ?? "the kernel proper"}, and not where it was asked for.")
                : (TraceObstacle.NotAFunction, $"{name} is data, no function.");
        }

        const int Shown = 5;
        byte[] start = Encoding.UTF8.GetBytes(name + ".");
        List<string> copies = [.. Enumerable.Range(0, symbols.Count).Where(index => symbols.NameBytes(index).StartsWith(start) && symbols.IsCode(index)).Select(symbols.NameOf).Distinct().Take(Shown)];
        return copies.Count > 0
            ? (TraceObstacle.OnlyCopies, $"The compiler changed it: there is {string.Join(", ", copies)}, and no {name} itself.")
            : (TraceObstacle.NoSuchFunction, "The kernel has no function of this name: it is inlined wherever it is called, of a module that is not loaded, not built, or misspelt.");
    }

    /// <summary>A function with a reason before its own, or with that alone.</summary>
    private sealed class Refused(TraceFunction own, TraceRefusal reason, bool isAlone) : FunctionOrigin
    {
        public override BtfFunction? FindFunction(TraceFunction function) => own.Function;

        public override TraceVerdict Judge(TraceFunction function) => isAlone ? TraceVerdict.None(reason) : new TraceVerdict
        {
            Address = own.Address, CanFentry = own.CanFentry, CanFexit = own.CanFexit, CanKprobe = own.CanKprobe, CanKprobeByAddress = own.CanKprobeByAddress, HasOwnTypes = own.HasOwnTypes, CanFtrace = own.CanFtrace, Reasons = [reason, .. own.Reasons],
        };
    }

    /// <summary>A file's types, which say what functions take and nothing of the running kernel.</summary>
    private sealed class FileTypes(BtfFile types) : FunctionOrigin
    {
        private readonly Lazy<TrampolineLimits> _limits = new(() => TrampolineLimits.Of(types.Base ?? types, null));

        public override BtfFunction? FindFunction(TraceFunction function) => types[(uint)function.Symbol] as BtfFunction;

        public override TraceVerdict Judge(TraceFunction function)
        {
            TraceRefusal? refusal = TrampolineRules.Check(function.Function!, _limits.Value, out bool _);
            bool? can = refusal is null ? null : false;
            return new TraceVerdict
            {
                CanFentry = can, CanFexit = can,
                Reasons = [refusal ?? new(TraceObstacle.ListUnreadable, "Whether it can be traced only the running kernel tells.")],
            };
        }
    }

    /// <summary>A condition on modules, asked once for each.</summary>
    private sealed class ModuleFilter(Func<string?, bool>? isModule)
    {
        private byte[] _last = [];
        private string? _name;
        private bool? _isAllowed;

        public bool Allows(string? module) => isModule?.Invoke(module) != false;

        /// <summary>The lists have the functions of a module in a row.</summary>
        public bool Allows(ReadOnlySpan<byte> module, out string? name)
        {
            if (_isAllowed is null || !module.SequenceEqual(_last))
            {
                _last = module.ToArray();
                _name = module.IsEmpty ? null : Encoding.UTF8.GetString(module);
                _isAllowed = Allows(_name);
            }

            name = _name;
            return _isAllowed.Value;
        }
    }
}
