using KernelDebug.Formatting;
using Xunit;

namespace KernelDebug.Tests.Formatting;

public class ControlTextTests
{
    [Theory]
    [InlineData("a\x1b[31mb", @"a\x1b[31mb")]
    [InlineData("a\rb\bc\ad", @"a\x0db\x08c\x07d")]
    [InlineData("\0", @"\x00")]
    [InlineData("\u007f\u009b31m\u0085", @"\x7f\x9b31m\x85")]
    [InlineData("x\u202ey\u2066z\u2069\u200f", @"x\u202ey\u2066z\u2069\u200f")]
    [InlineData("a\u2028b", @"a\u2028b")]
    public void Controls_become_visible(string text, string visible) => Assert.Equal(visible, ControlText.MakeVisible(text));

    // Not in the list above: a lone surrogate does not survive a test case's name.
    [Fact]
    public void A_lone_surrogate_becomes_visible() => Assert.Equal(@"\ud800x", ControlText.MakeVisible("\ud800x"));

    [Theory]
    [InlineData("")]
    [InlineData("plain\ttext\nnext é 日本 \U0001f600 \u00a0")]
    public void Clean_text_is_the_same_instance(string text) => Assert.Same(text, ControlText.MakeVisible(text));

    [Fact]
    public void A_name_has_no_line_feed_either()
    {
        Assert.Equal(@"a\x0ab\x1b", ControlText.MakeNameVisible("a\nb\x1b"));
        Assert.Same("plain", ControlText.MakeNameVisible("plain"));
    }
}
