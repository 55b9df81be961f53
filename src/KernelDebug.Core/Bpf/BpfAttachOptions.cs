namespace KernelDebug.Bpf;

/// <summary>What sections do not say and programs of some types need.</summary>
public sealed record BpfAttachOptions
{
    /// <summary>The interface of xdp, tc and socket programs.</summary>
    public string? Interface { get; init; }

    /// <summary>The directory of the control group of cgroup programs and iterators.</summary>
    public string? Cgroup { get; init; }

    /// <summary>The process of uprobes and usdt programs, and whose tasks iterators go through; null for all.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Samples a second and CPU of perf_event programs.</summary>
    public int SampleFrequency { get; init; } = 99;

    /// <summary>
    /// Targets by program, in place of the section's, one or several: a function, <c>category:name</c> of a tracepoint, <c>path:function</c> of a
    /// uprobe, <c>path:provider:name</c> of a usdt program, <c>name</c> or <c>name:period</c> of a perf event, an interface (of tc with
    /// <c>:egress</c>), a control group.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Targets { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}
