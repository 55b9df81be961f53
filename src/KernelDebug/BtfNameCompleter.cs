using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using KernelDebug.Btf;

namespace KernelDebug.Commands;

/// <summary>Completes names of types and functions, from the running kernel, or from the module or file the command line names.</summary>
public sealed class BtfNameCompleter : IArgumentCompleter
{
    /// <summary>More than these nobody looks through.</summary>
    private const int MaxNames = 1000;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            BtfKind[] kinds = parameterName == "Name" && commandName.EndsWith("Function", StringComparison.OrdinalIgnoreCase) ? [BtfKind.Function]
                : parameterName != "Name" ? [BtfKind.Struct, BtfKind.Union, BtfKind.Enum, BtfKind.Enum64, BtfKind.Typedef, BtfKind.Int]
                : [];
            string? path = Array.ConvertAll(SourceParameters(commandName), name => CompletionSources.Path(fakeBoundParameters, name)).FirstOrDefault(found => found is not null);
            BtfFile file = path is not null ? BtfCache.OpenFile(path, CompletionSources.Path(fakeBoundParameters, "Base"))
                : BtfCache.OpenModule(CompletionSources.Texts(fakeBoundParameters, "Module").FirstOrDefault());
            return BtfSearch.NamesFrom(file, (wordToComplete ?? "").Trim('\'', '"'), kinds, MaxNames).Select(name => new CompletionResult(name)).ToArray();
        }
        catch (Exception unusable) when (unusable is BtfBaseMismatchException or RuntimeException || CommandErrors.IsFileProblem(unusable))
        {
            // A completion has no way to say so; the command will.
            return [];
        }
    }

    /// <summary>The parameters that name the file: a command that writes one has it under another name.</summary>
    private static string[] SourceParameters(string commandName) =>
        commandName.StartsWith("Export", StringComparison.OrdinalIgnoreCase) ? ["InputPath"]
        : commandName.StartsWith("Compare", StringComparison.OrdinalIgnoreCase) ? ["ReferencePath"]
        : ["Path", "LiteralPath"];
}
