using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using KernelDebug.Host;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Completes tracepoints: <c>sched_sw</c> as well as <c>sched:sched_sw</c>.</summary>
public sealed class TracepointCompleter : IArgumentCompleter
{
    private const int MaxResults = 1000;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? "").Trim('\'', '"');
        try
        {
            return TracingFiles.Find() is { State: TracingFilesState.Readable } files
                ? Tracepoints.Find(files, word + "*").Take(MaxResults).Select(name => new CompletionResult($"'{name}'", name, CompletionResultType.ParameterValue, name)).ToArray()
                : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // A completion has no way to say so; the command will.
            return [];
        }
    }
}
