using System.Runtime.InteropServices;
using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>How a program comes by what a function was called with.</summary>
/// <param name="Section">The section of a program for a function, in libbpf's words, and what is before the function's name there.</param>
internal abstract record TraceHook(string Section)
{
    /// <summary>Where functions begin, by a trampoline: <c>fentry</c>.</summary>
    public static TraceHook Entry { get; } = new Trampoline("fentry");

    /// <summary>Where they return, likewise: <c>fexit</c>, which still has the arguments.</summary>
    public static TraceHook Exit { get; } = new Trampoline("fexit");

    /// <summary>A tracepoint, with the arguments of its call in the kernel's code: <c>tp_btf</c>.</summary>
    public static TraceHook RawTracepoint { get; } = new Tracepoint();

    /// <summary>Where functions begin, by a breakpoint: what the registers hold. null where it is not known which do.</summary>
    public static TraceHook? Kprobe { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? new Registers() : null;

    /// <summary>True where the verifier knows the types of arguments, refuses to load some, and to compute with others.</summary>
    public virtual bool KnowsTypes => true;

    /// <summary>True where it also allows to follow them to structures without a call.</summary>
    public virtual bool FollowsTypes => false;

    /// <summary>Words of arguments it can hand on.</summary>
    public virtual int Words => int.MaxValue;

    /// <summary>R0 = a word of the arguments, or behind them the result. R6 is the program's context.</summary>
    public abstract void LoadWord(BpfAssembler code, int word);

    private record Trampoline(string Section) : TraceHook(Section)
    {
        public override bool FollowsTypes => true;

        public override void LoadWord(BpfAssembler code, int word) => code.Load(BpfWidth.Eight, BpfRegister.R0, TraceProgram.Context, word * sizeof(ulong));
    }

    /// <summary>
    /// As a trampoline's, but not followed by types: the verifier takes arguments of tracepoints for valid, and where one is null after all,
    /// a load that needs no check would stop the kernel.
    /// </summary>
    private sealed record Tracepoint() : Trampoline("tp_btf")
    {
        public override bool FollowsTypes => false;
    }

    /// <summary>struct pt_regs of x86-64 (arch/x86/include/asm/ptrace.h): rdi, rsi, rdx, rcx, r8, r9.</summary>
    private sealed record Registers() : TraceHook("kprobe")
    {
        private static readonly int[] s_places = [112, 104, 96, 88, 72, 64];

        public override bool KnowsTypes => false;

        public override int Words => s_places.Length;

        public override void LoadWord(BpfAssembler code, int word) => code.Load(BpfWidth.Eight, BpfRegister.R0, TraceProgram.Context, s_places[word]);
    }
}
