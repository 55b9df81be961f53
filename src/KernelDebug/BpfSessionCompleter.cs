using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Completes the names of traces.</summary>
public sealed class BpfSessionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        BpfTraces.All.Where(session => session.Name.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
            .Select(session => new CompletionResult(session.Name, session.Name, CompletionResultType.ParameterValue, $"{session.State}, {session.Path}"));
}
