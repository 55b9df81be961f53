using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Completes functions of the running kernel that can be traced, and modules that are loaded.</summary>
public sealed class TraceFunctionCompleter : IArgumentCompleter
{
    /// <summary>More than these nobody looks through.</summary>
    private const int MaxNames = 1000;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? "").Trim('\'', '"');
        FunctionCatalog catalog = FunctionCatalog.OfRunningKernel();
        if (parameterName == "Module")
        {
            var pattern = WildcardPattern.Get(WildcardPattern.Escape(word) + "*", WildcardOptions.IgnoreCase);
            return catalog.Modules.Append("vmlinux").Where(pattern.IsMatch).Order(StringComparer.Ordinal).Select(name => new CompletionResult(name)).ToArray();
        }

        Func<string?, bool>? isModule = ModulePatterns.Condition(CompletionSources.Texts(fakeBoundParameters, "Module"));
        return catalog.Matching(name => name.StartsWith(word, StringComparison.Ordinal), isModule).Select(function => function.Name)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MaxNames).Select(name => new CompletionResult(name)).ToArray();
    }
}
