using System.Diagnostics;
using System.Management.Automation;
using KernelDebug.Host;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Get-TracePipe: the kernel's trace as objects, as it comes, as it stands, or from a file.</summary>
[Cmdlet(VerbsCommon.Get, "TracePipe", DefaultParameterSetName = FollowSet)]
[OutputType(typeof(TraceLine))]
public sealed class GetTracePipeCommand : PSCmdlet, IDisposable
{
    private const string FollowSet = "Follow";
    private const string SnapshotSet = "Snapshot";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    /// <summary>How long a read waits: no more than this passes before Ctrl-C is heard.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(100);

    private readonly LogInput _input;
    private long _count;
    private ulong _lost;
    private bool _isLossUnknown;

    /// <summary>Makes the command.</summary>
    public GetTracePipeCommand() => _input = new LogInput(this);

    /// <summary>An instance of the trace; without one, the whole.</summary>
    [Parameter(ParameterSetName = FollowSet)]
    [Parameter(ParameterSetName = SnapshotSet)]
    [ValidatePattern("^(?!\\.{1,2}$)[^/\\x00]+$")]
    [ArgumentCompleter(typeof(TraceInstanceCompleter))]
    public string? Instance { get; set; }

    /// <summary>What is in the buffer, left there.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SnapshotSet)]
    public SwitchParameter Snapshot { get; set; }

    /// <summary>Files the trace was saved to; wildcards allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Files the trace was saved to, taken as written; file objects from the pipeline bind here.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>How many lines.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long Count { get; set; } = long.MaxValue;

    /// <summary>How long to follow; a number is seconds.</summary>
    [Parameter(ParameterSetName = FollowSet)]
    [DurationTransformation]
    public TimeSpan? Duration { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName is PathSet or LiteralPathSet)
        {
            bool isLiteral = ParameterSetName == LiteralPathSet;
            foreach (string file in _input.Resolve(isLiteral ? LiteralPath : Path, isLiteral))
            {
                Write(_input.ReadTrace(file, mayBeTrimmed: true));
            }

            return;
        }

        TracingFiles files = TracingFiles.Find();
        if (files.State != TracingFilesState.Readable)
        {
            WriteError(TraceErrors.Unusable(files));
            return;
        }

        string path = files.PathOf(Instance, Snapshot ? "trace" : "trace_pipe");
        try
        {
            if (Snapshot)
            {
                using var text = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
                Write(TraceText.Read(text, mayBeTrimmed: false));
            }
            else
            {
                Follow(path);
            }
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            WriteError(TraceErrors.UnusableFile(cause, path, Instance));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_lost > 0 || _isLossUnknown)
        {
            WriteWarning((_lost > 0 ? $"{_lost} events were lost{(_isLossUnknown ? ", and more that the kernel did not count" : "")}" : "Events were lost; the kernel did not count how many")
                + ": the buffer was full. A larger one holds more (buffer_size_kb), or trace less.");
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _input.Stop();

    /// <inheritdoc/>
    public void Dispose() => _input.Dispose();

    private void Follow(string path)
    {
        using TracePipe pipe = TracePipe.Open(path);
        var elapsed = Stopwatch.StartNew();
        while (!_input.IsStopping && _count < Count && Left(elapsed) is { } left)
        {
            Write(pipe.Read(left < Wait ? left : Wait));
            if (left == TimeSpan.Zero)
            {
                break;
            }
        }
    }

    /// <summary>What is left of the time to follow; null when it is over. With none at all, what is there is read once.</summary>
    private TimeSpan? Left(Stopwatch elapsed) =>
        Duration is not { } duration ? TimeSpan.MaxValue
        : elapsed.Elapsed < duration ? duration - elapsed.Elapsed
        : duration == TimeSpan.Zero ? TimeSpan.Zero
        : null;

    private void Write(IEnumerable<TraceLine> lines)
    {
        foreach (TraceLine line in lines)
        {
            if (_count >= Count || _input.IsStopping)
            {
                return;
            }

            if (line.Kind == TraceLineKind.LostEvents)
            {
                _lost += line.LostEvents ?? 0;
                _isLossUnknown |= line.LostEvents is null;
            }

            _count++;
            WriteObject(line);
        }
    }
}
