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

    /// <summary>Opens a kprobe, which is there as long as the event is.</summary>
    /// <param name="type">The number that perf has for kprobes.</param>
    /// <param name="isReturn">Where the function returns, and not where it begins.</param>
    /// <param name="function">Its name; null to go by the address.</param>
    /// <param name="address">Where it begins; 0 with a name.</param>
    public static SafeFileHandle OpenKprobe(uint type, bool isReturn, string? function, ulong address)
    {
        // Any CPU stands for all. The first bit of the number is that of returns, as /sys/bus/event_source/devices/kprobe/format says.
        nint name = Marshal.StringToCoTaskMemUTF8(function);
        try
        {
            var attributes = new Attributes { Type = type, Size = (uint)sizeof(Attributes), Config = isReturn ? 1u : 0, Place = (ulong)name, Address = address };
            return Open(&attributes, 0);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    /// <summary>Has an event run a program, on kernels that have no link for it.</summary>
    public static void SetProgram(SafeFileHandle opened, int program)
    {
        // PERF_EVENT_IOC_SET_BPF: _IOW('$', 8, __u32), include/uapi/linux/perf_event.h.
        const nuint SetProgramRequest = 0x4004_2408;
        if (ioctl((int)opened.DangerousGetHandle(), SetProgramRequest, program) < 0)
        {
            throw new LibbpfException("ioctl(PERF_EVENT_IOC_SET_BPF)", Marshal.GetLastPInvokeError(), []);
        }
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

    /// <summary>The second version of <c>struct perf_event_attr</c> (PERF_ATTR_SIZE_VER1), include/uapi/linux/perf_event.h.</summary>
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
        public ulong Place;
        public ulong Address;
    }

    // The arguments behind the number are variadic in C; the ABIs .NET has on Linux for 64-bit machines pass such integers as others.
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, Attributes* attributes, nint processId, nint cpu, nint group, nuint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, nint argument);
}
