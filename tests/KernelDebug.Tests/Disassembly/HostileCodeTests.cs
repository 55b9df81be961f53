using KernelDebug.Disassembly;
using KernelDebug.Formatting;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Disassembly;

public class HostileCodeTests
{
    [Theory]
    [InlineData("x86_64", AssemblySyntax.Att)]
    [InlineData("x86_64", AssemblySyntax.Intel)]
    [InlineData("i686", AssemblySyntax.Att)]
    [InlineData("i686", AssemblySyntax.Intel)]
    public void Any_bytes_are_covered_once_and_in_order(string machine, AssemblySyntax syntax)
    {
        var random = new Random(20260);
        for (var round = 0; round < 5000; round++)
        {
            var bytes = new byte[random.Next(1, 65)];
            random.NextBytes(bytes);
            // Prefixes and escapes far more often than chance has them.
            for (var i = random.Next(16); i > 0; i--) bytes[random.Next(bytes.Length)] = Likely[random.Next(Likely.Length)];
            var code = new CodeBytes { LineNumber = 1, Bytes = bytes, FaultIndex = random.Next(bytes.Length), RawText = "" };
            var disassembly = CodeDisassembler.Disassemble(code, machine, syntax);
            AssertCovers(bytes, disassembly.AllCode, 0);
            AssertCovers(bytes, disassembly.Aligned, disassembly.SkippedBytes);
            Assert.Equal(code.FaultIndex, Assert.Single(disassembly.Aligned, row => row.IsFaulting).Offset);
            Assert.EndsWith("\n", CodeBlockFormatter.Format(disassembly), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_truncation_of_a_window_is_covered()
    {
        foreach (var (window, _) in CodeFixtures.Windows("windows64.expected.txt").Take(100))
        {
            for (var length = 0; length < window.Length; length++)
            {
                AssertCovers(window[..length], new ObjdumpSweep(64, AssemblySyntax.Att).Run(window[..length]), 0);
            }
        }
    }

    [Fact]
    public void More_bytes_than_accepted_are_refused_with_a_reason()
    {
        var code = new CodeBytes { LineNumber = 1, Bytes = new byte[DisassemblerLimits.MaxCodeBytes + 1], RawText = "" };
        Assert.Contains("65537", CodeDisassembler.Disassemble(code).UnavailableReason);
    }

    [Fact]
    public void The_largest_line_takes_well_under_a_second()
    {
        var bytes = new byte[DisassemblerLimits.MaxCodeBytes];
        new Random(7).NextBytes(bytes);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        CodeDisassembler.Disassemble(new() { LineNumber = 1, Bytes = bytes, FaultIndex = bytes.Length - 1, RawText = "" });
        Assert.InRange(watch.ElapsedMilliseconds, 0, 5000);
    }

    private static readonly byte[] Likely =
        [0x0f, 0x38, 0x3a, 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x64, 0x48, 0x4f, 0xc4, 0xc5, 0x62, 0x8f, 0x9b, 0xd9, 0x00, 0x00, 0xff];

    private static void AssertCovers(byte[] bytes, IReadOnlyList<DisassembledInstruction> rows, int start)
    {
        var at = start;
        foreach (var row in rows)
        {
            Assert.Equal(at, row.Offset);
            Assert.NotEmpty(row.Bytes);
            Assert.NotEmpty(row.Text);
            at += row.Bytes.Count;
        }
        Assert.Equal(bytes.Length, at);
    }
}
