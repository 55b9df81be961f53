using KernelDebug.Btf;

namespace KernelDebug.Tracing;

/// <summary>Where it is known from that a function is there.</summary>
public enum TraceFunctionSource
{
    /// <summary>The kernel's list of what can be traced, in tracefs.</summary>
    Ftrace,
    /// <summary>The kernel's symbols, /proc/kallsyms: that it is there, and not whether it can be traced.</summary>
    Kallsyms,
    /// <summary>The types of a kernel, module or file.</summary>
    Btf,
    /// <summary>Nothing but that it was asked for.</summary>
    None,
}

/// <summary>
/// A function of a kernel or module, and in which ways it can be traced. Name and module are there at once; the rest is looked up when
/// first asked for, of the kernel as it was then. Safe for several threads.
/// </summary>
public sealed class TraceFunction
{
    private readonly FunctionOrigin _origin;
    private BtfFunction? _function;
    private TraceVerdict? _verdict;
    private bool _hasFunction;

    internal TraceFunction(string name, string? module, TraceFunctionSource source, FunctionOrigin origin)
    {
        Name = name;
        Module = module;
        Source = source;
        _origin = origin;
    }

    private TraceFunction(TraceFunction other)
        : this(other.Name, other.Module, other.Source, other._origin)
    {
        Symbol = other.Symbol;
        Place = other.Place;
    }

    /// <summary>The name of the symbol.</summary>
    public string Name { get; }

    /// <summary>The module; null for the kernel proper.</summary>
    public string? Module { get; }

    /// <summary>Where it is known from.</summary>
    public TraceFunctionSource Source { get; }

    /// <summary>The runtime address; null where the kernel hides it, the function is of a file, or several have the name and it is not known which this is.</summary>
    public ulong? Address => Verdict.Address;

    /// <summary>The function in the types of the kernel or module; null where they do not have it.</summary>
    /// <exception cref="IO.BinaryFormatException">The types are damaged.</exception>
    public BtfFunction? Function
    {
        get
        {
            // Two threads that ask at once find the same.
            if (!Volatile.Read(ref _hasFunction))
            {
                _function = _origin.FindFunction(this);
                Volatile.Write(ref _hasFunction, true);
            }

            return _function;
        }
    }

    /// <summary>What it takes and returns, as C: <c>int vfs_stat(const char *filename, struct kstat *stat)</c>; null where no types tell.</summary>
    /// <exception cref="IO.BinaryFormatException">The types are damaged.</exception>
    public string? Prototype => Function?.ToString();

    /// <summary>What it takes; empty where no types tell.</summary>
    /// <exception cref="IO.BinaryFormatException">The types are damaged.</exception>
    public IReadOnlyList<BtfParameter> Parameters => Function?.Prototype.Parameters ?? [];

    /// <summary>Whether a BPF program can be called where it begins, with its arguments; null where that is not known.</summary>
    public bool? CanFentry => Verdict.CanFentry;

    /// <summary>Whether one can be called where it returns, with its arguments and result; null where that is not known.</summary>
    public bool? CanFexit => Verdict.CanFexit;

    /// <summary>Whether a kprobe can be put at its beginning, by its name; null where that is not known.</summary>
    public bool? CanKprobe => Verdict.CanKprobe;

    /// <summary>True where its name is all that is in the way of a kprobe: several functions have it, and its address says which is meant.</summary>
    internal bool CanKprobeByAddress => Verdict.CanKprobeByAddress;

    /// <summary>True where the types' function of its name is this one: no other of the same module, or of the kernel proper, has the name.</summary>
    internal bool HasOwnTypes => Verdict.HasOwnTypes;

    /// <summary>True for the facts that it was found by.</summary>
    internal bool IsOf(FunctionOrigin origin) => _origin == origin;

    /// <summary>Whether the function tracer of the kernel can trace it; null where that is not known.</summary>
    public bool? CanFtrace => Verdict.CanFtrace;

    /// <summary>Why it cannot be traced in some way, or why that is not known; empty where nothing is in the way.</summary>
    public IReadOnlyList<TraceRefusal> Reasons => Verdict.Reasons;

    /// <summary>The first of the reasons; null where there is none.</summary>
    public TraceRefusal? Reason => Reasons.Count > 0 ? Reasons[0] : null;

    /// <summary>Of a frame: the functions that are inlined into this one at the frame's place, innermost first. Calls of them there are not seen by themselves.</summary>
    public IReadOnlyList<string> InlinedFunctions { get; private init; } = [];

    /// <summary>Its number among the kernel's symbols; -1 where that is not known.</summary>
    internal int Symbol { get; init; } = -1;

    /// <summary>Its number in the kernel's list of what can be traced; -1 where that is not known.</summary>
    internal int Place { get; init; } = -1;

    private TraceVerdict Verdict => _verdict ??= _origin.Judge(this);

    /// <summary>The same with what is inlined into it at a place.</summary>
    public TraceFunction WithInlined(IReadOnlyList<string> functions) => new(this) { InlinedFunctions = functions };

    /// <summary>The prototype, or the name; with the module.</summary>
    public override string ToString() => (Prototype ?? Name) + (Module is null ? "" : $" [{Module}]");
}

/// <summary>What functions are looked up in, when more than their names is asked for.</summary>
internal abstract class FunctionOrigin
{
    /// <summary>The function in the types; null where they do not have it.</summary>
    /// <exception cref="IO.BinaryFormatException">The types are damaged.</exception>
    public abstract BtfFunction? FindFunction(TraceFunction function);

    /// <summary>In which ways it can be traced.</summary>
    /// <exception cref="IO.BinaryFormatException">The types are damaged.</exception>
    public abstract TraceVerdict Judge(TraceFunction function);
}

/// <summary>What was found out of a function.</summary>
internal sealed record TraceVerdict
{
    public ulong? Address { get; init; }
    public bool? CanFentry { get; init; }
    public bool? CanFexit { get; init; }
    public bool? CanKprobe { get; init; }
    public bool CanKprobeByAddress { get; init; }
    public bool HasOwnTypes { get; init; }
    public bool? CanFtrace { get; init; }
    public required IReadOnlyList<TraceRefusal> Reasons { get; init; }

    /// <summary>Of what cannot be traced at all.</summary>
    public static TraceVerdict None(TraceRefusal reason) => new()
    {
        CanFentry = false, CanFexit = false, CanKprobe = false, CanFtrace = false, Reasons = [reason],
    };
}
