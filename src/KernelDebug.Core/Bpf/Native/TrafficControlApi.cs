using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>A filter of an interface's clsact qdisc, as kernels before v6.6 attach tc programs (bpf/libbpf.h, <c>bpf_tc_*</c>).</summary>
internal sealed unsafe partial class TrafficControlFilter : IDisposable
{
    private Hook _hook;
    private Options _options;
    private readonly bool _madeHook;
    private bool _isDetached;

    static TrafficControlFilter() => LibbpfLibrary.Register();

    /// <summary>Attaches.</summary>
    public TrafficControlFilter(int program, int interfaceIndex, bool isEgress)
    {
        const int Exists = 17;
        const int Ingress = 1, Egress = 2;
        _hook = new Hook { Size = (nuint)sizeof(Hook), InterfaceIndex = interfaceIndex, AttachPoint = isEgress ? Egress : Ingress };
        _options = new Options { Size = (nuint)sizeof(Options), Program = program };
        fixed (Hook* hook = &_hook)
        fixed (Options* options = &_options)
        {
            (nint h, nint o) = ((nint)hook, (nint)options);
            int made = LibbpfLog.Capture(() => bpf_tc_hook_create((Hook*)h), out IReadOnlyList<LibbpfMessage> messages);
            _madeHook = made == 0;
            if (made != -Exists)
            {
                LibbpfException.Check(made, "bpf_tc_hook_create", messages);
            }

            LibbpfException.Check(LibbpfLog.Capture(() => bpf_tc_attach((Hook*)h, (Options*)o), out messages), "bpf_tc_attach", messages);
        }
    }

    /// <summary>Detaches, and takes the qdisc away where it was made for this.</summary>
    public void Dispose()
    {
        if (_isDetached)
        {
            return;
        }

        _isDetached = true;
        _options.Program = 0;
        _options.Flags = 0;
        _options.ProgramId = 0;
        fixed (Hook* hook = &_hook)
        fixed (Options* options = &_options)
        {
            _ = bpf_tc_detach(hook, options);
            if (_madeHook)
            {
                const int Both = 3;
                hook->AttachPoint = Both;
                _ = bpf_tc_hook_destroy(hook);
            }
        }
    }

    /// <summary><c>struct bpf_tc_hook</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Hook
    {
        public nuint Size;
        public int InterfaceIndex;
        public int AttachPoint;
        public uint Parent;
        private readonly uint _padding;
    }

    /// <summary><c>struct bpf_tc_opts</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Options
    {
        public nuint Size;
        public int Program;
        public uint Flags;
        public uint ProgramId;
        public uint Handle;
        public uint Priority;
        private readonly uint _padding;
    }

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_tc_hook_create(Hook* hook);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_tc_hook_destroy(Hook* hook);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_tc_attach(Hook* hook, Options* options);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_tc_detach(Hook* hook, Options* options);
}
