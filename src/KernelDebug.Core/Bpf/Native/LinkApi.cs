using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf.Native;

/// <summary>A <c>struct bpf_link *</c>: destroying it detaches, as closing its file descriptor does when the process ends.</summary>
internal sealed partial class LinkHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => bpf_link__destroy(handle) == 0;

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_link__destroy(nint link);
}

/// <summary>Links that libbpf does not know by section (bpf/bpf.h, <c>bpf_link_create</c>).</summary>
internal static unsafe partial class LinkApi
{
    static LinkApi() => LibbpfLibrary.Register();

    /// <summary>Attaches a loaded program to a target, such as an interface's index.</summary>
    /// <param name="program">The program's file descriptor.</param>
    /// <param name="target">File descriptor or index of what it is attached to.</param>
    /// <param name="attachType"><c>enum bpf_attach_type</c>.</param>
    public static SafeFileHandle Create(int program, int target, int attachType) =>
        new(LibbpfException.Check(bpf_link_create(program, target, attachType, null), "bpf_link_create"), ownsHandle: true);

    /// <summary>Attaches a program to the beginnings of functions, or to their ends.</summary>
    /// <param name="program">The program's file descriptor.</param>
    /// <param name="attachType"><c>enum bpf_attach_type</c>: BPF_TRACE_KPROBE_MULTI.</param>
    /// <param name="isReturn">To their ends.</param>
    /// <param name="addresses">Where they begin.</param>
    /// <param name="cookies">A number for each, which the program can ask for.</param>
    public static SafeFileHandle CreateKprobes(int program, int attachType, bool isReturn, ReadOnlySpan<ulong> addresses, ReadOnlySpan<ulong> cookies)
    {
        // BPF_F_KPROBE_MULTI_RETURN, include/uapi/linux/bpf.h.
        const uint Returns = 1;

        // SAFETY: libbpf and the kernel read the numbers during the call alone.
        fixed (ulong* places = addresses, numbers = cookies)
        {
            var options = new KprobesOptions { Size = (nuint)sizeof(KprobesOptions), Flags = isReturn ? Returns : 0, Count = (uint)addresses.Length, Addresses = places, Cookies = numbers };
            return new(LibbpfException.Check(bpf_link_create(program, 0, attachType, &options), "bpf_link_create"), ownsHandle: true);
        }
    }

    /// <summary>Attaches a program of type tracing to functions, which libbpf 1.1 cannot.</summary>
    /// <param name="program">The program's file descriptor.</param>
    /// <param name="attachType"><c>enum bpf_attach_type</c>: BPF_TRACE_FENTRY_MULTI, BPF_TRACE_FEXIT_MULTI, BPF_TRACE_FSESSION_MULTI.</param>
    /// <param name="types">Their ids in the types that the program was loaded for.</param>
    /// <param name="cookies">A number for each, which the program can ask for.</param>
    public static SafeFileHandle CreateFunctions(int program, int attachType, ReadOnlySpan<uint> types, ReadOnlySpan<ulong> cookies)
    {
        // BPF_LINK_CREATE, include/uapi/linux/bpf.h.
        const nint LinkCreate = 28;

        // SAFETY: the kernel reads the attributes and the numbers during the call alone.
        fixed (uint* ids = types)
        fixed (ulong* numbers = cookies)
        {
            var attributes = new FunctionsAttributes { Program = program, AttachType = attachType, Ids = (ulong)ids, Cookies = (ulong)numbers, Count = (uint)types.Length };
            nint descriptor = syscall(BpfNumber, LinkCreate, &attributes, sizeof(FunctionsAttributes));
            return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw new LibbpfException("bpf(BPF_LINK_CREATE)", Marshal.GetLastPInvokeError(), []);
        }
    }

    /// <summary>A file whose reading runs an iterator's program.</summary>
    public static SafeFileHandle OpenIterator(LinkHandle link) => new(LibbpfException.Check(bpf_iter_create(bpf_link__fd(link)), "bpf_iter_create"), ownsHandle: true);

    /// <summary><c>struct bpf_link_create_opts</c> with its part for kprobe.multi, bpf/bpf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct KprobesOptions
    {
        public nuint Size;
        private readonly uint _flags;
        private readonly nint _iterator;
        private readonly uint _iteratorSize;
        private readonly uint _targetType;
        public uint Flags;
        public uint Count;
        private readonly nint _names;
        public ulong* Addresses;
        public ulong* Cookies;
    }

    /// <summary><c>union bpf_attr</c>, its <c>link_create</c> with <c>tracing_multi</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FunctionsAttributes
    {
        public int Program;
        private readonly uint _target;
        public int AttachType;
        private readonly uint _flags;
        public ulong Ids;
        public ulong Cookies;
        public uint Count;
        private readonly uint _padding;
    }

    /// <summary>__NR_bpf: arch/*/entry/syscalls/*.tbl and include/uapi/asm-generic/unistd.h.</summary>
    private static nint BpfNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 321,
        Architecture.S390x => 351,
        Architecture.Ppc64le => 361,
        _ => 280,
    };

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint command, FunctionsAttributes* attributes, nint size);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_link__fd(LinkHandle link);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_link_create(int program, int target, int attachType, void* options);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_iter_create(int link);
}
