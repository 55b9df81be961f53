using System.Collections;
using System.Diagnostics;
using System.Management.Automation;
using KernelDebug.Bpf;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Start-BpfTrace: a BPF object loaded and attached, and what its programs send as objects.</summary>
[Cmdlet(VerbsLifecycle.Start, "BpfTrace", DefaultParameterSetName = FunctionSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(Btf.BtfRecordObject), typeof(TraceEventObject), typeof(BpfEvent), typeof(TraceLine), typeof(BpfTraceSession), typeof(TraceInstruction), typeof(TraceCountObject), typeof(TraceHistogram), typeof(TraceCall))]
public sealed partial class StartBpfTraceCommand : PSCmdlet, IDisposable
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string SourceSet = "Source";
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ProgressDelay = TimeSpan.FromSeconds(1), ProgressTurn = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly LogInput _input;
    private bool _isDeadTold;

    /// <summary>Makes the command.</summary>
    public StartBpfTraceCommand() => _input = new LogInput(this);

    /// <summary>The compiled object.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string Path { get; set; } = "";

    /// <summary>The compiled object, taken as written.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string LiteralPath { get; set; } = "";

    /// <summary>A program in C, which clang compiles first.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SourceSet)]
    [ValidateNotNullOrEmpty]
    public string Source { get; set; } = "";

    /// <summary>Characters of a text, and bytes of an array of a tracepoint, whose size is not fixed, at most.</summary>
    [Parameter(ParameterSetName = TracepointSet), Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet)]
    [ValidateRange(1, 8192)]
    public int TextSize { get; set; } = 256;

    /// <summary>The programs to load; left out, those the object wants loaded.</summary>
    [Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Program { get; set; } = [];

    /// <summary>Programs to leave out.</summary>
    [Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] ExcludeProgram { get; set; } = [];

    /// <summary>Values of global variables by name, set before loading.</summary>
    [Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNull]
    public Hashtable Global { get; set; } = [];

    /// <summary>What programs are attached to by program, where the section does not say it or something else is meant.</summary>
    [Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNull]
    public Hashtable Target { get; set; } = [];

    /// <summary>Elements at most by map, in place of what the object says or leaves open; bytes of a ring buffer.</summary>
    [Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNull]
    public Hashtable MapSize { get; set; } = [];

    /// <summary>Files of the BPF file system that maps are pinned in, by map.</summary>
    [Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNull]
    public Hashtable MapPin { get; set; } = [];

    /// <summary>The interface of xdp, tc and socket programs.</summary>
    [Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNullOrEmpty]
    public string? Interface { get; set; }

    /// <summary>The control group of cgroup programs, or whose tasks' calls are wanted.</summary>
    [Parameter(ParameterSetName = FunctionSet), Parameter(ParameterSetName = RawTracepointSet), Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNullOrEmpty]
    public string? Cgroup { get; set; }

    /// <summary>The process of uprobe and usdt programs, or whose events of functions and tracepoints are wanted.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? ProcessId { get; set; }

    /// <summary>Samples a second of each CPU, for perf_event programs.</summary>
    [Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateRange(1, 100_000)]
    public int SampleFrequency { get; set; } = 99;

    /// <summary>The type records are read by, of the object or the kernel.</summary>
    [Parameter(ParameterSetName = PathSet), Parameter(ParameterSetName = LiteralPathSet), Parameter(ParameterSetName = SourceSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string? EventType { get; set; }

    /// <summary>Ends the trace after so long; a number is seconds.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Duration { get; set; }

    /// <summary>Ends the trace after so many events.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Count { get; set; }

    /// <summary>Bytes of events that wait for a slow pipeline at most; what comes on top is dropped and counted.</summary>
    [Parameter]
    [ValidateRange(4096, 1L << 40)]
    public long BufferSize { get; set; } = 64 << 20;

    /// <summary>Return a session at once, and trace beside the prompt.</summary>
    [Parameter]
    public SwitchParameter AsSession { get; set; }

    /// <summary>A name for the session.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case TracepointSet:
                TraceTracepoints();
                break;
            case FunctionSet:
                CollectFunctions();
                break;
            case RawTracepointSet:
                TracePlan(() => FunctionTrace.PlanRawTracepoints(RawTracepoint, Options()), RawTracepoint[0]);
                break;
            default:
                TraceObjects();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName == FunctionSet)
        {
            TraceFunctions();
        }
    }

    private void TraceObjects()
    {
        string? folder = null;
        try
        {
            foreach (string file in Objects(ref folder))
            {
                string? source = ParameterSetName == SourceSet ? SessionState.Path.GetUnresolvedProviderPathFromPSPath(Source) : null;
                Trace(source ?? file, () => Request(file) with { SourcePath = source });
            }
        }
        finally
        {
            if (folder is not null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        _input.Stop();
        _stop.Cancel();
    }

    /// <summary>Ends what is left of the command.</summary>
    public void Dispose()
    {
        _input.Dispose();
        _stop.Dispose();
    }

    private IReadOnlyList<string> Objects(ref string? folder)
    {
        if (ParameterSetName != SourceSet)
        {
            return [.. _input.Resolve([LiteralPath.Length > 0 ? LiteralPath : Path], LiteralPath.Length > 0)];
        }

        string source = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Source);
        if (!File.Exists(source))
        {
            WriteError(CommandErrors.Create(
                new FileNotFoundException($"There is no file {Source}."), "SourceNotFound", ErrorCategory.ObjectNotFound, Source, $"There is no file {Source}.", "Name a program in C, such as x.bpf.c."));
            return [];
        }

        folder = Directory.CreateTempSubdirectory("kerneldebug-bpf-").FullName;
        try
        {
            return [BpfCompiler.Compile(source, folder, _stop.Token)];
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception cause) when (cause is BpfCompilationException || CommandErrors.IsFileProblem(cause))
        {
            WriteError(BpfErrors.OfSource(cause, Source));
            return [];
        }
    }

    private void Trace(string file, Func<BpfTraceRequest> request) => Trace(file, "Load and attach BPF programs", () => Start(request()), null);

    /// <summary>Starts a trace, and hands out what comes of it, or the session.</summary>
    /// <param name="file">What is traced, for messages.</param>
    /// <param name="action">What is done to it.</param>
    /// <param name="start">Starts it.</param>
    /// <param name="tell">Tells what is to be known once it runs; null for nothing.</param>
    private void Trace(string file, string action, Func<BpfTrace> start, Action? tell)
    {
        if (!ShouldProcess(file, action))
        {
            return;
        }

        BpfTrace trace;
        try
        {
            trace = start();
        }
        catch (Exception cause) when (BpfErrors.IsExpected(cause))
        {
            if (cause is BpfException refused)
            {
                BpfTraceNotes.Tell(this, refused.Messages);
            }

            WriteError(BpfErrors.Create(cause, file));
            return;
        }

        _isDeadTold = false;
        try
        {
            BpfTraceNotes.TellStart(this, trace);
            tell?.Invoke();
            if (AsSession)
            {
                WriteObject(BpfSessions.Add(trace, Name));
                trace = null!;
                return;
            }

            if (trace.IsCounting)
            {
                StreamCounts(trace);
            }
            else
            {
                Stream(trace);
            }
        }
        finally
        {
            if (trace is not null)
            {
                BpfTraceNotes.Stop(this, trace);
                TellDead(trace);
                BpfTraceNotes.TellDrops(this, trace);
            }
        }
    }

    /// <summary>The verifier and many attachments may take seconds, which the user sees pass, and can cut short.</summary>
    private BpfTrace Start(BpfTraceRequest request)
    {
        int done = 0;
        Task<BpfTrace> starting = Task.Run(() => BpfTrace.Start(request with { FunctionDone = () => Interlocked.Increment(ref done), Stop = _stop.Token }));
        var elapsed = Stopwatch.StartNew();
        var progress = new ProgressRecord(0, "Start-BpfTrace", $"Loading and attaching {Formatting.ControlText.MakeNameVisible(request.Path)}");
        bool isShown = false;
        try
        {
            while (!starting.Wait(ProgressTurn, _stop.Token))
            {
                isShown = elapsed.Elapsed > ProgressDelay;
                if (isShown)
                {
                    progress.CurrentOperation = $"{elapsed.Elapsed.TotalSeconds:F0} s";
                    if (request.FunctionCount > 1)
                    {
                        progress.StatusDescription = $"{Volatile.Read(ref done)} of {request.FunctionCount} functions";
                        progress.PercentComplete = (int)(Volatile.Read(ref done) * 100L / request.FunctionCount);
                    }

                    WriteProgress(progress);
                }
            }
        }
        catch (OperationCanceledException)
        {
            _ = starting.ContinueWith(late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw new PipelineStoppedException();
        }
        catch (AggregateException)
        {
            // Thrown again below, as it was.
        }

        if (isShown)
        {
            progress.RecordType = ProgressRecordType.Completed;
            WriteProgress(progress);
        }

        return starting.GetAwaiter().GetResult();
    }

    private BpfTraceRequest Request(string file) => new()
    {
        Path = file,
        IsWanted = Program.Length + ExcludeProgram.Length == 0 ? null : program =>
            (Program.Length == 0 ? program.IsSelected : Matches(Program, program.Name)) && !Matches(ExcludeProgram, program.Name),
        Globals = Global.Cast<DictionaryEntry>().ToDictionary(entry => entry.Key.ToString()!, entry => BpfValues.Plain(entry.Value)),
        MapSizes = BpfValues.Table<uint>(MapSize, nameof(MapSize)),
        MapPins = BpfValues.Table<string>(MapPin, nameof(MapPin)),
        Attach = new BpfAttachOptions
        {
            Interface = Interface,
            Cgroup = Cgroup,
            ProcessId = ProcessId,
            SampleFrequency = SampleFrequency,
            Targets = BpfValues.Table<string[]>(Target, nameof(Target)).ToDictionary(entry => entry.Key, entry => (IReadOnlyList<string>)entry.Value),
        },
        EventType = EventType,
        QueueBytes = BufferSize,
    };

    private void Stream(BpfTrace trace)
    {
        var elapsed = Stopwatch.StartNew();
        for (long count = 0; !_stop.IsCancellationRequested && !(count == Count);)
        {
            // What came before the end is still handed out.
            if (elapsed.Elapsed >= Duration)
            {
                BpfTraceNotes.Stop(this, trace);
            }

            if (trace.Read(Patience) is { } item)
            {
                count++;
                WriteObject(BpfEventObjects.Shown(item));
            }
            else if (trace.IsDrained)
            {
                break;
            }
            else
            {
                // Who waits for events that cannot come any more is told while waiting.
                TellDead(trace);
            }
        }

        if (trace.Failure is { } failure)
        {
            WriteError(CommandErrors.Create(failure, "BpfEventsUnreadable", ErrorCategory.ReadError, trace.Path, $"The events of {trace.Path} cannot be read any more: {failure.Message}", "Start the trace again; what came before was written."));
        }
    }

    private void TellDead(BpfTrace trace) => _isDeadTold = _isDeadTold || BpfTraceNotes.TellDead(this, trace);

    private static bool Matches(string[] patterns, string name) =>
        Array.Exists(patterns, pattern => WildcardPattern.Get(pattern, WildcardOptions.CultureInvariant).IsMatch(name));
}
