using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf.Native;

/// <summary>Programs without an object of libbpf's (bpf/bpf.h).</summary>
internal static unsafe partial class LoadApi
{
    /// <summary>BPF_LOG_BUF_SIZE, bpf/bpf.h.</summary>
    private const int LogBytes = 1 << 24;

    static LoadApi() => LibbpfLibrary.Register();

    /// <summary>Hands a program to the verifier.</summary>
    /// <param name="programType"><c>enum bpf_prog_type</c>.</param>
    /// <param name="name">Its name; the kernel keeps the first 15 characters.</param>
    /// <param name="code">Its instructions, 8 bytes each, with descriptors of maps where addresses are to be.</param>
    /// <param name="attachType"><c>enum bpf_attach_type</c>.</param>
    /// <param name="type">The id of the function, or of the tracepoint's typedef, that a program of type tracing is for; 0 for others.</param>
    /// <param name="types">The module's types that it is of; null for the kernel's.</param>
    /// <exception cref="LibbpfException">The kernel refuses; where the verifier does, its log is among the messages, in libbpf's form.</exception>
    public static SafeFileHandle Load(int programType, string name, ReadOnlySpan<byte> code, int attachType, uint type = 0, SafeFileHandle? types = null)
    {
        var options = new LoadOptions
        {
            Size = (nuint)sizeof(LoadOptions), AttachType = attachType, TypeId = type, TypesDescriptor = types is null ? 0u : (uint)types.DangerousGetHandle(),
        };

        // SAFETY: libbpf reads the instructions and writes the log during the calls alone.
        fixed (byte* instructions = code)
        {
            int descriptor = bpf_prog_load(programType, name, "GPL", instructions, (nuint)(code.Length / sizeof(ulong)), &options);
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            // Once more for the reason: writing a log takes a while.
            byte* log = (byte*)NativeMemory.AllocZeroed(LogBytes);
            try
            {
                options.Log = log;
                (options.LogLevel, options.LogSize) = (1, LogBytes);
                descriptor = bpf_prog_load(programType, name, "GPL", instructions, (nuint)(code.Length / sizeof(ulong)), &options);
                string said = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(log));
                return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new LibbpfException(
                    "bpf_prog_load", -descriptor,
                    said.Length == 0 ? [] : [new LibbpfMessage(LibbpfLevel.Warning, $"prog '{name}': -- BEGIN PROG LOAD LOG --\n{said}-- END PROG LOAD LOG --")]);
            }
            finally
            {
                NativeMemory.Free(log);
            }
        }
    }

    /// <summary>Attaches a program of type tracing to what it was loaded for.</summary>
    public static SafeFileHandle Attach(SafeFileHandle program) =>
        new(LibbpfException.Check(bpf_raw_tracepoint_open(0, (int)program.DangerousGetHandle()), "bpf_raw_tracepoint_open"), ownsHandle: true);

    /// <summary><c>struct bpf_prog_load_opts</c>, bpf/bpf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LoadOptions
    {
        public nuint Size;
        private readonly int _attempts;
        public int AttachType;
        private readonly uint _programTypesDescriptor;
        private readonly uint _flags;
        private readonly uint _interfaceIndex;
        private readonly uint _kernelVersion;
        public uint TypeId;
        private readonly uint _programDescriptor;
        public uint TypesDescriptor;
        private readonly nint _descriptors;
        private readonly nint _functions;
        private readonly uint _functionCount;
        private readonly uint _functionSize;
        private readonly nint _lines;
        private readonly uint _lineCount;
        private readonly uint _lineSize;
        public uint LogLevel;
        public uint LogSize;
        public byte* Log;
    }

    [LibraryImport(LibbpfLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int bpf_prog_load(int type, string name, string license, byte* instructions, nuint count, LoadOptions* options);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_raw_tracepoint_open(nint name, int program);
}
