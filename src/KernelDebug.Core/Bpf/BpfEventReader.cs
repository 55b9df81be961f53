using KernelDebug.Bpf.Native;

namespace KernelDebug.Bpf;

/// <summary>Drains an object's ring buffers and perf buffers, and runs its iterators, on a thread of its own, into a queue.</summary>
public sealed class BpfEventReader : IDisposable
{
    /// <summary>Also how soon the reader ends: records come as soon as the kernel wakes it.</summary>
    private const int PatienceMilliseconds = 100;

    /// <summary>Where several are waited for in turn.</summary>
    private const int TurnMilliseconds = 10;
    private const int PerfPages = 64;

    private readonly RingBufferHandle? _rings;
    private readonly List<PerfBufferHandle> _perf = [];
    private readonly EventQueue _queue;
    private readonly List<Sink> _sinks = [];
    private readonly List<IteratorReader> _iterators = [];
    private readonly bool _hasOnlyIterators;
    private readonly Thread _thread;
    private volatile bool _stop;
    private volatile bool _hasEnded;

    /// <summary>Opens the buffers of a loaded object and starts to read.</summary>
    /// <param name="source">The object.</param>
    /// <param name="attachments">Its programs, attached.</param>
    /// <param name="recordSize">Bytes of what iterators write; null where they write lines.</param>
    /// <param name="queue">Takes the records; their source is the map's place in <see cref="BpfObject.Maps"/>, or the iterator's behind those in <see cref="BpfObject.Programs"/>.</param>
    /// <exception cref="BpfException">A buffer cannot be opened.</exception>
    public BpfEventReader(BpfObject source, IReadOnlyList<BpfAttachment> attachments, int? recordSize, EventQueue queue)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(attachments);
        ArgumentNullException.ThrowIfNull(queue);
        _queue = queue;
        try
        {
            for (int i = 0; i < source.Maps.Count; i++)
            {
                BpfMap map = source.Maps[i];
                var sink = new Sink(i, queue);
                if (map.TypeNumber == BpfMapType.RingBuffer)
                {
                    _rings ??= new();
                    _rings.Add(map.Descriptor, sink);
                    _sinks.Add(sink);
                }
                else if (map.TypeNumber == BpfMapType.PerfEventArray)
                {
                    _perf.Add(new(map.Descriptor, PerfPages, sink));
                    _sinks.Add(sink);
                }
            }

            for (int i = 0; i < source.Programs.Count; i++)
            {
                if (attachments.FirstOrDefault(item => item.Program == source.Programs[i].Name)?.OpenIterator() is { } output)
                {
                    _iterators.Add(new(source.Maps.Count + i, output, recordSize, queue));
                }
            }
        }
        catch (LibbpfException cause)
        {
            Close();
            throw new BpfException($"the buffers of {source.Path} cannot be read", null, cause, BpfRefusals.Explain(cause, null));
        }
        catch (BpfException)
        {
            Close();
            throw;
        }

        // When those have run, nothing sends any more, whatever buffers the object has.
        _hasOnlyIterators = _iterators.Count > 0 && _iterators.Count == attachments.Count;
        _thread = new Thread(Run) { IsBackground = true, Name = "BPF events" };
        _thread.Start();
    }

    /// <summary>True where nothing more is read: asked to end, failed, or at the end of the iterators where nothing else is attached.</summary>
    public bool IsEnded => _hasEnded;

    /// <summary>Records that the kernel says it lost because a perf buffer was full.</summary>
    public long LostCount => _sinks.Sum(sink => Volatile.Read(ref sink.Lost));

    /// <summary>What ended the reading before it was asked to; null while it goes on.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Takes what is there, ends the thread and closes the buffers.</summary>
    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        Close();
    }

    private void Run()
    {
        try
        {
            foreach (IteratorReader iterator in _iterators)
            {
                iterator.Run(() => _stop);
            }

            bool takesTurns = _perf.Count + (_rings is null ? 0 : 1) > 1;
            int wait = takesTurns ? TurnMilliseconds : PatienceMilliseconds;
            while (!_stop && !_hasOnlyIterators)
            {
                // A program may send without waking the reader: what came so is taken after the wait.
                if (_rings is not null && _rings.Poll(wait) == 0)
                {
                    _ = _rings.Consume();
                }

                foreach (PerfBufferHandle perf in _perf)
                {
                    perf.Poll(wait);
                }

                if (_sinks.Count == 0)
                {
                    Thread.Sleep(wait);
                }

                _queue.Flush();
            }

            _ = _rings?.Consume();
            _perf.ForEach(perf => perf.Consume());
        }
        catch (Exception cause) when (cause is LibbpfException or InvalidOperationException or IOException)
        {
            Failure = cause;
        }
        finally
        {
            // In this order: who finds the queue at its end finds this ended.
            _hasEnded = true;
            _queue.Flush();
            _queue.Complete();
        }
    }

    private void Close()
    {
        _rings?.Dispose();
        _perf.ForEach(perf => perf.Dispose());
        _iterators.ForEach(iterator => iterator.Dispose());
    }

    private sealed class Sink(int map, EventQueue queue) : RecordSink
    {
        public long Lost;

        public override void Add(ReadOnlySpan<byte> record) => queue.Add(map, record);

        public override void AddLost(ulong count) => Interlocked.Add(ref Lost, (long)count);
    }
}
