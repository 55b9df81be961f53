using KernelDebug.Bpf;

namespace KernelDebug.Tracing;

/// <summary>What is to be traced.</summary>
public sealed record BpfTraceRequest
{
    /// <summary>The compiled BPF object; of a generated one, what it is called.</summary>
    public required string Path { get; init; }

    /// <summary>The program in C the object was compiled from, which the trace then goes by; null where the object is what the user has.</summary>
    public string? SourcePath { get; init; }

    /// <summary>The bytes of a generated object; null for one that is a file.</summary>
    internal byte[]? Image { get; init; }

    /// <summary>Functions whose programs were generated, beside those of the object.</summary>
    internal IReadOnlyList<FunctionProgram> Functions { get; init; } = [];

    /// <summary>True where their programs wait until all are attached.</summary>
    internal bool BeginTogether { get; init; }

    /// <summary>True where calls are probed at both ends.</summary>
    internal bool ProbesCalls => Functions.Any(function => function is { Kprobe: not null, IsOfWholeCalls: true });

    /// <summary>How many they are.</summary>
    public int FunctionCount => Functions.Count;

    /// <summary>Told of each function that is attached, or refused, by any thread; null for nobody.</summary>
    public Action? FunctionDone { get; init; }

    /// <summary>Ends the start of many functions before its end.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Makes an event of a record; null where records are read by types of the object's.</summary>
    internal Func<byte[], object>? Decode { get; init; }

    /// <summary>Told of each record as it comes from the kernel, by the thread that takes it; null for nobody.</summary>
    internal Action<ReadOnlySpan<byte>>? Arrived { get; init; }

    /// <summary>Puts events together to trees of calls; null where they are wanted as they are.</summary>
    internal TraceTrees? Trees { get; init; }

    /// <summary>Reads what the programs counted; null where they send events.</summary>
    internal Func<BpfObject, IReadOnlyList<object>>? ReadCounts { get; init; }

    /// <summary>Says which programs are wanted; null for those the object itself wants loaded.</summary>
    public Func<BpfProgram, bool>? IsWanted { get; init; }

    /// <summary>Values of global variables by name.</summary>
    public IReadOnlyDictionary<string, object?> Globals { get; init; } = new Dictionary<string, object?>();

    /// <summary>Elements of maps at most, by name, in place of what the object says.</summary>
    public IReadOnlyDictionary<string, uint> MapSizes { get; init; } = new Dictionary<string, uint>();

    /// <summary>Where maps are pinned, by name.</summary>
    public IReadOnlyDictionary<string, string> MapPins { get; init; } = new Dictionary<string, string>();

    /// <summary>What sections do not say.</summary>
    public BpfAttachOptions Attach { get; init; } = new();

    /// <summary>The type records are read by; null where the object says it.</summary>
    public string? EventType { get; init; }

    /// <summary>Bytes of records that wait for the reader at most.</summary>
    public long QueueBytes { get; init; } = 64 << 20;
}
