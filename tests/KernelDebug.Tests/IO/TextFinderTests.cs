using System.Text;
using KernelDebug.IO;
using KernelDebug.KernelLog;
using Xunit;

namespace KernelDebug.Tests.IO;

/// <summary>Held against the framework's own search.</summary>
public class TextFinderTests
{
    [Fact]
    public void Every_text_is_found_at_every_place()
    {
        var finder = new TextFinder(ReportAnchors.All);
        foreach (string text in ReportAnchors.All)
        {
            for (int before = 0; before < 70; before++)
            {
                foreach (int after in (int[])[0, 1, 2, 3, 17, 40])
                {
                    byte[] bytes = Encoding.ASCII.GetBytes(new string('.', before) + text + new string('.', after));
                    Assert.Equal(before, finder.IndexOfAny(bytes));
                }
            }
        }
    }

    [Fact]
    public void What_has_none_has_none()
    {
        var finder = new TextFinder(ReportAnchors.All);
        var random = new Random(20261125);
        string[] pieces = [.. ReportAnchors.All.SelectMany(a => new[] { a[1..], a[..^1] }), "[    1.000000] ", "EXT4-fs (vda1): "];
        int found = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => pieces[random.Next(pieces.Length)]));
            bool isThere = text.AsSpan().ContainsAny(ReportAnchors.Texts);
            int at = finder.IndexOfAny(Encoding.ASCII.GetBytes(text));
            Assert.True(isThere == at >= 0, text);
            Assert.True(at < 0 || ReportAnchors.All.Any(a => text.AsSpan(at).StartsWith(a)), text);
            found += isThere ? 1 : 0;
        }

        Assert.InRange(found, 1, 19_999);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("abc\u00e9")]
    public void A_text_that_cannot_be_looked_for_is_refused(string text) => Assert.Throws<ArgumentException>(() => new TextFinder([text]));
}
