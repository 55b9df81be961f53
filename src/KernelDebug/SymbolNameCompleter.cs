using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using KernelDebug.Symbolization;

namespace KernelDebug.Commands;

/// <summary>Completes symbol names from the file the command line names, or from the running kernel.</summary>
public sealed class SymbolNameCompleter : IArgumentCompleter
{
    /// <summary>More than these nobody looks through.</summary>
    private const int MaxNames = 1000;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            using SymbolFinder? finder = CompletionSources.Read(fakeBoundParameters) is { } sources ? new SymbolFinder(sources, _ => { }) : null;
            string start = (wordToComplete ?? "").Trim('\'', '"');
            return finder?.NamesFrom(start).Take(MaxNames * 4).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MaxNames)
                .Select(name => new CompletionResult(name)).ToArray() ?? [];
        }
        catch (Exception unusable) when (CommandErrors.IsFileProblem(unusable))
        {
            // A completion has no way to say so; the command will.
            return [];
        }
    }
}
