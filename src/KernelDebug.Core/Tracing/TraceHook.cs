using System.Runtime.InteropServices;
using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>How a program comes by what a function was called with.</summary>
/// <param name="Section">The section of a program for a function, in libbpf's words, and what is before the function's name there.</param>
internal abstract record TraceHook(string Section)
{
    private static readonly bool s_knowsRegisters = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Where functions begin, by a trampoline: <c>fentry</c>.</summary>
    public static TraceHook Entry { get; } = new Trampoline("fentry");

    /// <summary>The same of many functions by one link: <c>fentry.multi</c>. null where no kernel has it.</summary>
    public static TraceHook? ManyEntries { get; } = s_knowsRegisters ? new ManyTrampolines("fentry.multi") : null;

    /// <summary>A tracepoint, with the arguments of its call in the kernel's code: <c>tp_btf</c>.</summary>
    public static TraceHook RawTracepoint { get; } = new Tracepoint();

    /// <summary>Where functions begin, by a breakpoint: what the registers hold. null where it is not known which do.</summary>
    public static TraceHook? Kprobe { get; } = s_knowsRegisters ? new Registers("kprobe") : null;

    /// <summary>The same of many functions by one link: <c>kprobe.multi</c>.</summary>
    public static TraceHook? ManyKprobes { get; } = s_knowsRegisters ? new Registers("kprobe.multi") : null;

    /// <summary>True where the verifier knows the types of arguments, refuses to load some, and to compute with others.</summary>
    public virtual bool KnowsTypes => true;

    /// <summary>True where it also allows to follow them to structures without a call.</summary>
    public virtual bool FollowsTypes => false;

    /// <summary>Words of arguments it can hand on.</summary>
    public virtual int Words => int.MaxValue;

    /// <summary>True where one program is of many functions, and told which by the number it was attached with.</summary>
    public bool IsOfMany => Section.EndsWith(".multi", StringComparison.Ordinal);

    /// <summary>
    /// The id of the kernel's function that tells a program whether the call it runs in has ended, where one program may run at both ends of calls:
    /// <c>fsession</c>, <c>fsession.multi</c>. null where it takes two.
    /// </summary>
    public uint? EndTeller { get; init; }

    /// <summary>True for kprobes.</summary>
    public virtual bool IsProbe => false;

    /// <summary>True where the end of a call may be missed, and has the arguments no more.</summary>
    public bool LosesCalls => IsProbe;

    /// <summary>The same where functions return; null where there is none.</summary>
    /// <param name="keptAt">Where a record has the words of the arguments, of a hook that has them no more by then.</param>
    public virtual TraceHook? AtReturn(int keptAt) => null;

    /// <summary>R0 = a word of the arguments. R6 is the program's context.</summary>
    public abstract void LoadWord(BpfAssembler code, int word);

    /// <summary>R0 = what the function returned.</summary>
    /// <param name="code">Where it is written.</param>
    /// <param name="words">Words of its arguments.</param>
    public virtual void LoadResult(BpfAssembler code, int words) => throw new InvalidOperationException($"{Section} has no result");

    /// <summary>A register = a place on the task's stack that no other call has as long as this one goes on, and the same at both its ends.</summary>
    public virtual void LoadPlace(BpfAssembler code, BpfRegister register) => code.Move(register, TraceProgram.Context);

    /// <summary>Where the trampoline keeps the arguments, and behind them the result: on the task's stack.</summary>
    private record Trampoline(string Section) : TraceHook(Section)
    {
        public override bool FollowsTypes => true;

        public override TraceHook? AtReturn(int keptAt) => new Trampoline("fexit");

        public override void LoadWord(BpfAssembler code, int word) => code.Load(BpfWidth.Eight, BpfRegister.R0, TraceProgram.Context, word * sizeof(ulong));

        public override void LoadResult(BpfAssembler code, int words) => LoadWord(code, words);
    }

    /// <summary>Trampolines whose program is not told the function's type: it asks for words of the arguments, of which a function has 12 at most (MAX_BPF_FUNC_ARGS).</summary>
    private sealed record ManyTrampolines(string Section) : TraceHook(Section)
    {
        public override bool KnowsTypes => false;

        public override int Words => 12;

        public override TraceHook? AtReturn(int keptAt) => new ManyTrampolines("fexit.multi");

        public override void LoadWord(BpfAssembler code, int word)
        {
            code.Move(BpfRegister.R2, word);
            Ask(code, BpfHelper.GetArgument, BpfRegister.R3);
        }

        public override void LoadResult(BpfAssembler code, int words) => Ask(code, BpfHelper.GetResult, BpfRegister.R2);

        private static void Ask(BpfAssembler code, BpfHelper helper, BpfRegister place)
        {
            code.Move(BpfRegister.R1, TraceProgram.Context);
            code.Move(place, BpfRegister.Frame);
            code.Apply(BpfOperation.Add, place, -ExpressionCode.ScalarAt);
            code.Call(helper);
            code.Load(BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, -ExpressionCode.ScalarAt);
        }
    }

    /// <summary>
    /// As a trampoline's, but not followed by types: the verifier takes arguments of tracepoints for valid, and where one is null after all,
    /// a load that needs no check would stop the kernel.
    /// </summary>
    private sealed record Tracepoint() : Trampoline("tp_btf")
    {
        public override bool FollowsTypes => false;

        public override TraceHook? AtReturn(int keptAt) => null;
    }

    /// <summary>
    /// struct pt_regs of x86-64 (arch/x86/include/asm/ptrace.h): rdi, rsi, rdx, rcx, r8, r9; and rsp, which at the beginning is where the address
    /// is that the function returns to.
    /// </summary>
    private record Registers(string Section) : TraceHook(Section)
    {
        protected const int StackPointerAt = 152;
        private static readonly int[] s_places = [112, 104, 96, 88, 72, 64];

        public override bool KnowsTypes => false;

        public override bool IsProbe => true;

        public override int Words => s_places.Length;

        public override TraceHook? AtReturn(int keptAt) => new ReturnRegisters("kret" + Section[1..], keptAt);

        public override void LoadWord(BpfAssembler code, int word) => code.Load(BpfWidth.Eight, BpfRegister.R0, TraceProgram.Context, s_places[word]);

        public override void LoadPlace(BpfAssembler code, BpfRegister register) => code.Load(BpfWidth.Eight, register, TraceProgram.Context, StackPointerAt);
    }

    /// <summary>The same when the function has returned, and rsp is behind that place (arch/x86/kernel/rethook.c, <c>arch_rethook_trampoline_callback</c>); rax.</summary>
    private sealed record ReturnRegisters(string Section, int KeptAt) : Registers(Section)
    {
        private const int ResultAt = 80;

        public override TraceHook? AtReturn(int keptAt) => null;

        public override void LoadWord(BpfAssembler code, int word) => code.Load(BpfWidth.Eight, BpfRegister.R0, TraceProgram.Record, KeptAt + (word * sizeof(ulong)));

        public override void LoadResult(BpfAssembler code, int words) => code.Load(BpfWidth.Eight, BpfRegister.R0, TraceProgram.Context, ResultAt);

        public override void LoadPlace(BpfAssembler code, BpfRegister register)
        {
            base.LoadPlace(code, register);
            code.Apply(BpfOperation.Subtract, register, sizeof(ulong));
        }
    }
}
