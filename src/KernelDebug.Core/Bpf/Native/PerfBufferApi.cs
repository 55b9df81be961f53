using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>Records of a BPF_MAP_TYPE_PERF_EVENT_ARRAY map (<c>struct perf_buffer *</c>, bpf/libbpf.h).</summary>
internal sealed unsafe partial class PerfBufferHandle : SafeHandle
{
    private readonly RecordSink _sink;

    static PerfBufferHandle() => LibbpfLibrary.Register();

    /// <summary>Opens a buffer on every CPU.</summary>
    /// <param name="map">The map's file descriptor.</param>
    /// <param name="pages">Pages a CPU's buffer has: a power of 2.</param>
    /// <param name="sink">Takes the records.</param>
    public PerfBufferHandle(int map, int pages, RecordSink sink)
        : base(0, ownsHandle: true)
    {
        _sink = sink;
        sink.Handle = GCHandle.Alloc(sink);
        handle = perf_buffer__new(map, (nuint)pages, &OnRecord, &OnLost, GCHandle.ToIntPtr(sink.Handle), null);
        if (handle == 0)
        {
            int error = Marshal.GetLastPInvokeError();
            sink.Handle.Free();
            throw new LibbpfException("perf_buffer__new", error, []);
        }
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Waits for records at most so long, and takes those that are there.</summary>
    public void Poll(int milliseconds) => Taken(perf_buffer__poll(this, milliseconds), "perf_buffer__poll");

    /// <summary>Takes what is there, whether or not the kernel woke the reader.</summary>
    public void Consume() => Taken(perf_buffer__consume(this), "perf_buffer__consume");

    protected override bool ReleaseHandle()
    {
        perf_buffer__free(handle);
        _sink.Handle.Free();
        return true;
    }

    private void Taken(int result, string function)
    {
        const int Interrupted = 4;
        _sink.ThrowFailure();
        if (result != -Interrupted)
        {
            LibbpfException.Check(result, function);
        }
    }

    // SAFETY: as RingBufferHandle's.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnRecord(nint context, int cpu, byte* data, uint size)
    {
        var sink = (RecordSink)GCHandle.FromIntPtr(context).Target!;
        try
        {
            sink.Add(new ReadOnlySpan<byte>(data, (int)size));
        }
#pragma warning disable CA1031 // It cannot pass through libbpf's frames; the poll throws it.
        catch (Exception failure)
        {
            sink.Failure = failure;
        }
#pragma warning restore CA1031
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLost(nint context, int cpu, ulong count) => ((RecordSink)GCHandle.FromIntPtr(context).Target!).AddLost(count);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial nint perf_buffer__new(
        int map, nuint pages, delegate* unmanaged[Cdecl]<nint, int, byte*, uint, void> record, delegate* unmanaged[Cdecl]<nint, int, ulong, void> lost, nint context, void* options);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int perf_buffer__poll(PerfBufferHandle buffer, int milliseconds);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int perf_buffer__consume(PerfBufferHandle buffer);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial void perf_buffer__free(nint buffer);
}
