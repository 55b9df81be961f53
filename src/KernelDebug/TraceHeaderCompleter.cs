using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace KernelDebug.Commands;

/// <summary>Completes what every event of a trace has.</summary>
public sealed class TraceHeaderCompleter : IArgumentCompleter
{
    private static readonly string[] s_names = ["Function", "Task", "Cpu", "ProcessId", "ThreadId"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        s_names.Where(name => name.StartsWith((wordToComplete ?? "").Trim('\'', '"'), StringComparison.OrdinalIgnoreCase)).Select(name => new CompletionResult(name));
}
