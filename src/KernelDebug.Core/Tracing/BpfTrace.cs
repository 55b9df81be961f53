using KernelDebug.Bpf;
using KernelDebug.Bpf.Native;

namespace KernelDebug.Tracing;

/// <summary>How a trace is.</summary>
public enum BpfTraceState
{
    /// <summary>Attached.</summary>
    Running,
    /// <summary>It ended by itself: its iterators have run.</summary>
    Completed,
    /// <summary>It was stopped.</summary>
    Stopped,
    /// <summary>Its buffers could not be read any more.</summary>
    Failed,
}

/// <summary>
/// A BPF object that is loaded and attached, and what its programs send. Stopping detaches and unloads; what was sent before can still be
/// read. One thread at a time reads; any thread may stop.
/// </summary>
public sealed class BpfTrace : IDisposable
{
    /// <summary>The global variable in which a program counts what it could not send.</summary>
    public const string DropCounter = "dropped";

    /// <summary>BPF_FUNC_trace_printk and BPF_FUNC_trace_vprintk, include/uapi/linux/bpf.h.</summary>
    private const int TracePrintk = 6, TraceVPrintk = 177;

    private const int MaxDetaching = 16;

    /// <summary>How long printed messages may wait while events are waited for.</summary>
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly BpfObject _object;
    private readonly EventQueue _queue;
    private readonly EventTypes _types;
    private readonly Func<byte[], object>? _decode;
    private readonly Func<BpfObject, IReadOnlyList<object>>? _readCounts;
    private readonly TraceTrees? _trees;
    private readonly string[] _sources;
    private readonly string[] _padded;
    private readonly int _mapCount;
    private readonly FunctionProgramLoader _loader;
    private readonly List<BpfAttachment> _attachments = [];
    private RefusedProgram[] _refused = [];
    private IReadOnlyList<object>? _finalCounts;
    private BpfEventReader? _reader;
    private PrintkMessages? _messages;
    private ModuleWatch? _modules;
    private IReadOnlyList<BpfDeadProbe>? _finalDead;
    private BpfTraceDrops? _finalDrops;
    private long? _finalLimited;
    private bool _probesCalls;
    private int _detached;
    private bool _isClosed;
    private bool _isStopped;

    private BpfTrace(BpfObject loaded, BpfTraceRequest request, EventTypes types)
    {
        _object = loaded;
        _types = types;
        _decode = request.Decode;
        _readCounts = request.ReadCounts;
        _trees = request.Trees;
        _queue = new EventQueue(request.QueueBytes, request.Arrived);
        _mapCount = loaded.Maps.Count;
        _loader = new FunctionProgramLoader(loaded);
        _sources = [.. loaded.Maps.Select(map => map.Name), .. loaded.Programs.Select(program => program.Name)];
        _padded = [.. loaded.Maps.Where(map => map.TypeNumber == BpfMapType.PerfEventArray).Select(map => map.Name)];
        Path = request.SourcePath ?? request.Path;
        StartedAt = DateTimeOffset.Now;
    }

    /// <summary>The object's file, or the source it was compiled from.</summary>
    public string Path { get; }

    /// <summary>When it was attached.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>How it is.</summary>
    public BpfTraceState State =>
        _reader?.Failure is not null ? BpfTraceState.Failed
        : _isStopped ? BpfTraceState.Stopped
        : _reader is { IsEnded: true } ? BpfTraceState.Completed
        : BpfTraceState.Running;

    /// <summary>Why it failed; null where it did not.</summary>
    public Exception? Failure => _reader?.Failure;

    /// <summary>The programs and what they are attached to.</summary>
    public IReadOnlyList<BpfAttachment> Attachments => _attachments;

    /// <summary>How many of them are detached: of thousands the kernel lets go of a few in a second.</summary>
    public int DetachedCount => Volatile.Read(ref _detached);

    /// <summary>What was generated and the kernel refused, and why.</summary>
    internal IReadOnlyList<RefusedProgram> Refused => _refused;

    /// <summary>What libbpf said.</summary>
    public IReadOnlyList<LibbpfMessage> Messages => _object.Messages;

    /// <summary>Events that came, those still to be read included.</summary>
    public long ReceivedCount => _queue.ReceivedCount;

    /// <summary>Events that did not.</summary>
    /// <exception cref="BpfException">The program's own count cannot be read.</exception>
    public BpfTraceDrops Drops
    {
        get
        {
            lock (_gate)
            {
                return _finalDrops ?? CountDrops();
            }
        }
    }

    /// <summary>True where programs count, and send no events.</summary>
    public bool IsCounting => _readCounts is not null;

