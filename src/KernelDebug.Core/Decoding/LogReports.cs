using KernelDebug.IO;
using KernelDebug.KernelLog;
using KernelDebug.Records;

namespace KernelDebug.Decoding;

/// <summary>
/// The reports of a log as they are read. A second thread reads, unpacks and splits into lines; this one finds those that can begin a
/// report, parses them and what follows until the report is over, and passes over the rest. What comes out is what giving the parser
/// every line gives.
/// </summary>
/// <param name="log">The log; disposed of once its reading has ended.</param>
/// <param name="cancellation">Ends the reading at once.</param>
public sealed class LogReports(LogStream log, CancellationToken cancellation)
{
    private readonly PanicTraceParser _parser = new();
    private readonly BlockQueue _blocks = new();
    private (string Text, int Number, long Start, long End)? _before;

    /// <summary>Called between two blocks, on the reader's own thread, with the lines read and the bytes of the file.</summary>
    public Action<long, long>? OnProgress { get; init; }

    /// <summary>
    /// The reports, each as soon as its last line is in. Where reading fails, those of the part that could be read come before the
    /// exception.
    /// </summary>
    /// <exception cref="IOException">Reading failed.</exception>
    /// <exception cref="InvalidDataException">The gzip data is damaged.</exception>
    /// <exception cref="BinaryFormatException">The zstd or xz data is damaged.</exception>
    public IEnumerable<PanicTrace> Read()
    {
        using CancellationTokenRegistration stop = cancellation.Register(_blocks.Stop);
        Task reading = Task.Run(Fill, CancellationToken.None);
        try
        {
            while (_blocks.Take() is { } block)
            {
                OnProgress?.Invoke(block.FirstLine - 1, block.PackedPosition);
                LineMarks.MarkAnchors(block);
                foreach (PanicTrace trace in Parse(block))
                {
                    yield return trace;
                }

                _blocks.Free(block);
            }

            if (!cancellation.IsCancellationRequested)
            {
                foreach (PanicTrace trace in _parser.Complete())
                {
                    yield return trace;
                }

                reading.GetAwaiter().GetResult();
            }
        }
        finally
        {
            _blocks.Stop();
        }
    }

    private IEnumerable<PanicTrace> Parse(LineBlock block)
    {
        for (int line = 0; line < block.Count; line++)
        {
            if (_parser.IsIdle)
            {
                int next = block.NextMarked(line);
                if (next > line)
                {
                    Remember(block, next - 1);
                }

                if (next == block.Count)
                {
                    break;
                }

                line = next;
            }

            if (_before is { } before)
            {
                // Begins nothing, and so ends nothing: but a line of "=" belongs to the report that follows it.
                _parser.Add(PrintkLineParser.Parse(before.Text, before.Number, before.Start, before.End));
                _before = null;
            }

            IReadOnlyList<PanicTrace> found = _parser.Add(PrintkLineParser.Parse(
                LineText.Decode(block.Line(line)), block.FirstLine + line, block.Offset + block.Start(line), block.Offset + block.Ends[line]));
            for (int i = 0; i < found.Count; i++)
            {
                yield return found[i];
            }
        }
    }

    private void Remember(LineBlock block, int line) =>
        _before = (LineText.Decode(block.Line(line)), block.FirstLine + line, block.Offset + block.Start(line), block.Offset + block.Ends[line]);

    // On the second thread, which also closes the log: it may stand in a read of a pipe when nobody wants more.
    private void Fill()
    {
        try
        {
            using (log)
            {
                var reader = new LineBlockReader(log);
                while (_blocks.Rent() is { } block && reader.Read(block))
                {
                    LineMarks.MarkShapes(block);
                    _blocks.Add(block);
                }
            }
        }
        finally
        {
            _blocks.Complete();
        }
    }
}
