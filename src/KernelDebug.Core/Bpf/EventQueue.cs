using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace KernelDebug.Bpf;

/// <summary>
/// Records on their way from the thread that reads them to the one that wants them: one writer, one reader, and never more bytes than
/// agreed. What does not fit is dropped and counted, so that the kernel's buffers never wait for a slow reader.
/// </summary>
public sealed class EventQueue
{
    private const int ChunkSize = 64 * 1024;
    private const int HeaderSize = 2 * sizeof(int);

    private readonly ConcurrentQueue<Chunk> _full = new();
    private readonly ConcurrentBag<Chunk> _empty = [];
    private readonly object _signal = new();
    private readonly long _mostBytes;
    private readonly Action<ReadOnlySpan<byte>>? _arrived;
    private Chunk? _writing;
    private Chunk? _reading;
    private int _position;
    private long _knownRead;
    private long _taken;
    private long _received;
    private long _dropped;
    private volatile bool _isComplete;
    private Apart _written;
    private Apart _read;

    /// <summary>Makes a queue.</summary>
    /// <param name="mostBytes">Bytes it holds at most.</param>
    /// <param name="arrived">Told of each record that is taken in, by the one writer; null for nobody.</param>
    public EventQueue(long mostBytes, Action<ReadOnlySpan<byte>>? arrived = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mostBytes);
        _mostBytes = mostBytes;
        _arrived = arrived;
    }

    /// <summary>Records that were taken in and can be read, or were.</summary>
    public long ReceivedCount => Volatile.Read(ref _received);

    /// <summary>Records that did not fit.</summary>
    public long DroppedCount => Volatile.Read(ref _dropped);

    /// <summary>True where nothing more comes and everything was read.</summary>
    public bool IsDrained => _isComplete && _full.IsEmpty && (_reading is null || _position == _reading.Used);

    /// <summary>Takes in a record, or drops and counts it where it does not fit; by the one writer.</summary>
    public void Add(int source, ReadOnlySpan<byte> record)
    {
        if (!TryAdd(source, record))
        {
            _dropped++;
        }
    }

    /// <summary>Takes in a record; false where it does not fit. By the one writer.</summary>
    public bool TryAdd(int source, ReadOnlySpan<byte> record)
    {
        int needed = HeaderSize + record.Length;
        if (_written.Bytes - _knownRead + needed > _mostBytes)
        {
            // What the reader has taken is asked for only where it matters, so that the two threads seldom wait for each other's memory.
            _knownRead = Volatile.Read(ref _read.Bytes);
            if (_written.Bytes - _knownRead + needed > _mostBytes)
            {
                return false;
            }
        }

        if (_writing is not null && _writing.Used + needed > _writing.Bytes.Length)
        {
            Flush();
        }

        _writing ??= needed <= ChunkSize && _empty.TryTake(out Chunk? used) ? used : new Chunk(Math.Max(ChunkSize, needed));
        Span<byte> place = _writing.Bytes.AsSpan(_writing.Used);
        BinaryPrimitives.WriteInt32LittleEndian(place, source);
        BinaryPrimitives.WriteInt32LittleEndian(place[sizeof(int)..], record.Length);
        record.CopyTo(place[HeaderSize..]);
        _writing.Used += needed;
        _written.Bytes += needed;
        _taken++;
        _arrived?.Invoke(record);
        return true;
    }

    /// <summary>Lets the reader have what was taken in; by the one writer.</summary>
    public void Flush()
    {
        if (_writing is { Used: > 0 } written)
        {
            _writing = null;
            _full.Enqueue(written);
            Volatile.Write(ref _received, _taken);
            Signal();
        }
    }

    /// <summary>Says that nothing more comes; by the one writer.</summary>
    public void Complete()
    {
        _isComplete = true;
        Signal();
    }

    /// <summary>The next record; false where none came in time, or none comes any more. By the one reader.</summary>
    /// <param name="wait">How long to wait where there is none.</param>
    /// <param name="source">Who sent it.</param>
    /// <param name="record">Its bytes, until the next call.</param>
    public bool TryRead(TimeSpan wait, out int source, out ReadOnlySpan<byte> record)
    {
        while (_reading is null || _position == _reading.Used)
        {
            if (_reading is { } read)
            {
                _reading = null;
                read.Used = 0;
                if (read.Bytes.Length == ChunkSize)
                {
                    _empty.Add(read);
                }
            }

            if (!_full.TryDequeue(out _reading) && !(Await(wait) && _full.TryDequeue(out _reading)))
            {
                source = 0;
                record = default;
                return false;
            }

            _position = 0;
        }

        ReadOnlySpan<byte> rest = _reading.Bytes.AsSpan(_position);
        source = BinaryPrimitives.ReadInt32LittleEndian(rest);
        int length = BinaryPrimitives.ReadInt32LittleEndian(rest[sizeof(int)..]);
        record = rest.Slice(HeaderSize, length);
        _position += HeaderSize + length;
        Volatile.Write(ref _read.Bytes, _read.Bytes + HeaderSize + length);
        return true;
    }

    private void Signal()
    {
        lock (_signal)
        {
            Monitor.Pulse(_signal);
        }
    }

    /// <summary>Waits until there is something, or nothing can come; false where there is nothing.</summary>
    private bool Await(TimeSpan wait)
    {
        lock (_signal)
        {
            if (_full.IsEmpty && !_isComplete)
            {
                _ = Monitor.Wait(_signal, wait);
            }
        }

        return !_full.IsEmpty;
    }

    /// <summary>Bytes that went by one of the two threads, on a cache line of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Apart
    {
        [FieldOffset(64)]
        public long Bytes;
    }

    private sealed class Chunk(int size)
    {
        public byte[] Bytes { get; } = new byte[size];

        public int Used { get; set; }
    }
}