    /// <summary>Events that were more in a second than the limit of their rate; 0 where it has none.</summary>
    public long LimitedCount
    {
        get
        {
            lock (_gate)
            {
                return _finalLimited ?? Counter(FunctionProgram.Limited) ?? 0;
            }
        }
    }

    /// <summary>
    /// Probed calls that were begun and not seen to end when the trace was stopped: they went on, or the kernel did not follow them to their end, of
    /// which it does a limited number at a time. Of calls met by trampolines none is missed so, and this is 0.
    /// </summary>
    public int OpenCallCount { get; private set; }

    /// <summary>What the programs have counted until now, or until the end: <see cref="TraceCountObject"/> or <see cref="TraceHistogram"/>, the most frequent first; empty where they send events.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public IReadOnlyList<object> ReadCounts()
    {
        lock (_gate)
        {
            return _finalCounts ?? _readCounts?.Invoke(_object) ?? [];
        }
    }

    /// <summary>The programs that are not called any more because the module they probed was unloaded, while the trace ran.</summary>
    public IReadOnlyList<BpfDeadProbe> DeadProbes
    {
        get
        {
            lock (_gate)
            {
                return _finalDead ?? _modules?.Dead() ?? [];
            }
        }
    }

    /// <summary>True where nothing can be read any more.</summary>
    public bool IsDrained => _queue.IsDrained && _trees is not { HasMore: true } && _messages is null or { IsDrained: true };

    /// <summary>Opens, loads, attaches, and starts to read. All of it, or nothing.</summary>
    /// <exception cref="BpfException">The kernel or libbpf refuses.</exception>
    /// <exception cref="ArgumentException">A name or value of the request is wrong.</exception>
    /// <exception cref="IO.BinaryFormatException">The file is no object of BPF.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DllNotFoundException">libbpf is not installed.</exception>
    /// <exception cref="OperationCanceledException">The request's token said so.</exception>
    public static BpfTrace Start(BpfTraceRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        BpfObject opened = request.Image is { } image ? BpfObject.Read(image, request.Path) : BpfObject.Open(request.Path, request.SourcePath);
        BpfTrace? trace = null;
        try
        {
            Prepare(opened, request);
            bool prints = opened.Programs.Any(program => program.IsSelected && program.Calls(TracePrintk, TraceVPrintk));
            EventTypes types = request.Decode is null ? new EventTypes(opened.Path, opened.Types, request.EventType) : EventTypes.None;
            opened.Load();
            trace = new BpfTrace(opened, request, types);
            if (prints)
            {
                trace._messages = PrintkMessages.Open();
            }

            trace.Attach(request);
            return trace;
        }
        catch
        {
            trace?.Dispose();
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Why bpf_printk's messages do not come, such as that tracefs is not mounted; null where they come, or the programs print none.</summary>
    public string? WhyNoMessages => _messages?.Problem;

    /// <summary>
    /// The next event (<see cref="BpfEvent"/>, of a generated object <see cref="TraceEventObject"/> or <see cref="TraceCall"/>) or message of bpf_printk (<see cref="TraceLine"/>); null where none came in time, or none
    /// comes any more (<see cref="IsDrained"/>).
    /// </summary>
    public object? Read(TimeSpan wait)
    {
        if (_messages is not { Problem: null } messages)
        {
            return Event(wait);
        }

        // Two sources, and no thread more: each is waited for in turn.
        TimeSpan left = wait;
        do
        {
            TimeSpan turn = left < s_turn ? left : s_turn;
            if (messages.Next() is { } line)
            {
                return line;
            }

            if (Event(turn) is { } item)
            {
                return item;
            }

            left -= turn;
        }
        while (left > TimeSpan.Zero && !IsDrained);
        return messages.Next();
    }

    /// <summary>Detaches, takes what is in the buffers, and unloads.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            _isStopped = State == BpfTraceState.Running;
            _finalDead = _modules?.Dead() ?? [];
            _modules?.Dispose();
            try
            {
                // At each, the kernel waits until no CPU runs the program any more; some of these waits can be one.
                Parallel.ForEach(_attachments, new ParallelOptions { MaxDegreeOfParallelism = MaxDetaching }, attachment =>
                {
                    attachment.Dispose();
                    Interlocked.Increment(ref _detached);
                });
                _reader?.Dispose();
                _messages?.Dispose();
                _finalDrops = CountDrops();
                _finalLimited = Counter(FunctionProgram.Limited) ?? 0;
                _finalCounts = _readCounts?.Invoke(_object);
                OpenCallCount = _probesCalls ? _object.Maps.First(map => map.Name == FunctionProgram.Calls).Items().Count() : 0;
            }
            finally
            {
                // Whatever the count does, nothing stays loaded.
                _loader.Dispose();
                _object.Dispose();
            }
        }
    }

