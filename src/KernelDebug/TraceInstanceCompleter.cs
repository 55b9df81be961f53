using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using KernelDebug.Host;

namespace KernelDebug.Commands;

/// <summary>Completes the instances there are of the kernel's trace.</summary>
public sealed class TraceInstanceCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var pattern = WildcardPattern.Get(WildcardPattern.Escape((wordToComplete ?? "").Trim('\'', '"')) + "*", WildcardOptions.IgnoreCase);
        try
        {
            return TracingFiles.Find() is { State: TracingFilesState.Readable } files
                ? Directory.EnumerateDirectories($"{files.Path}/instances").Select(path => Path.GetFileName(path)).Where(pattern.IsMatch)
                    .Order(StringComparer.Ordinal).Select(name => new CompletionResult(name)).ToArray()
                : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // A completion has no way to say so; the command will.
            return [];
        }
    }
}
