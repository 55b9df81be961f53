namespace KernelDebug.Bpf;

/// <summary><c>enum bpf_prog_type</c>, include/uapi/linux/bpf.h; only those this engine has to know.</summary>
internal static class BpfProgramType
{
    public const int SocketFilter = 1;
    public const int Kprobe = 2;
    public const int SchedulerClassifier = 3;
    public const int Tracepoint = 5;
    public const int Xdp = 6;
    public const int PerfEvent = 7;
    public const int RawTracepoint = 17;
    public const int Tracing = 26;
    public const int StructOps = 27;
    public const int Extension = 28;
    public const int Lsm = 29;
    public const int Syscall = 31;
}

/// <summary><c>enum bpf_attach_type</c>, include/uapi/linux/bpf.h; only those this engine has to know.</summary>
internal static class BpfAttachType
{
    /// <summary>BPF_TRACE_RAW_TP.</summary>
    public const int RawTracepoint = 23;

    /// <summary>BPF_TRACE_FENTRY.</summary>
    public const int FunctionEntry = 24;

    /// <summary>BPF_TRACE_FEXIT.</summary>
    public const int FunctionExit = 25;

    /// <summary>BPF_PERF_EVENT, since v5.15.</summary>
    public const int PerfEvent = 41;

    /// <summary>BPF_TRACE_KPROBE_MULTI, since v5.18.</summary>
    public const int ManyKprobes = 42;

    /// <summary>Since v6.6.</summary>
    public const int TcxIngress = 46;

    /// <summary>Since v6.6.</summary>
    public const int TcxEgress = 47;

    /// <summary>BPF_TRACE_FSESSION, in v7.2.</summary>
    public const int FunctionSession = 58;

    /// <summary>BPF_TRACE_FENTRY_MULTI, in v7.2.</summary>
    public const int ManyFunctionEntries = 59;

    /// <summary>BPF_TRACE_FEXIT_MULTI, in v7.2.</summary>
    public const int ManyFunctionExits = 60;

    /// <summary>BPF_TRACE_FSESSION_MULTI, in v7.2.</summary>
    public const int ManyFunctionSessions = 61;
}

/// <summary><c>enum bpf_map_type</c>, include/uapi/linux/bpf.h; only those this engine has to know.</summary>
internal static class BpfMapType
{
    public const int Hash = 1;
    public const int Array = 2;
    public const int PerfEventArray = 4;
    public const int PerCpuHash = 5;
    public const int PerCpuArray = 6;
    public const int StackTrace = 7;
    public const int LruHash = 9;
    public const int LruPerCpuHash = 10;
    public const int ReuseportSocketArray = 20;
    public const int PerCpuCgroupStorage = 21;
    public const int Queue = 22;
    public const int Stack = 23;
    public const int StructOps = 26;
    public const int RingBuffer = 27;
    public const int BloomFilter = 30;
    public const int UserRingBuffer = 31;

    /// <summary>Since v6.9.</summary>
    public const int Arena = 33;

    /// <summary>True for maps that have a value for each CPU.</summary>
    public static bool IsPerCpu(int type) => type is PerCpuHash or PerCpuArray or LruPerCpuHash or PerCpuCgroupStorage;
}