    /// <inheritdoc cref="Stop"/>
    public void Dispose() => Stop();

    private static void Prepare(BpfObject opened, BpfTraceRequest request)
    {
        foreach ((string name, object? value) in request.Globals)
        {
            opened.SetGlobal(name, value);
        }

        foreach ((string map, uint count) in request.MapSizes)
        {
            opened.SetMapSize(map, count);
        }

        opened.FillMapSizes();
        foreach ((string map, string path) in request.MapPins)
        {
            opened.SetPinPath(map, path);
        }

        string[] unknown = [.. request.Attach.Targets.Keys.Where(name => !opened.Programs.Any(program => program.Name == name))];
        if (unknown.Length > 0)
        {
            throw new ArgumentException($"{opened.Path} has no program {string.Join(", ", unknown)}; it has {string.Join(", ", opened.Programs.Select(program => program.Name))}");
        }

        foreach (BpfProgram program in opened.Programs)
        {
            if (request.IsWanted is { } isWanted)
            {
                program.IsSelected = isWanted(program);
            }

            if (program.IsSelected && program.IsLoadedForTarget && request.Attach.Targets.TryGetValue(program.Name, out IReadOnlyList<string>? targets))
            {
                opened.SetTarget(program, targets is [var only] ? only : throw new ArgumentException($"{program.Name} is loaded for one target, and has {targets.Count}"));
            }
        }
    }

    private void Attach(BpfTraceRequest request)
    {
        foreach (BpfProgram program in _object.Programs.Where(program => program.IsSelected))
        {
            foreach (BpfAttachment attachment in BpfAttacher.Attach(program, request.Attach))
            {
                _attachments.Add(attachment);
            }
        }

        // Before thousands of functions are attached, the first of them fill the buffer.
        _reader = new BpfEventReader(_object, _attachments, _types.NamedSize, _queue);
        _probesCalls = request.ProbesCalls;
        _refused = _loader.AttachAll(request.Functions, _attachments, request.FunctionDone, request.Stop);
        if (request.BeginTogether)
        {
            _object.WriteGlobal(FunctionProgram.Begun, 1UL);
        }

        _modules = new ModuleWatch(_attachments);
    }

    private object? Event(TimeSpan wait)
    {
        if (_trees is { } trees)
        {
            return Tree(trees, wait);
        }

        if (!_queue.TryRead(wait, out int source, out ReadOnlySpan<byte> record))
        {
            return null;
        }

        if (_decode is { } decode)
        {
            return decode(record.ToArray());
        }

        // A line may be just as long as an event: an iterator's output is read by a type only where one is named.
        bool isLine = source >= _mapCount && _types.NamedSize is null;
        Btf.BtfType? type = isLine ? null : _types.Of(record.Length, source < _mapCount && Array.IndexOf(_padded, _sources[source]) >= 0);
        return new BpfEvent(_sources[source], isLine, type, EventTypes.Whole(type, record));
    }

    private TraceCall? Tree(TraceTrees trees, TimeSpan wait)
    {
        for (; ; wait = TimeSpan.Zero)
        {
            if (trees.Take() is { } ready)
            {
                return ready;
            }

            if (_queue.TryRead(wait, out _, out ReadOnlySpan<byte> record))
            {
                trees.Add(record.ToArray());
            }
            else if (_queue.IsDrained && trees.HasMore)
            {
                trees.End();
            }
            else
            {
                return null;
            }
        }
    }

    private BpfTraceDrops CountDrops()
    {
        long? counted = Counter(DropCounter);
        long missed = !_object.IsOpen ? 0 : _loader.MissedCount + _object.Programs.Where(program => program.Descriptor >= 0).Sum(program => program.MissedCount) + (Counter(FunctionProgram.Missed) ?? 0);
        return new(_queue.DroppedCount, _reader?.LostCount ?? 0, IsCounting ? null : counted, IsCounting ? counted ?? 0 : 0, missed, _messages?.LostCount ?? 0);
    }

    /// <summary>A number that the programs keep; null where they do not.</summary>
    private long? Counter(string name) => !_object.IsLoaded || !_object.IsOpen || !_object.Globals.Any(global => global.Name == name) ? null : _object.ReadGlobal(name) switch
    {
        ulong number => (long)number,
        long number => number,
        uint number => number,
        int number => number,
        _ => null,
    };
}
