using KernelDebug.Formatting;
using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Triage;
using Xunit;

namespace KernelDebug.Tests.Formatting;

public class TraceComparisonFormatterTests
{
    private static readonly PanicTrace s_freed = LogFixtures.Traces("debian-6.1.0-56", "a4-xmit-doubleskb", "oops.log")[0];
    private static readonly PanicTrace s_null = LogFixtures.Traces("debian-6.1.0-56", "b3-xmit-null", "oops.log")[0];

    [Fact]
    public void Both_sides_are_shown_and_what_only_one_has()
    {
        string[] lines = TraceComparisonFormatter.Format(TraceComparer.Compare(s_freed, s_null), 120, TraceStyle.Plain).Split('\n');
        Assert.Equal("Not the same crash (the signatures differ)", lines[0]);
        Assert.Contains("  Kind                 <= Bug", lines);
        Assert.Contains("                       => NullDereference", lines);
        Assert.Contains(lines, l => l.StartsWith("  CallTrace #", StringComparison.Ordinal) && l.EndsWith("<= gtpsim_do_doubleskb [gtpsim]", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_that_differs_is_said_to_be_nothing() =>
        Assert.EndsWith("Nothing differs beyond addresses.", TraceComparisonFormatter.Format(TraceComparer.Compare(s_freed, s_freed), 120, TraceStyle.Plain), StringComparison.Ordinal);

    [Theory]
    [InlineData(40)]
    [InlineData(120)]
    public void Lines_keep_within_the_width_and_control_characters_are_spelled_out(int width)
    {
        PanicTrace evil = s_null with { Comm = "x\u001b]0;t\a\u202e\ny", Title = new string('t', 300), Hardware = "a\tb\u009b2J" };
        string text = TraceComparisonFormatter.Format(TraceComparer.Compare(s_freed, evil), width, TraceStyle.Plain);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, width));
        Assert.DoesNotContain(text, c => (char.IsControl(c) && c != '\n') || c == '\u202e');
        Assert.DoesNotContain(text.Split('\n'), line => line == "y");
    }
}
