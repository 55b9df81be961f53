using System.Globalization;
using KernelDebug.Host;

namespace KernelDebug.Tracing;

/// <summary>
/// What BPF programs print (bpf_printk), through an instance of the trace of our own: neither other readers of <c>trace_pipe</c> nor other
/// traces miss a line. The kernel counts what does not fit. An instance that a killed process left behind goes when the next one is made.
/// </summary>
internal sealed class PrintkMessages : IDisposable
{
    private const string Prefix = "kerneldebug-";
    private static int s_last;

    private readonly Queue<TraceLine> _lines = new();
    private readonly string? _folder;
    private TracePipe? _pipe;
    private long _lost;

    private PrintkMessages(string? folder, TracePipe? pipe, string? problem)
    {
        _folder = folder;
        _pipe = pipe;
        Problem = problem;
    }

    /// <summary>Why nothing can be read; null where it can.</summary>
    public string? Problem { get; }

    /// <summary>Lines that the kernel lost.</summary>
    public long LostCount => Volatile.Read(ref _lost);

    /// <summary>True where it is closed and all was read.</summary>
    public bool IsDrained => Problem is not null || (_pipe is null && _lines.Count == 0);

    /// <summary>Makes an instance and switches the event on.</summary>
    public static PrintkMessages Open()
    {
        TracingFiles files = TracingFiles.Find();
        if (files.Path is null)
        {
            return new(null, null, $"tracefs: {files.Reason} (mount -t tracefs tracefs {TracingFiles.UsualPlace})");
        }

        string instances = $"{files.Path}/instances";
        string folder = $"{instances}/{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref s_last)}";
        try
        {
            RemoveOrphans(instances);
            Directory.CreateDirectory(folder);
            File.WriteAllText($"{folder}/events/bpf_trace/bpf_trace_printk/enable", "1");
            return new(folder, TracePipe.Open($"{folder}/trace_pipe"), null);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            Remove(folder);
            return new(null, null, cause.Message);
        }
    }

    /// <summary>The next line that is there; null for none.</summary>
    public TraceLine? Next()
    {
        lock (_lines)
        {
            if (_lines.Count == 0 && _pipe is not null)
            {
                Take(_pipe);
            }

            return _lines.TryDequeue(out TraceLine? line) ? line : null;
        }
    }

    /// <summary>Takes what is there, and takes the instance away.</summary>
    public void Dispose()
    {
        lock (_lines)
        {
            if (_pipe is null)
            {
                return;
            }

            // Bounded by the instance's buffer.
            while (Take(_pipe))
            {
            }

            _pipe.Dispose();
            _pipe = null;
            Remove(_folder!);
        }
    }

    private bool Take(TracePipe pipe)
    {
        IReadOnlyList<TraceLine> lines = pipe.Read(TimeSpan.Zero);
        foreach (TraceLine line in lines)
        {
            if (line.Kind == TraceLineKind.LostEvents)
            {
                Interlocked.Add(ref _lost, (long)(line.LostEvents ?? 1));
            }

            _lines.Enqueue(line);
        }

        return lines.Count > 0;
    }

    private static void RemoveOrphans(string instances)
    {
        foreach (string folder in Directory.EnumerateDirectories(instances, Prefix + "*"))
        {
            string[] parts = Path.GetFileName(folder)[Prefix.Length..].Split('-');
            if (int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int process) && !Directory.Exists($"/proc/{process}"))
            {
                Remove(folder);
            }
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            // The files in it are the kernel's: rmdir takes them away, one by one they cannot be.
            Directory.Delete(folder);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // Another process removed it, or holds it open: the next trace tries again.
        }
    }
}
