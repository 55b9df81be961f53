using KernelDebug.Btf;

namespace KernelDebug.Tracing;

/// <summary>In which ways a function can be traced, and why not in others: what the kernel checks when it is asked to.</summary>
internal static class FunctionJudge
{
    /// <summary>The kernel's place for tracing lies at most so far behind the function: endbr64, or patchable entries on arm64.</summary>
    private const ulong PlaceSlack = 16;

    /// <summary>Judges a function.</summary>
    /// <param name="facts">What the kernel told.</param>
    /// <param name="function">The function.</param>
    public static TraceVerdict Judge(FunctionFacts facts, TraceFunction function)
    {
        IReadOnlyList<int> symbols = facts.SymbolsOf(function.Name, function.Module);
        IReadOnlyList<int> places = facts.PlacesOf(function.Name, function.Module);
        int? symbol = function.Symbol >= 0 ? function.Symbol : SymbolOf(facts, symbols, places, function.Place);
        ulong? address = symbol is { } index && !facts.Symbols!.IsHidden ? facts.Symbols.AddressOf(index) : null;
        var reasons = new List<TraceRefusal>();
        bool? ftrace = CanFtrace(facts, symbols, places, address, reasons);
        bool? fentry = CanFentry(facts, function, symbols.Count, ftrace, reasons);
        bool isEndless = fentry != false && TrampolineRules.IsEndless(function.Name);
        if (isEndless)
        {
            reasons.Add(new(TraceObstacle.NeverReturns, "It does not return, so fexit has no end to trace."));
        }

        bool? byAddress = CanKprobe(facts, function.Name, address, ftrace, reasons);
        return new TraceVerdict
        {
            Address = address,
            CanFtrace = ftrace,
            CanFentry = fentry,
            CanFexit = isEndless ? false : fentry,
            CanKprobe = IsNameUnique(facts, function.Name, reasons) ? byAddress : false,
            CanKprobeByAddress = byAddress == true && address is not null,
            HasOwnTypes = symbols.Count <= 1,
            Reasons = reasons,
        };
    }

    private static int? SymbolOf(FunctionFacts facts, IReadOnlyList<int> symbols, IReadOnlyList<int> places, int place)
    {
        if (symbols.Count == 1)
        {
            return symbols[0];
        }

        if (place >= 0 && facts.Ftrace is { HasAddresses: true } list)
        {
            return symbols.Select(symbol => (int?)symbol).FirstOrDefault(symbol => IsAt(facts.Symbols!.AddressOf(symbol!.Value), list.AddressOf(place)));
        }

        // Both lists are in the order of addresses.
        return place >= 0 && symbols.Count == places.Count ? symbols[places.ToList().IndexOf(place)] : null;
    }

    private static bool? CanFtrace(FunctionFacts facts, IReadOnlyList<int> symbols, IReadOnlyList<int> places, ulong? address, List<TraceRefusal> reasons)
    {
        if (facts.Ftrace is not { } list)
        {
            reasons.Add(new(TraceObstacle.ListUnreadable, $"What can be traced is not known: {facts.WhyNoFtrace}."));
            return null;
        }

        bool? isListed = places.Count == 0 ? false
            : symbols.Count <= 1 ? true
            : address is { } at && list.HasAddresses ? places.Any(place => IsAt(at, list.AddressOf(place)))
            : places.Count >= symbols.Count ? true
            : null;
        if (isListed == false)
        {
            reasons.Add(new(TraceObstacle.NotTraceable, "It has no place where it could be traced: marked notrace or noinstr, code of the boot, in assembly, or a part the compiler split off."));
        }
        else if (facts.Host.FtraceEnabled is { IsKnown: true, Value: false })
        {
            reasons.Add(new(TraceObstacle.TracingDisabled, "Tracing of functions is off: sysctl kernel.ftrace_enabled=1 turns it on."));
            return false;
        }

        return isListed;
    }

    private static bool? CanFentry(FunctionFacts facts, TraceFunction function, int symbols, bool? ftrace, List<TraceRefusal> reasons)
    {
        bool isKnown = true;
        TraceRefusal? refusal = FentryRefusal(facts, function, symbols, ref isKnown);
        if (refusal is not null)
        {
            reasons.Add(refusal);
            return false;
        }

        return ftrace == false ? false : ftrace is null || !isKnown ? null : true;
    }

