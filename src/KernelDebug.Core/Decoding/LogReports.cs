using System.Collections.Concurrent;
using System.Threading.Channels;
using KernelDebug.IO;
using KernelDebug.KernelLog;
using KernelDebug.Records;

namespace KernelDebug.Decoding;

/// <summary>
/// The reports of a log as they are read. A second thread reads, unpacks and finds the lines that can begin a report; this one
/// parses those and what follows them until the report is over, and passes over the rest. What comes out is what giving the parser
/// every line gives.
/// </summary>
/// <param name="log">The log; disposed of once its reading has ended.</param>
/// <param name="cancellation">Ends the reading at once.</param>
public sealed class LogReports(LogStream log, CancellationToken cancellation)
{
    // Blocks read ahead, and one that is being parsed: memory is bounded by them.
    private const int BlocksAhead = 4;

    private readonly PanicTraceParser _parser = new();
    private readonly ConcurrentQueue<LineBlock> _free = new();
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
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        CancellationToken token = stop.Token;
        var filled = Channel.CreateBounded<LineBlock>(new BoundedChannelOptions(BlocksAhead) { SingleReader = true, SingleWriter = true });
        Task reading = Task.Run(() => Fill(filled.Writer, token), CancellationToken.None);
        try
        {
            while (Next(filled.Reader, token) is { } block)
            {
                OnProgress?.Invoke(block.FirstLine - 1, block.PackedPosition);
                foreach (PanicTrace trace in Parse(block))
                {
                    yield return trace;
                }

                _free.Enqueue(block);
            }

            if (!token.IsCancellationRequested)
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
            stop.Cancel();
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

    private static LineBlock? Next(ChannelReader<LineBlock> filled, CancellationToken stop)
    {
        try
        {
            LineBlock? block;
            while (!filled.TryRead(out block) && Wait(filled.WaitToReadAsync(stop)))
            {
            }

            return stop.IsCancellationRequested ? null : block;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    // On the second thread, which also closes the log: it may stand in a read of a pipe when nobody wants more.
    private void Fill(ChannelWriter<LineBlock> filled, CancellationToken stop)
    {
        try
        {
            using (log)
            {
                var reader = new LineBlockReader(log);
                LineBlock block = Free();
                while (!stop.IsCancellationRequested && reader.Read(block))
                {
                    LineMarks.Set(block);
                    while (!filled.TryWrite(block))
                    {
                        Wait(filled.WaitToWriteAsync(stop));
                    }

                    block = Free();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody wants more.
        }
        finally
        {
            filled.Complete();
        }
    }

    private static bool Wait(ValueTask<bool> ready) => ready.IsCompletedSuccessfully ? ready.Result : ready.AsTask().GetAwaiter().GetResult();

    private LineBlock Free() => _free.TryDequeue(out LineBlock? block) ? block : new LineBlock();
}
