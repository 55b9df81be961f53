using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace KernelDebug.Commands;

/// <summary>Completes kernel releases from the files of this machine.</summary>
public sealed class ReleaseCompleter : IArgumentCompleter
{
    private const string Image = "vmlinux-";

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var pattern = WildcardPattern.Get(WildcardPattern.Escape((wordToComplete ?? "").Trim('\'', '"')) + "*", WildcardOptions.IgnoreCase);
        return Releases().Distinct(StringComparer.Ordinal).Where(pattern.IsMatch).Order(StringComparer.Ordinal)
            .Select(release => new CompletionResult(release, release, CompletionResultType.ParameterValue, $"kernel release {release}"));
    }

    private static IEnumerable<string> Releases() =>
        Images("/usr/lib/debug/boot").Concat(Images("/boot")).Concat(Names("/lib/modules")).Concat(Names("/usr/lib/debug/lib/modules"));

    private static IEnumerable<string> Images(string directory) =>
        Names(directory, Image + "*").Select(name => name[Image.Length..]).Select(name => name.EndsWith(".debug", StringComparison.Ordinal) ? name[..^6] : name);

    private static IEnumerable<string> Names(string directory, string pattern = "*") => Directory.Exists(directory)
        ? Directory.EnumerateFileSystemEntries(directory, pattern, new EnumerationOptions { IgnoreInaccessible = true }).Select(path => Path.GetFileName(path))
        : [];
}
