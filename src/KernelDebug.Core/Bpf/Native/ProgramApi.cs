using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>A program of an object (bpf/libbpf.h, <c>bpf_program__*</c>). Its pointer is valid as long as the object is open.</summary>
internal static unsafe partial class ProgramApi
{
    static ProgramApi() => LibbpfLibrary.Register();

    public static string Name(nint program) => Marshal.PtrToStringUTF8(bpf_program__name(program)) ?? "";

    public static string Section(nint program) => Marshal.PtrToStringUTF8(bpf_program__section_name(program)) ?? "";

    /// <summary><c>enum bpf_prog_type</c>.</summary>
    public static int Type(nint program) => bpf_program__type(program);

    public static bool IsAutoLoaded(nint program) => bpf_program__autoload(program) != 0;

    public static void SetAutoLoad(nint program, bool value) => LibbpfException.Check(bpf_program__set_autoload(program, value ? (byte)1 : (byte)0), "bpf_program__set_autoload");

    /// <summary>The function a program of type tracing, lsm or extension is for, where the section's name does not say it.</summary>
    public static void SetTarget(nint program, string function) => LibbpfException.Check(
        LibbpfLog.Capture(() => bpf_program__set_attach_target(program, 0, function), out IReadOnlyList<LibbpfMessage> messages), "bpf_program__set_attach_target", messages);

    /// <summary>The loaded program's file descriptor, which stays the object's; negative where it is not loaded.</summary>
    public static int Descriptor(nint program) => bpf_program__fd(program);

    /// <summary>The program's instructions as the object has them now: 8 bytes each.</summary>
    public static ReadOnlySpan<byte> Instructions(nint program) =>
        // SAFETY: libbpf's array has that many instructions and lives as long as the object is open and not loaded.
        new((void*)bpf_program__insns(program), checked((int)bpf_program__insn_cnt(program) * 8));

    /// <summary>Attaches as the section's name says.</summary>
    public static LinkHandle Attach(nint program) => Attached("bpf_program__attach", () => bpf_program__attach(program));

    public static LinkHandle AttachPerfEvent(nint program, int descriptor) =>
        Attached("bpf_program__attach_perf_event", () => bpf_program__attach_perf_event(program, descriptor));

    public static LinkHandle AttachKprobe(nint program, bool isReturn, string function) =>
        Attached("bpf_program__attach_kprobe", () => bpf_program__attach_kprobe(program, isReturn ? (byte)1 : (byte)0, function));

    /// <param name="program">The program, for many functions at once.</param>
    /// <param name="isReturn">At their ends.</param>
    /// <param name="pattern">Their names, with <c>*</c> and <c>?</c>.</param>
    public static LinkHandle AttachKprobes(nint program, bool isReturn, string pattern)
    {
        var options = new KprobesOptions { Size = (nuint)sizeof(KprobesOptions), IsReturn = isReturn ? (byte)1 : (byte)0 };
        KprobesOptions* how = &options;
        return Attached("bpf_program__attach_kprobe_multi_opts", () => bpf_program__attach_kprobe_multi_opts(program, pattern, how));
    }

    /// <param name="program">The program.</param>
    /// <param name="isReturn">At its end.</param>
    /// <param name="name">The system call, without the machine's prefix.</param>
    public static LinkHandle AttachSystemCall(nint program, bool isReturn, string name)
    {
        var options = new SystemCallOptions { Size = (nuint)sizeof(SystemCallOptions), IsReturn = isReturn ? (byte)1 : (byte)0 };
        SystemCallOptions* how = &options;
        return Attached("bpf_program__attach_ksyscall", () => bpf_program__attach_ksyscall(program, name, how));
    }

    /// <param name="program">The program.</param>
    /// <param name="first">The first word of <c>union bpf_iter_link_info</c>, include/uapi/linux/bpf.h: the order of control groups, the number of a thread.</param>
    /// <param name="second">The second: the descriptor of a control group, the number of a process.</param>
    public static LinkHandle AttachIterator(nint program, uint first, uint second)
    {
        var part = new IteratorPart { First = first, Second = second };
        var options = new IteratorOptions { Size = (nuint)sizeof(IteratorOptions), Part = (nint)(&part), PartSize = (uint)sizeof(IteratorPart) };
        IteratorOptions* how = &options;
        return Attached("bpf_program__attach_iter", () => bpf_program__attach_iter(program, how));
    }

    public static LinkHandle AttachTracepoint(nint program, string category, string name) =>
        Attached("bpf_program__attach_tracepoint", () => bpf_program__attach_tracepoint(program, category, name));

