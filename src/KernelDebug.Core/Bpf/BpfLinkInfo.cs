using KernelDebug.Bpf.Native;

namespace KernelDebug.Bpf;

/// <summary>A link in the kernel: what a program is attached to (<c>struct bpf_link_info</c>, include/uapi/linux/bpf.h).</summary>
public sealed record BpfLinkInfo
{
    /// <summary>The number.</summary>
    public required uint Id { get; init; }

    /// <summary>What it is, as bpftool names it: <c>tracing</c>, <c>perf_event</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The program.</summary>
    public required uint ProgramId { get; init; }

    /// <summary>How it is attached, as bpftool names it: <c>trace_fentry</c>; null where the link does not say.</summary>
    public string? AttachType { get; init; }

    /// <summary>What it is attached to: a function, tracepoint, interface or control group; null where the kernel does not tell.</summary>
    public string? Target { get; init; }

    /// <summary>The module the target is in; null for the kernel's own, and for what is in none.</summary>
    public string? Module { get; init; }

    /// <summary>The processes that hold a descriptor of it.</summary>
    public IReadOnlyList<BpfOwner> Owners { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{AttachType ?? Type}{(Target is null ? "" : $" {Target}")}{(Module is null ? "" : $" [{Module}]")}";
}
