using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>Takes the records of ring and perf buffers, on the thread that polls them.</summary>
internal abstract class RecordSink
{
    /// <summary>A record. Its bytes are the kernel's, and gone when this returns.</summary>
    public abstract void Add(ReadOnlySpan<byte> record);

    /// <summary>The kernel says that records of a perf buffer were lost.</summary>
    public abstract void AddLost(ulong count);

    /// <summary>What a method above threw: it cannot go through libbpf's frames.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Keeps it where libbpf's calls find it, until it is freed.</summary>
    public GCHandle Handle { get; set; }

    /// <summary>Throws it, by who polled.</summary>
    /// <exception cref="InvalidOperationException">A method above threw.</exception>
    public void ThrowFailure()
    {
        if (Failure is { } failure)
        {
            throw new InvalidOperationException(failure.Message, failure);
        }
    }
}
