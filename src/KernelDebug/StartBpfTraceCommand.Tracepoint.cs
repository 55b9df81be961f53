using System.Management.Automation;
using KernelDebug.Host;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Start-BpfTrace of tracepoints: programs are generated for the kernel's records of those that are named.</summary>
public sealed partial class StartBpfTraceCommand
{
    private const string TracepointSet = "Tracepoint";
    private const int MaxNamesShown = 5;

    /// <summary>Tracepoints of the running kernel, whose records become objects; no program is needed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TracepointSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TracepointCompleter))]
    public string[] Tracepoint { get; set; } = [];

    private void TraceTracepoints()
    {
        TracingFiles files = TracingFiles.Find();
        if (files.State != TracingFilesState.Readable)
        {
            WriteError(TraceErrors.Unusable(files));
            return;
        }

        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string pattern in Tracepoint)
        {
            try
            {
                IReadOnlyList<string> found = Tracepoints.Find(files, pattern);
                names.UnionWith(found);
                if (found.Count == 0)
                {
                    WriteError(CommandErrors.Create(
                        new ItemNotFoundException($"There is no tracepoint {pattern}."), "TracepointNotFound", ErrorCategory.ObjectNotFound, pattern, Formatting.ControlText.MakeNameVisible($"There is no tracepoint {pattern}."),
                        "The Tab key completes the names there are; those of a module are there while it is loaded. sched:* are all of a category."));
                }
            }
            catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
            {
                WriteError(TraceErrors.UnusableFile(cause, files.PathOf(null, "events"), null));
            }
        }

        if (names.Count == 0)
        {
            return;
        }

        try
        {
            BpfTraceRequest request = TracepointTrace.Request(files, [.. names], ProcessId, TextSize) with { QueueBytes = BufferSize };
            Trace(names.Count <= MaxNamesShown ? string.Join(", ", names) : $"{names.Count} tracepoints", () => request);
        }
        catch (Exception cause) when (CommandErrors.IsFileProblem(cause))
        {
            WriteError(TraceErrors.UnusableTracepoint(cause, Tracepoint));
        }
    }
}