    private static TraceRefusal? FentryRefusal(FunctionFacts facts, TraceFunction function, int symbols, ref bool isKnown)
    {
        if (facts.HasSymbol("register_ftrace_direct") == false)
        {
            return new(TraceObstacle.NoTrampolines, "This kernel has no trampolines from functions to BPF programs; kprobes do without.");
        }

        if (facts.Types.Of(function.Module, out string? why) is not { } types)
        {
            return function.Module is null
                ? new(TraceObstacle.NoKernelBtf, $"The kernel shows no types: {why}.")
                : new(TraceObstacle.NoModuleBtf, $"The module {function.Module} has no types: {why}. ConvertTo-Btf makes them of its debug information, before it is loaded.");
        }

        IReadOnlyList<BtfFunction> found = KernelTypes.Find(types, function.Name);
        if (found.Count == 0)
        {
            return new(TraceObstacle.NotInBtf, function.Name.Contains('.', StringComparison.Ordinal)
                ? "It is a copy that the compiler made and changed; the types have none of it."
                : "The types of the kernel or module do not have it: in assembly, or functions of its name or copies of it differ in what they take.");
        }

        if (symbols > 1)
        {
            return new(TraceObstacle.NameNotUnique, $"{symbols} functions have this name; asked by name, the kernel takes the first, and the types are of one of them.");
        }

        if (function.Module is not null && facts.Limits is { FindsInModule: false } && facts.SymbolsNamed(function.Name) is > 1 and var named)
        {
            return new(TraceObstacle.NameNotUnique, $"{named} symbols of the kernel and its modules have this name, of which this kernel (as all before v6.3) takes the first, and not the module's.");
        }

        if (TrampolineRules.IsDenied(function.Name))
        {
            return new(TraceObstacle.Denied, "The kernel refuses it: it is called on the way into every BPF program.");
        }

        return facts.Limits is { } limits ? TrampolineRules.Check(found[0], limits, out isKnown) : null;
    }

    private static bool? CanKprobe(FunctionFacts facts, string name, ulong? address, bool? ftrace, List<TraceRefusal> reasons)
    {
        if (facts.HasSymbol("register_kprobe") == false)
        {
            reasons.Add(new(TraceObstacle.NoKprobes, "This kernel was built without kprobes (CONFIG_KPROBES)."));
            return false;
        }

        // kernel/kprobes.c, within_kprobe_blacklist: of a part that was split off, the function it was split off counts too.
        int suffix = name.IndexOf('.', StringComparison.Ordinal);
        string? whole = suffix > 0 ? name[..suffix] : null;
        if (facts.Blacklist is { } blacklist && (blacklist.Contains(name, address) || (whole is not null && blacklist.Contains(whole, facts.AddressOf(whole)))))
        {
            reasons.Add(new(TraceObstacle.KprobeBlacklisted, "The kernel keeps kprobes off it: they would be in their own way there."));
            return false;
        }

        // kernel/trace/trace_kprobe.c, within_notrace_func: of a part that was split off, the function it was split off counts.
        bool? isTraced = ftrace == false && whole is not null ? facts.HasPlace(whole) : ftrace;
        return isTraced == false ? false
            : isTraced is null || facts.Symbols is null || facts.Blacklist is null ? null
            : true;
    }

    /// <summary>
    /// Linux kernel commit b022f0c7e404 ("tracing/kprobes: Return EADDRNOTAVAIL when func matches several symbols") (in v6.7, and in stable
    /// kernels before). Symbols of all modules count, and data.
    /// </summary>
    private static bool IsNameUnique(FunctionFacts facts, string name, List<TraceRefusal> reasons)
    {
        int named = facts.SymbolsNamed(name);
        if (named > 1 && !reasons.Exists(reason => reason.Kind == TraceObstacle.NameNotUnique))
        {
            reasons.Add(new(TraceObstacle.NameNotUnique, $"{named} symbols have this name, and a kprobe is asked for by name."));
        }

        return named <= 1;
    }

    private static bool IsAt(ulong function, ulong place) => place >= function && place - function <= PlaceSlack;
}
