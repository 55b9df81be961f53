using Xunit;

namespace KernelDebug.Tests.House;

/// <summary>What no file of the project may hold.</summary>
public class SourceTreeTests
{
    // Past 400 lines a file is looked at again; past this one it is split.
    private const int LongestFile = 600;

    // Written in two halves, so that this file does not hold them.
    private static readonly string[] Stubs = ["NotImplemented" + "Exception", "TO" + "DO", "FIX" + "ME"];
    private static readonly string[] RegistryHosts = ["api.nu" + "get.org", "registry.np" + "mjs", "deb.de" + "bian.org", "nu" + "get.org/v3"];

    private static readonly string[] TextPatterns =
        ["*.cs", "*.md", "*.sh", "*.ps1", "*.psd1", "*.ps1xml", "*.csproj", "*.props", "*.json", "*.tsv", "*.txt"];

    [Fact]
    public void No_source_file_is_a_stub() => Assert.Empty(Holding(Stubs, Code("src").Concat(Code("tests"))));

    [Fact]
    public void No_file_names_a_package_registry() => Assert.Empty(Holding(RegistryHosts, Text()));

    [Fact]
    public void No_file_names_a_home_folder() =>
        Assert.Empty(Holding(["/ro" + "ot/"], Text().Except(Repository.Files("tests/Fixtures", "*")).Except(Repository.Files("samples", "*"))));

    [Fact]
    public void No_source_file_is_too_long_to_hold_one_concept() => Assert.DoesNotContain(
        Code("src").Where(file => !file.EndsWith(".g.cs", StringComparison.Ordinal)),
        file => File.ReadLines(Path.Combine(Repository.Root, file)).Count() > LongestFile);

    [Fact]
    public void Engine_does_not_reference_PowerShell()
    {
        Assert.DoesNotContain("PowerShell", Repository.Read("src/KernelDebug.Core/KernelDebug.Core.csproj"), StringComparison.Ordinal);
        Assert.DoesNotContain("PowerShell", Repository.Read("src/kdecode/kdecode.csproj"), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Code(string folder) => Repository.Files(folder, "*.cs");

    private static IEnumerable<string> Text() =>
        TextPatterns
            .SelectMany(pattern => Repository.Files("", pattern))
            .Where(file => !file.EndsWith(".lock.json", StringComparison.Ordinal));

    private static IEnumerable<string> Holding(string[] words, IEnumerable<string> files) =>
        from file in files
        let text = Repository.Read(file)
        from word in words
        where text.Contains(word, StringComparison.Ordinal)
        select $"{file}: {word}";
}
