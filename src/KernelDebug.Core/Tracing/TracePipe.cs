using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>
/// tracefs' <c>trace_pipe</c>: events as they come, each given to one reader and then gone (Documentation/trace/ftrace.rst). The kernel
/// lets one process open it (since Linux 6.6).
/// </summary>
public sealed class TracePipe : IDisposable
{
    private readonly PolledFile _file;
    private byte[] _buffer = new byte[1 << 16];
    private int _length;

    private TracePipe(PolledFile file) => _file = file;

    /// <summary>Opens the file.</summary>
    /// <inheritdoc cref="PolledFile.Open" path="/exception"/>
    public static TracePipe Open(string path) => new(PolledFile.Open(path));

    /// <summary>The lines that are there; where there are none, those that come within a time.</summary>
    /// <returns>The lines in order, empty ones left out; none when the time is over.</returns>
    /// <exception cref="IOException">Reading failed.</exception>
    public IReadOnlyList<TraceLine> Read(TimeSpan wait)
    {
        int read = _file.Read(_buffer.AsSpan(_length), wait);
        _length += read;
        if (read == 0)
        {
            return [];
        }

        var lines = new List<TraceLine>();
        ReadOnlySpan<byte> rest = _buffer.AsSpan(0, _length);
        for (int feed; (feed = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(feed + 1)..])
        {
            Add(lines, rest[..feed]);
        }

        // A message's text may be as long as it likes; a line that fills the buffer comes in parts.
        if (rest.Length == _buffer.Length)
        {
            Add(lines, rest);
            rest = default;
        }

        rest.CopyTo(_buffer);
        _length = rest.Length;
        return lines;
    }

    /// <summary>Closes the file; what was read and not asked for is lost.</summary>
    public void Dispose() => _file.Dispose();

    // bpf_printk("...\n") makes one of each message.
    private static void Add(List<TraceLine> lines, ReadOnlySpan<byte> line)
    {
        if (!line.IsEmpty)
        {
            lines.Add(TraceLineParser.Parse(line));
        }
    }
}
