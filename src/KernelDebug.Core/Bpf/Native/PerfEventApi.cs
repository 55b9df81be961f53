using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf.Native;

/// <summary>perf_event_open(2), which libc has no function for.</summary>
internal static unsafe partial class PerfEventApi
{
    /// <summary>Opens an event of a CPU, whichever process runs there.</summary>
    /// <param name="type"><c>enum perf_type_id</c>.</param>
    /// <param name="config">The event within the type.</param>
    /// <param name="isFrequency">Whether the next is samples a second, or events to a sample.</param>
    /// <param name="periodOrFrequency">That.</param>
    /// <param name="cpu">The CPU.</param>
    public static SafeFileHandle Open(uint type, ulong config, bool isFrequency, ulong periodOrFrequency, int cpu)
    {
        const uint IsFrequency = 1 << 10;
        var attributes = new Attributes { Type = type, Size = (uint)sizeof(Attributes), Config = config, PeriodOrFrequency = periodOrFrequency, Flags = isFrequency ? IsFrequency : 0 };
        return Open(&attributes, cpu);
    }

    private static SafeFileHandle Open(Attributes* attributes, int cpu)
    {
        const nuint CloseOnExec = 8;
        nint descriptor = syscall(Number, attributes, -1, cpu, -1, CloseOnExec);
        return descriptor < 0
            ? throw new LibbpfException("perf_event_open", Marshal.GetLastPInvokeError(), [])
            : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>__NR_perf_event_open: arch/*/entry/syscalls/*.tbl and include/uapi/asm-generic/unistd.h.</summary>
    private static nint Number => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 298,
        Architecture.S390x => 331,
        Architecture.Ppc64le => 319,
        _ => 241,
    };

    /// <summary>The first version of <c>struct perf_event_attr</c> (PERF_ATTR_SIZE_VER0), include/uapi/linux/perf_event.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public uint Type;
        public uint Size;
        public ulong Config;
        public ulong PeriodOrFrequency;
        public ulong SampleType;
        public ulong ReadFormat;
        public ulong Flags;
        public uint WakeupEvents;
        public uint BreakpointType;
        public ulong BreakpointAddress;
    }

    // The arguments behind the number are variadic in C; the ABIs .NET has on Linux for 64-bit machines pass such integers as others.
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, Attributes* attributes, nint processId, nint cpu, nint group, nuint flags);
}
