using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using KernelDebug.Symbolization;

namespace KernelDebug.Commands;

/// <summary>Completes module names from the paths the command line names, or from what the running kernel has loaded.</summary>
public sealed class ModuleNameCompleter : IArgumentCompleter
{
    private const string Loaded = "/proc/modules";

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var pattern = WildcardPattern.Get(WildcardPattern.Escape((wordToComplete ?? "").Trim('\'', '"')) + "*", WildcardOptions.IgnoreCase);
        IEnumerable<string> names = CompletionSources.Read(fakeBoundParameters) is { } sources && SymbolFinder.ModulesOf(sources) is { } ofFiles ? ofFiles
            : File.Exists(Loaded) ? File.ReadLines(Loaded).Select(line => line.Split(' ', 2)[0])
            : [];
        return names.Distinct(StringComparer.Ordinal).Where(pattern.IsMatch).Order(StringComparer.Ordinal).Select(name => new CompletionResult(name));
    }
}
