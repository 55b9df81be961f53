namespace KernelDebug.Tracing;

/// <summary>What keeps a function from being traced in one way or all.</summary>
public enum TraceObstacle
{
    /// <summary>Here it is part of the function it is called in.</summary>
    Inlined,
    /// <summary>The kernel has no symbol of this name: inlined everywhere, not built, of a module that is not loaded, or misspelt.</summary>
    NoSuchFunction,
    /// <summary>The compiler left no function of this name, but changed copies of it: <c>name.isra.0</c>.</summary>
    OnlyCopies,
    /// <summary>The name is of data.</summary>
    NotAFunction,
    /// <summary>Its module is not loaded.</summary>
    ModuleNotLoaded,
    /// <summary>Which functions can be traced, the kernel does not tell this user.</summary>
    ListUnreadable,
    /// <summary>It has no place where it could be traced: marked notrace or noinstr, in assembly, or a part such as <c>name.cold</c>.</summary>
    NotTraceable,
    /// <summary>Tracing of functions is off: kernel.ftrace_enabled.</summary>
    TracingDisabled,
    /// <summary>kprobes would be in their own way there.</summary>
    KprobeBlacklisted,
    /// <summary>The kernel was built without kprobes.</summary>
    NoKprobes,
    /// <summary>The kernel shows no types.</summary>
    NoKernelBtf,
    /// <summary>Its module has no types.</summary>
    NoModuleBtf,
    /// <summary>Its types are not among the kernel's or module's.</summary>
    NotInBtf,
    /// <summary>Several functions have the name, and the kernel is asked by name.</summary>
    NameNotUnique,
    /// <summary>It takes more than the kernel's trampolines hand on.</summary>
    TooManyArguments,
    /// <summary>It takes what they do not hand on: a union, a large structure, a floating-point number.</summary>
    UnsupportedArgument,
    /// <summary>It returns a structure or what else they do not hand on.</summary>
    UnsupportedReturn,
    /// <summary>It takes any number of arguments.</summary>
    Variadic,
    /// <summary>The kernel refuses it, since its own tracing calls it.</summary>
    Denied,
    /// <summary>It does not return, so there is no end to trace.</summary>
    NeverReturns,
    /// <summary>The kernel has no trampolines from functions to BPF programs on this processor.</summary>
    NoTrampolines,
}

/// <summary>Why a function cannot be traced in one way or all.</summary>
/// <param name="Kind">The stable kind.</param>
/// <param name="Message">One sentence with names and numbers, and the next step where there is one.</param>
public sealed record TraceRefusal(TraceObstacle Kind, string Message)
{
    /// <summary>The sentence.</summary>
    public override string ToString() => Message;
}
