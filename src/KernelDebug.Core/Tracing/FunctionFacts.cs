using System.Text;
using KernelDebug.Btf;
using KernelDebug.Host;
using KernelDebug.IO;
using KernelDebug.Kallsyms;

namespace KernelDebug.Tracing;

/// <summary>What a kernel tells of its functions: the lists as they were at one time, each with why where it cannot be read.</summary>
internal sealed class FunctionFacts : FunctionOrigin
{
    private readonly Lazy<(KallsymsTable? Table, string? Why)> _symbols;
    private readonly Lazy<(KprobeBlacklist? List, string? Why)> _blacklist;
    private readonly Lazy<TrampolineLimits?> _limits;

    private FunctionFacts(HostFacts host, string root, IReadOnlySet<string> modules)
    {
        Host = host;
        Modules = modules;
        Types = new KernelTypes(root);
        (Ftrace, WhyNoFtrace) = host.Tracing.State == TracingFilesState.Readable
            ? Try(() => FtraceList.Read(host.Tracing.Path!))
            : (null, host.Tracing.Reason);
        _symbols = new(() => Try(() => KallsymsTable.Read(root + "/proc/kallsyms")));
        _blacklist = new(() => host.DebugFiles.IsKnown ? Try(() => KprobeBlacklist.Read(host.DebugFiles.Value!)) : (null, host.DebugFiles.WhyUnknown));
        _limits = new(() => Types.Of(null, out _) is { } kernel ? TrampolineLimits.Of(kernel, host.Architecture.Value) : null);
    }

    public HostFacts Host { get; }

    /// <summary>The modules that are loaded.</summary>
    public IReadOnlySet<string> Modules { get; }

    public KernelTypes Types { get; }

    public FtraceList? Ftrace { get; }

    public string? WhyNoFtrace { get; }

    public KallsymsTable? Symbols => _symbols.Value.Table;

    public string? WhyNoSymbols => _symbols.Value.Why;

    public KprobeBlacklist? Blacklist => _blacklist.Value.List;

    public string? WhyNoBlacklist => _blacklist.Value.Why;

    public TrampolineLimits? Limits => _limits.Value;

    /// <summary>Whether the kernel has a function of its own; null where its symbols cannot be read.</summary>
    public bool? HasSymbol(string name) => Symbols is null ? null : SymbolsNamed(name) > 0;

    /// <summary>How many symbols of the kernel and all modules have a name, data among them; 0 where they cannot be read.</summary>
    public int SymbolsNamed(string name) => Symbols?.Named(Encoding.UTF8.GetBytes(name)).Count ?? 0;

    /// <summary>True where a function of the name has a place where it can be traced.</summary>
    public bool HasPlace(string name) => Ftrace?.Named(Encoding.UTF8.GetBytes(name)).Count > 0;

    /// <summary>The address of the first symbol of a name; null where there is none, or it is hidden.</summary>
    public ulong? AddressOf(string name) => Symbols is { IsHidden: false } && Symbols.Named(Encoding.UTF8.GetBytes(name)) is [var first, ..] ? Symbols.AddressOf(first) : null;

    /// <summary>The symbols of a function.</summary>
    public IReadOnlyList<int> SymbolsOf(string name, string? module)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(module ?? "");
        return Symbols is null ? [] : [.. Symbols.Named(Encoding.UTF8.GetBytes(name)).Where(index => Symbols.IsCode(index) && Symbols.ModuleBytes(index).SequenceEqual(wanted))];
    }

    /// <summary>The places of a function where it can be traced.</summary>
    public IReadOnlyList<int> PlacesOf(string name, string? module)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(module ?? "");
        return Ftrace is null ? [] : [.. Ftrace.Named(Encoding.UTF8.GetBytes(name)).Where(index => Ftrace.ModuleBytes(index).SequenceEqual(wanted))];
    }

    public override BtfFunction? FindFunction(TraceFunction function) =>
        Types.Of(function.Module, out _) is { } types && KernelTypes.Find(types, function.Name) is [var first, ..] ? first : null;

    public override TraceVerdict Judge(TraceFunction function) => FunctionJudge.Judge(this, function);

    /// <summary>Asks a machine.</summary>
    public static FunctionFacts Read(HostFacts host, string root, string modules) => new(
        host, root.TrimEnd('/'), modules.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)[0]).ToHashSet(StringComparer.Ordinal));

    private static (T? Value, string? Why) Try<T>(Func<T> read) where T : class
    {
        try
        {
            return (read(), null);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or BinaryFormatException)
        {
            return (null, unreadable.Message.TrimEnd('.'));
        }
    }
}
