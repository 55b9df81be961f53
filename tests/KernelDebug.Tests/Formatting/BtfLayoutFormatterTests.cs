using System.Text.RegularExpressions;
using KernelDebug.Btf;
using KernelDebug.Formatting;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Formatting;

/// <summary>Layouts as text: what pahole writes, but for what it would have the source say besides to force the layout.</summary>
public partial class BtfLayoutFormatterTests
{
    [Theory]
    [InlineData("struct holes")]
    [InlineData("struct tight")]
    [InlineData("struct line")]
    [InlineData("struct twice")]
    [InlineData("union both")]
    public void IsPaholesText(string name)
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/header/header.btf"));
        string pahole = File.ReadAllText(FixtureFiles.Path("btf/header/header.pahole"));

        string ours = BtfLayoutFormatter.Format(((BtfStruct)btf.Find(name)!).Layout);

        string theirs = Regex.Match(pahole, $"^{name} \\{{.*?^\\}}[^;]*;", RegexOptions.Multiline | RegexOptions.Singleline).Value;
        Assert.Equal(Lines(theirs), Lines(ours));
    }

    [Fact]
    public void AnonymousMembers_AreWrittenWithinTheirStructure()
    {
        using BtfFile btf = BtfFile.Open(FixtureFiles.Path("btf/header/header.btf"));

        string text = BtfLayoutFormatter.Format(((BtfStruct)btf.Find("struct mixed")!).Layout);

        Assert.Matches(@"\n\tstruct \{\n\t\tint +a; +/\* +24 +4 \*/\n(?s).*\n\t\tunion \{\n\t\t\tchar +b; +/\* +32 +1 \*/", text);
        Assert.Matches(@"\n\t\} s; +/\* +24 +16 \*/", text);
    }

    [Fact]
    public void Reorganized_SaysWhatIsWon()
    {
        using BtfFile btf = new BtfBuilder().Int().Type(BtfKind.Int, "char", 1, words: [8])
            .Struct("s", 12, ("a", 2, 0), ("b", 1, 32), ("c", 2, 64)).Open();

        string text = BtfLayoutFormatter.Format(((BtfStruct)btf.Find("s")!).Layout.Reorganize());

        Assert.Equal(["int b;", "char a;", "char c;"], Lines(text).Skip(1).Take(3).Select(line => line.Split("; ")[0] + ";").Select(line => Spaces().Replace(line, " ")));
        Assert.EndsWith("};   /* saved 4 bytes! */", text, StringComparison.Ordinal);
        Assert.Contains("size: 8, cachelines: 1, members: 3", text, StringComparison.Ordinal);
    }

    // Columns are ours; that a structure is packed, is a guess of pahole's.
    private static string[] Lines(string text) => [.. text.Replace(" __attribute__((__packed__))", "", StringComparison.Ordinal)
        .Split('\n').Select(line => Spaces().Replace(line, " ").Trim())];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
