using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using KernelDebug.Btf;

namespace KernelDebug.Commands;

/// <summary>Completes the names the running kernel shows types of.</summary>
public sealed class BtfModuleCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var pattern = WildcardPattern.Get(WildcardPattern.Escape((wordToComplete ?? "").Trim('\'', '"')) + "*", WildcardOptions.IgnoreCase);
        return Directory.Exists(BtfObjects.KernelDirectory)
            ? Directory.EnumerateFiles(BtfObjects.KernelDirectory).Select(path => Path.GetFileName(path)).Where(pattern.IsMatch)
                .Order(StringComparer.Ordinal).Select(name => new CompletionResult(name)).ToArray()
            : [];
    }
}
