using KernelDebug.Bpf.Native;

namespace KernelDebug.Bpf;

/// <summary>A program in the kernel (<c>struct bpf_prog_info</c>, include/uapi/linux/bpf.h).</summary>
public sealed record BpfProgramInfo
{
    /// <summary>The number.</summary>
    public required uint Id { get; init; }

    /// <summary>The name: of BTF where the program has any, else the kernel's, which is cut to 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, as bpftool names it: <c>tracing</c>, <c>kprobe</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The hash of its instructions: equal programs have equal ones.</summary>
    public required string Tag { get; init; }

    /// <summary>What it is attached to, as its links say; empty where it has none, or is attached in another way.</summary>
    public IReadOnlyList<string> AttachedTo { get; init; } = [];

    /// <summary>When it was loaded.</summary>
    public required DateTimeOffset LoadedAt { get; init; }

    /// <summary>Who loaded it.</summary>
    public required uint UserId { get; init; }

    /// <summary>How often it ran; counted while kernel.bpf_stats_enabled is set, else 0.</summary>
    public required ulong RunCount { get; init; }

    /// <summary>How long it ran in all, likewise.</summary>
    public required TimeSpan RunTime { get; init; }

    /// <summary>How often it was not run because it ran already on that CPU; 0 before v5.12.</summary>
    public required ulong MissedCount { get; init; }

    /// <summary>Instructions of BPF, as the verifier left them.</summary>
    public required int InstructionCount { get; init; }

    /// <summary>Bytes of machine code; 0 where it is interpreted.</summary>
    public required uint CompiledSize { get; init; }

    /// <summary>Bytes of memory it is charged for; null where the kernel does not tell.</summary>
    public long? Memory { get; init; }

    /// <summary>The maps it uses.</summary>
    public IReadOnlyList<uint> MapIds { get; init; } = [];

    /// <summary>The BTF it has; null for none.</summary>
    public uint? BtfId { get; init; }

    /// <summary>The processes that hold a descriptor of it.</summary>
    public IReadOnlyList<BpfOwner> Owners { get; init; } = [];
}
