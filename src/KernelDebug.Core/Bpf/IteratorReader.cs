using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf;

/// <summary>What an iterator's program writes (bpf_seq_write, bpf_seq_printf), cut into records of a size, or into lines.</summary>
internal sealed class IteratorReader(int source, SafeFileHandle output, int? recordSize, EventQueue queue) : IDisposable
{
    /// <summary>A line is at most so long; a longer one is cut there.</summary>
    private const int MaxLineBytes = 64 * 1024;

    /// <summary>Reads to the end, which runs the program.</summary>
    /// <param name="isStopping">Asked now and then.</param>
    /// <exception cref="IOException">The kernel ended it with an error.</exception>
    public void Run(Func<bool> isStopping)
    {
        using var stream = new FileStream(output, FileAccess.Read, bufferSize: 0);
        byte[] buffer = new byte[Math.Max(MaxLineBytes, recordSize ?? 0)];
        int filled = 0;
        while (!isStopping())
        {
            int read = stream.Read(buffer, filled, buffer.Length - filled);
            filled += read;
            int used = 0;
            while (Next(buffer.AsSpan(used, filled - used), isLast: read == 0, out int taken, out int skipped))
            {
                Hand(buffer.AsSpan(used, taken), isStopping);
                used += taken + skipped;
            }

            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
            if (read == 0)
            {
                break;
            }
        }

        queue.Flush();
    }

    public void Dispose() => output.Dispose();

    private bool Next(ReadOnlySpan<byte> bytes, bool isLast, out int taken, out int skipped)
    {
        skipped = 0;
        if (recordSize is { } size)
        {
            // What is left at the end is no whole record, and is handed on as it is.
            taken = isLast ? Math.Min(size, bytes.Length) : size;
            return taken > 0 && bytes.Length >= taken;
        }

        int end = bytes.IndexOf((byte)'\n');
        skipped = end >= 0 ? 1 : 0;
        taken = end >= 0 ? end : bytes.Length;
        return end >= 0 || bytes.Length == MaxLineBytes || (isLast && bytes.Length > 0);
    }

    /// <summary>An iterator waits for its reader, so nothing need be dropped.</summary>
    private void Hand(ReadOnlySpan<byte> record, Func<bool> isStopping)
    {
        while (!queue.TryAdd(source, record) && !isStopping())
        {
            queue.Flush();
            Thread.Sleep(1);
        }
    }
}
