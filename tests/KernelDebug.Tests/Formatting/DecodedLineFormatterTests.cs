using KernelDebug.Formatting;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Formatting;

/// <summary>Names come from files, which may be made to harm: none of their bytes may reach a terminal as a command or as a line of its own.</summary>
public class DecodedLineFormatterTests
{
    private const string Hostile = "evil\u001b[2J\n[    9.000000] all is well";
    private const string Shown = "evil\\x1b[2J\\x0a[    9.000000] all is well";

    [Theory]
    [InlineData(LineLayout.Log, 2)]
    [InlineData(LineLayout.Script, 1)]
    [InlineData(LineLayout.ScriptWithFunctions, 1)]
    public void NamesOfAFile_StayOnTheirLine(LineLayout layout, int lines)
    {
        var line = new PrintkLine { LineNumber = 1, RawText = " f+0x1/0x2", MessageStart = 0, MessageEnd = 10, CleanMessage = " f+0x1/0x2" };
        var location = new SymbolLocation
        {
            Reference = new SymbolReference { Start = 1, Length = 9, Symbol = "f", Offset = 1, Size = 2 },
            Symbol = "f",
            Frames = [new SourceFrame(Hostile, Hostile, 1, null, IsInlined: true), new SourceFrame("f", "a.c", 2, null, IsInlined: false)],
        };

        string text = DecodedLineFormatter.Format(line, [location], null, layout);

        Assert.Contains(Shown, text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
        Assert.Equal(lines, text.Split('\n').Length);
    }

    [Fact]
    public void SymbolsInDisassembledCode_AreMadeVisible()
    {
        var call = new DisassembledInstruction(0, [0xe8, 0, 0, 0, 0], $"call   <{Hostile}>", IsFaulting: true) { Source = new SourceFrame(Hostile, Hostile, 1, null, false) };
        var function = new FunctionDisassembly(Hostile, "/lib/a.ko", 0, [call]);

        string text = FunctionBlockFormatter.Format(function);

        Assert.DoesNotContain('\u001b', text);
        Assert.Contains($"call   <{Shown}>", text, StringComparison.Ordinal);
        // The heading, its rule, the source place, the instruction.
        Assert.Equal(4, text.TrimEnd('\n').Split('\n').Length);
    }
}