    public static LinkHandle AttachRawTracepoint(nint program, string name) =>
        Attached("bpf_program__attach_raw_tracepoint", () => bpf_program__attach_raw_tracepoint(program, name));

    /// <param name="program">The program.</param>
    /// <param name="isReturn">At its end.</param>
    /// <param name="processId">One process; -1 for all.</param>
    /// <param name="path">The executable or library.</param>
    /// <param name="function">A function of it; null with an offset.</param>
    /// <param name="offset">Bytes from the function, or from the file's start.</param>
    public static LinkHandle AttachUprobe(nint program, bool isReturn, int processId, string path, string? function, nuint offset)
    {
        nint name = Marshal.StringToCoTaskMemUTF8(function);
        try
        {
            var options = new UprobeOptions { Size = (nuint)sizeof(UprobeOptions), IsReturn = isReturn ? (byte)1 : (byte)0, FunctionName = name };
            UprobeOptions* place = &options;
            return Attached("bpf_program__attach_uprobe_opts", () => bpf_program__attach_uprobe_opts(program, processId, path, offset, place));
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    public static LinkHandle AttachUsdt(nint program, int processId, string path, string provider, string name) =>
        Attached("bpf_program__attach_usdt", () => bpf_program__attach_usdt(program, processId, path, provider, name, null));

    public static LinkHandle AttachXdp(nint program, int interfaceIndex) =>
        Attached("bpf_program__attach_xdp", () => bpf_program__attach_xdp(program, interfaceIndex));

    public static LinkHandle AttachCgroup(nint program, int descriptor) =>
        Attached("bpf_program__attach_cgroup", () => bpf_program__attach_cgroup(program, descriptor));

    private static LinkHandle Attached(string function, Func<LinkHandle> attach) => LibbpfLog.Open(function, attach, out _);

    /// <summary><c>struct bpf_uprobe_opts</c>, bpf/libbpf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct UprobeOptions
    {
        public nuint Size;
        public nuint ReferenceCounterOffset;
        public ulong Cookie;
        public byte IsReturn;
        public nint FunctionName;
    }

    /// <summary><c>struct bpf_kprobe_multi_opts</c>, bpf/libbpf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct KprobesOptions
    {
        public nuint Size;
        public nint Names;
        public nint Addresses;
        public nint Cookies;
        public nuint Count;
        public byte IsReturn;
    }

    /// <summary><c>struct bpf_ksyscall_opts</c>, bpf/libbpf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SystemCallOptions
    {
        public nuint Size;
        public ulong Cookie;
        public byte IsReturn;
    }

    /// <summary><c>struct bpf_iter_attach_opts</c>, bpf/libbpf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct IteratorOptions
    {
        public nuint Size;
        public nint Part;
        public uint PartSize;
    }

    /// <summary><c>union bpf_iter_link_info</c>, include/uapi/linux/bpf.h, as words: its members begin at the same places.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct IteratorPart
    {
        public uint First;
        public uint Second;
        private readonly ulong _rest;
    }

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint bpf_program__name(nint program);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint bpf_program__section_name(nint program);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_program__type(nint program);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial byte bpf_program__autoload(nint program);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_program__set_autoload(nint program, byte value);

    [LibraryImport(LibbpfLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int bpf_program__set_attach_target(nint program, int programDescriptor, string function);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_program__fd(nint program);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint bpf_program__insns(nint program);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nuint bpf_program__insn_cnt(nint program);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial LinkHandle bpf_program__attach(nint program);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial LinkHandle bpf_program__attach_perf_event(nint program, int descriptor);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial LinkHandle bpf_program__attach_kprobe(nint program, byte isReturn, string function);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial LinkHandle bpf_program__attach_tracepoint(nint program, string category, string name);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial LinkHandle bpf_program__attach_raw_tracepoint(nint program, string name);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial LinkHandle bpf_program__attach_uprobe_opts(nint program, int processId, string path, nuint offset, UprobeOptions* options);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial LinkHandle bpf_program__attach_usdt(nint program, int processId, string path, string provider, string name, void* options);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial LinkHandle bpf_program__attach_kprobe_multi_opts(nint program, string pattern, KprobesOptions* options);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial LinkHandle bpf_program__attach_ksyscall(nint program, string name, SystemCallOptions* options);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial LinkHandle bpf_program__attach_iter(nint program, IteratorOptions* options);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial LinkHandle bpf_program__attach_xdp(nint program, int interfaceIndex);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial LinkHandle bpf_program__attach_cgroup(nint program, int descriptor);
}
