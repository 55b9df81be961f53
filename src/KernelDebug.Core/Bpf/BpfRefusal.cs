namespace KernelDebug.Bpf;

/// <summary>The kinds of reasons for which something of BPF is refused.</summary>
public enum BpfRefusalKind
{
    /// <summary>None that can be told: the errno and libbpf's text are all there is.</summary>
    Unknown,
    /// <summary>The file is no BPF object, or a damaged one.</summary>
    InvalidObject,
    /// <summary>The process lacks a capability, such as CAP_BPF.</summary>
    MissingCapability,
    /// <summary>The process has the capabilities, and is refused all the same.</summary>
    NotPermitted,
    /// <summary>Lockdown (kernel_lockdown(7)) forbids it.</summary>
    Lockdown,
    /// <summary>The kernel, or the object, has no BTF.</summary>
    MissingBtf,
    /// <summary>There is no such function, tracepoint or type.</summary>
    NoSuchTarget,
    /// <summary>The function is there and cannot be traced: inlined away, or marked notrace.</summary>
    NotTraceable,
    /// <summary>The kernel has not what the program asks for.</summary>
    NotSupported,
    /// <summary>The verifier does not accept the program.</summary>
    VerifierRejected,
    /// <summary>The section does not say what to attach to, and the caller did not either.</summary>
    MissingTarget,
    /// <summary>Something else is there already.</summary>
    Busy,
    /// <summary>A size or a number is out of what the kernel takes.</summary>
    LimitExceeded,
}

/// <summary>Why something was refused.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Text">What is wrong, in a sentence without its end.</param>
/// <param name="Remedy">What to do; null where nothing is known.</param>
public sealed record BpfRefusal(BpfRefusalKind Kind, string Text, string? Remedy);
