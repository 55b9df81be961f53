using KernelDebug.KernelLog;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>Each letter of <c>taint_flags[]</c> (kernel/panic.c); the words beside are those of the newer kernels' "Tainted: [W]=WARN".</summary>
public class TaintLetterTests
{
    [Theory]
    [InlineData('P', "proprietary")]
    [InlineData('F', "force-loaded")]
    [InlineData('S', "out of specification")]
    [InlineData('R', "force-unloaded")]
    [InlineData('M', "machine check")]
    [InlineData('B', "bad page")]
    [InlineData('U', "user")]
    [InlineData('D', "died")]
    [InlineData('A', "ACPI")]
    [InlineData('W', "warning")]
    [InlineData('C', "staging")]
    [InlineData('I', "firmware bug")]
    [InlineData('O', "out-of-tree")]
    [InlineData('E', "unsigned")]
    [InlineData('L', "soft lockup")]
    [InlineData('K', "live-patched")]
    [InlineData('X', "auxiliary")]
    [InlineData('T', "randomised")]
    [InlineData('N', "test")]
    [InlineData('J', "fwctl")]
    public void A_letter_has_its_meaning(char letter, string words)
    {
        Assert.True(TaintFlags.TryParse($"Tainted: G  {letter}    6.1.0 #1", out var taint, out _));
        Assert.Equal(['G', letter], taint.Letters.Select(l => l.Letter));
        Assert.Contains(words, taint.Letters[1].Meaning, StringComparison.Ordinal);
    }

    [Fact]
    public void No_taint_has_no_letters()
    {
        Assert.True(TaintFlags.TryParse("Not tainted 6.1.0 #1", out var taint, out _));
        Assert.Empty(taint.Letters);
    }
}
