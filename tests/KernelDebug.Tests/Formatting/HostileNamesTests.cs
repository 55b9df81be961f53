using KernelDebug.Formatting;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Formatting;

/// <summary>Neither a log nor the names in a file can send a terminal a control character, or forge a line.</summary>
public class HostileNamesTests
{
    private const string Evil = "e\x1b]52;c;ZXZpbA==\a\x1b[2J\rx\u009b31m\u202ey\n[    0.000000] Kernel panic - forged";

    public static TheoryData<LineLayout> Layouts => [LineLayout.Log, LineLayout.Script, LineLayout.ScriptWithFunctions];

    [Theory, MemberData(nameof(Layouts))]
    public void Lines_of_a_log(LineLayout layout)
    {
        string[] log =
        [
            Evil, "\x1b[31m\x1b\x1b[0m[31m f+0x10/0x20\x1b]0;title\a", "RIP: 0010:f+0x10/0x20 \u0090q\u009c", "Comm: \u2066a\u2069 \u200f \udc00 \ud800",
            "Code: 90 <0f> 0b \x1b[31m", "Code: Unable to access opcode bytes at \x1b[2J.", "\0\x01\x02\x7f\b", "[    1.0] a\x1b[\x1b[31m31m",
            "\x1b[31mRIP: 0010:\x1b[1mf+0x10\x1b]0;x\a/0x20", string.Concat(Enumerable.Repeat("f+0x10/0x20\x1b", 50_000)),
        ];
        using var tree = new TempTree();
        string vmlinux = tree.Put("vmlinux", new TinyKernel().Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build());

        DecodedLog decoded = DecodedLog.Of(new() { Vmlinux = vmlinux, Root = DecodedLog.Nowhere }, layout, log);

        Assert.Equal(log, decoded.Lines.Select(l => l.RawText));
        Assert.All(decoded.Lines, l => AssertHarmless(l.Text));
    }

    [Theory, MemberData(nameof(Layouts))]
    public void Names_in_a_file(LineLayout layout)
    {
        TinyKernel kernel = new TinyKernel().Symbol("f", 0x1000, 0x100);
        kernel.Dwarf.AddFunction(Evil, 0x1000, 0x100).End();
        (kernel.Dwarf.Directory, kernel.Dwarf.FileName) = (Evil, Evil);
        using var tree = new TempTree();
        string vmlinux = tree.Put("vm\x1b[31m\nlinux", kernel.Build());

        DecodedLog decoded = DecodedLog.Of(new() { Vmlinux = vmlinux, Root = DecodedLog.Nowhere }, layout, " f+0x10/0x100", " f+0x10/0x90", "RIP: 0010:f+0x10/0x100");

        Assert.Equal(2, decoded.Locations.Count(l => l.Frames.Count > 0));
        Assert.All(decoded.Lines, l => AssertHarmless(l.Text));
        Assert.All(decoded.Lines, l => Assert.DoesNotContain('\n', l.Text));
    }

    [Fact]
    public void The_function_at_the_fault()
    {
        var row = new DisassembledInstruction(0, [0xe8], $"call <{Evil}>", IsFaulting: true) { Source = new SourceFrame(Evil, Evil, 1, 1, false) };

        string text = FunctionBlockFormatter.Format(new FunctionDisassembly(Evil, "/" + Evil, 0, [row]));

        AssertHarmless(text);
        // The heading, its rule, the place and the row.
        Assert.Equal(4, text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    internal static void AssertHarmless(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool isHarmless = c is '\t' or '\n' || (!char.IsControl(c) && !(c is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' or '\u2028' or '\u2029')
                && (!char.IsSurrogate(c) || (char.IsHighSurrogate(c) ? i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) : i > 0 && char.IsHighSurrogate(text[i - 1]))));
            if (!isHarmless)
            {
                Assert.Fail($"U+{(int)c:x4} at {i} of {ControlText.MakeVisible(text[..Math.Min(text.Length, 200)])}");
            }
        }
    }
}
