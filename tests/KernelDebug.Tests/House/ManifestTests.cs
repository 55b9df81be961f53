using System.Text.RegularExpressions;
using Xunit;

namespace KernelDebug.Tests.House;

/// <summary>The manifest, the cmdlet classes and the help pages name the same cmdlets; the manifest names what is there.</summary>
public partial class ManifestTests
{
    private static readonly string Manifest = Repository.Read("KernelDebug.psd1");

    [Fact]
    public void Manifest_exports_the_cmdlets_the_code_has()
    {
        Assert.SkipWhen(CodeCmdlets().Count == 0, "src/KernelDebug has no cmdlet yet");
        Assert.Equal(CodeCmdlets().Select(c => c.Name), List("CmdletsToExport"));
    }

    [Fact]
    public void Every_cmdlet_has_a_help_page_and_every_page_a_cmdlet() => Assert.Equal(
        CodeCmdlets().Select(c => c.Name),
        Repository.Files("docs/en-US", "*-*.md").Select(file => Path.GetFileNameWithoutExtension(file)));

    [Fact]
    public void A_cmdlet_class_is_sealed_and_alone_in_the_file_of_its_name()
    {
        foreach (var (name, file, text) in CodeCmdlets())
        {
            string type = name.Replace("-", "", StringComparison.Ordinal) + "Command";
            Assert.Equal(type + ".cs", Path.GetFileName(file));
            Assert.Matches($@"sealed (partial )?class {type} ", text);
        }
    }

    [Theory]
    [InlineData("FunctionsToExport")]
    [InlineData("VariablesToExport")]
    [InlineData("AliasesToExport")]
    public void Manifest_exports_nothing_else(string key) => Assert.Empty(List(key));

    [Fact]
    public void Manifest_has_the_version_of_the_build()
    {
        string built = Version().Match(Repository.Read("Directory.Build.props")).Groups[1].Value;
        Assert.Equal(built, Regex.Match(Manifest, @"ModuleVersion\s*=\s*'([^']+)'").Groups[1].Value);
        Assert.Contains(built, Repository.Read("CHANGELOG.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void Manifest_names_files_that_are_there()
    {
        Assert.Equal("Module/bin/KernelDebug.dll", Regex.Match(Manifest, @"RootModule\s*=\s*'([^']+)'").Groups[1].Value);
        Assert.All(List("FormatsToProcess").Concat(List("TypesToProcess")), file => Assert.True(File.Exists(Path.Combine(Repository.Root, file)), file));
    }

    [Fact]
    public void Build_doors_have_the_same_tasks()
    {
        var posix = Tasks().Match(Repository.Read("build.sh")).Groups[1].Value.Split(" | ").Order(StringComparer.Ordinal).ToArray();
        var powershell = Regex.Match(Repository.Read("build.ps1"), @"\[ValidateSet\(([^)]*)\)\]").Groups[1].Value.Split(", ");
        Assert.Equal(posix, powershell.Select(task => task.Trim('\'').ToLowerInvariant()).Order(StringComparer.Ordinal).ToArray());
        Assert.All(posix, task => Assert.True(File.Exists(Path.Combine(Repository.Root, "eng", task + ".sh")), task));
    }

    /// <summary>The names in the single-quoted list of a key, sorted as the manifest must have them.</summary>
    private static List<string> List(string key)
    {
        var match = Regex.Match(Manifest, $@"^\s*{key}\s*=\s*@\(([^)]*)\)", RegexOptions.Multiline);
        Assert.True(match.Success, $"{key} is not a plain list");
        return Regex.Matches(match.Groups[1].Value, "'([^']+)'").Select(item => item.Groups[1].Value).Order(StringComparer.Ordinal).ToList();
    }

    private static List<(string Name, string File, string Text)> CodeCmdlets() =>
        Repository.Files("src/KernelDebug", "*.cs").Select(file => (File: file, Text: Repository.Read(file)))
            .SelectMany(source => CmdletAttribute().Matches(source.Text)
                .Select(match => ($"{match.Groups[1].Value}-{match.Groups[2].Value}", source.File, source.Text)))
            .OrderBy(cmdlet => cmdlet.Item1, StringComparer.Ordinal).ToList();

    [GeneratedRegex("""\[Cmdlet\(\s*Verbs\w+\.(\w+),\s*"(\w+)"(?=[,)\s])""")]
    private static partial Regex CmdletAttribute();

    [GeneratedRegex("<Version>([^<]+)</Version>")]
    private static partial Regex Version();

    [GeneratedRegex("""^(build [^)]*)\)$""", RegexOptions.Multiline)]
    private static partial Regex Tasks();
}
