using KernelDebug.Bpf.Code;
using KernelDebug.Btf;
using KernelDebug.Host;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>Traces tracepoints by name: an object is generated that has a program for each.</summary>
public static class TracepointTrace
{
    /// <summary>Bytes of the ring buffer, which the kernel allocates twice in address space and once in memory.</summary>
    private const uint RingBytes = 1 << 22;

    /// <summary>What to ask for, to trace them.</summary>
    /// <param name="files">The tracing files, readable.</param>
    /// <param name="names">The tracepoints, as <see cref="Tracepoints.Find"/> names them; one at least, no two the same.</param>
    /// <param name="processId">The process whose events are wanted, as the namespace of this one numbers it; null for all.</param>
    /// <param name="textSize">Characters of a text, and bytes of an array, whose sizes are not fixed, at most.</param>
    /// <exception cref="IOException">A tracepoint's description cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel refuses it.</exception>
    /// <exception cref="BinaryFormatException">A tracepoint, or a type of the kernel's, is described in another way.</exception>
    /// <exception cref="NotSupportedException">The machine is big-endian.</exception>
    public static BpfTraceRequest Request(TracingFiles files, IReadOnlyList<string> names, int? processId, int textSize)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(names);
        if (!BitConverter.IsLittleEndian)
        {
            throw new NotSupportedException("programs are generated for little-endian machines only; compile one, and name it with -Path");
        }

        BtfFile? types = new KernelTypes("/").Of(null, out _);
        var filter = new TraceFilter(processId);
        var writer = new BpfObjectWriter(RingBytes);
        var kinds = new TraceEventClass[names.Count];
        for (int i = 0; i < kinds.Length; i++)
        {
            TracepointFormat format = Tracepoints.Read(files, names[i]);
            (BpfAssembler code, kinds[i]) = TracepointProgram.Build(format, i, types, textSize, filter);
            writer.Add(format.Name, $"tp/{format.Category}/{format.Name}", code);
        }

        return new BpfTraceRequest
        {
            Path = names.Count == 1 ? names[0] : $"{names.Count} tracepoints",
            Image = writer.ToArray(),
            Decode = record => kinds[TraceEventClass.KindOf(record)].Make(record),
        };
    }
}
