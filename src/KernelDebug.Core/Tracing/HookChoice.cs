using System.Runtime.InteropServices;
using KernelDebug.Btf;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>The ways a function can be met in.</summary>
public enum TraceHookKind
{
    /// <summary>By the trampoline from its beginning to a BPF program: <c>fentry</c>.</summary>
    Fentry,
    /// <summary>By a probe at its beginning: <c>kprobe</c>, and of many functions <c>kprobe.multi</c> where the kernel has it.</summary>
    Kprobe,
}

/// <summary>
/// Which way functions are met in: by trampolines, which tell most and cost least at a call. What has none is probed. Where there are many, they are
/// those of many at once, where the kernel has them; else it is probed, too, whose probe tells all that is wanted, since the kernel attaches
/// trampolines one by one and waits at each, and probes all at once.
/// </summary>
internal sealed class HookChoice
{
    /// <summary>So many functions are many.</summary>
    public const int Many = 100;

    /// <summary>The kernel's function that tells a program whether it runs at the end of a call.</summary>
    public const string EndTeller = "bpf_session_is_return";

    private readonly FunctionTraceOptions _options;
    private readonly bool _areMany, _hasMany, _hasManyReturns, _hasManyEntries;
    private readonly TraceHook _entry;
    private readonly TraceHook? _manyEntries;

    /// <summary>Makes it.</summary>
    /// <param name="options">What is asked.</param>
    /// <param name="count">How many functions there are.</param>
    /// <param name="kernel">The kernel's types; null where it shows none.</param>
    /// <exception cref="IO.BinaryFormatException">A type refers to what is not there.</exception>
    public HookChoice(FunctionTraceOptions options, int count, BtfFile? kernel)
    {
        _options = options;
        _areMany = count >= Many;

        // Linux kernel commit 0dcac2725406 ("bpf: Add multi kprobe link") (in v5.18); the structure is there with CONFIG_FPROBE.
        _hasMany = kernel?.Find("struct bpf_kprobe_multi_link") is BtfStruct;

        // The same for trampolines; the structure is there where the architecture can change many at once.
        _hasManyEntries = kernel?.Find("struct bpf_tracing_multi_link") is BtfStruct;

        // One program at both ends of a call. Linux kernel commit c390adfda244 ("Merge branch 'bpf-fsession-support'"); the function, of probes
        // until then, takes the program's context since.
        uint? teller = RuntimeInformation.ProcessArchitecture == Architecture.X64 && kernel?.Find("enum bpf_attach_type") is BtfEnum types
            && types.Values.Any(value => value.Name == "BPF_TRACE_FSESSION") && kernel.Find<BtfFunction>(EndTeller) is { Prototype.Parameters.Count: 1 } told ? told.Id : null;
        _entry = TraceHook.Entry with { EndTeller = teller };
        _manyEntries = TraceHook.ManyEntries is { } many ? many with { EndTeller = teller } : null;

        // Where returns are followed by rethook, both ends of a call have the same stack pointer. Linux kernel commit 4346ba160409 ("fprobe:
        // Rewrite fprobe on function-graph tracer") (in v6.14) took the member away; what the pointer is from there on is not known here.
        _hasManyReturns = _hasMany && kernel!.Find("struct fprobe") is BtfStruct fprobe && fprobe.Members.Any(member => member.Name == "rethook");
    }

    /// <summary>The way a function is met in.</summary>
    /// <param name="function">The function.</param>
    /// <param name="ofWholeCalls">Its return is wanted, too.</param>
    /// <exception cref="NotSupportedException">There is none; the message says why.</exception>
    public TraceHook Of(TraceFunction function, bool ofWholeCalls)
    {
        bool canKprobe = TraceHook.Kprobe is not null && (function.CanKprobe != false || function.CanKprobeByAddress);
        bool canJoin = canKprobe && _hasMany && (_hasManyReturns || !ofWholeCalls) && function is { CanFtrace: true, Address: not null };
        bool joinsEntries = _areMany && _hasManyEntries && function.CanFentry == true && TellsAll(function, _manyEntries);
        TraceHook? probe = canJoin ? TraceHook.ManyKprobes : canKprobe ? TraceHook.Kprobe : null;
        return _options.Hook switch
        {
            TraceHookKind.Fentry => function.CanFentry != false ? _entry : throw Nothing(function, "fentry"),
            TraceHookKind.Kprobe => probe ?? throw Nothing(function, "kprobe"),
            _ => joinsEntries ? _manyEntries! : function.CanFentry != false && !(_areMany && canJoin && TellsAll(function, TraceHook.ManyKprobes)) ? _entry : probe ?? throw Nothing(function, null),
        };
    }

    /// <summary>True where a hook that knows no types has all of the function's arguments.</summary>
    private static bool TellsAll(TraceFunction function, TraceHook? hook) =>
        function.Function is not null && function.Parameters.Count <= hook?.Words && function.Parameters.All(parameter => new TraceType(parameter.Type).IsScalar);

    private static NotSupportedException Nothing(TraceFunction function, string? hook) =>
        new((function.Reason?.Message ?? "it cannot be traced") + (hook is null ? "" : $" ({hook} was asked for)"));
}
