using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>Records of BPF_MAP_TYPE_RINGBUF maps (<c>struct ring_buffer *</c>, bpf/libbpf.h).</summary>
internal sealed unsafe partial class RingBufferHandle : SafeHandle
{
    private readonly List<RecordSink> _sinks = [];

    static RingBufferHandle() => LibbpfLibrary.Register();

    public RingBufferHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Adds a map, whose records go to the sink.</summary>
    public void Add(int map, RecordSink sink)
    {
        sink.Handle = GCHandle.Alloc(sink);
        try
        {
            if (handle == 0)
            {
                handle = LibbpfException.Check(ring_buffer__new(map, &OnRecord, GCHandle.ToIntPtr(sink.Handle), null), "ring_buffer__new");
            }
            else
            {
                LibbpfException.Check(ring_buffer__add(this, map, &OnRecord, GCHandle.ToIntPtr(sink.Handle)), "ring_buffer__add");
            }
        }
        catch
        {
            sink.Handle.Free();
            throw;
        }

        _sinks.Add(sink);
    }

    /// <summary>Waits for records at most so long, and takes those that are there; how many.</summary>
    public int Poll(int milliseconds) => Taken(ring_buffer__poll(this, milliseconds), "ring_buffer__poll");

    /// <summary>Takes what is there, whether or not the program woke the reader; how many.</summary>
    public int Consume() => Taken(ring_buffer__consume(this), "ring_buffer__consume");

    protected override bool ReleaseHandle()
    {
        ring_buffer__free(handle);
        _sinks.ForEach(sink => sink.Handle.Free());
        return true;
    }

    private int Taken(int result, string function)
    {
        const int Interrupted = 4;
        _sinks.ForEach(sink => sink.ThrowFailure());
        return result == -Interrupted ? 0 : LibbpfException.Check(result, function);
    }

    // SAFETY: context is a handle of Add's that lives as long as the buffer; data has size bytes for the time of the call.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnRecord(nint context, byte* data, nuint size)
    {
        var sink = (RecordSink)GCHandle.FromIntPtr(context).Target!;
        try
        {
            sink.Add(new ReadOnlySpan<byte>(data, (int)size));
            return 0;
        }
#pragma warning disable CA1031 // It cannot pass through libbpf's frames; the poll throws it.
        catch (Exception failure)
        {
            sink.Failure = failure;
            return -1;
        }
#pragma warning restore CA1031
    }

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial nint ring_buffer__new(int map, delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> record, nint context, void* options);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int ring_buffer__add(RingBufferHandle buffer, int map, delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> record, nint context);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int ring_buffer__poll(RingBufferHandle buffer, int milliseconds);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int ring_buffer__consume(RingBufferHandle buffer);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial void ring_buffer__free(nint buffer);
}
