using KernelDebug.Disassembly;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Disassembly;

public class WindowTests
{
    [Theory]
    [InlineData("windows64.expected.txt", 64)]
    [InlineData("windows32.expected.txt", 32)]
    public void Windows_cut_anywhere_read_as_objdump_prints_them(string name, int bitness)
    {
        var windows = CodeFixtures.Windows(name);
        Assert.True(windows.Count >= 50);
        Assert.Equal([], windows.SelectMany(window => Differences(window.Code, window.Rows, bitness)));
    }

    internal static IEnumerable<string> Differences(byte[] code, List<string[]> expected, int bitness)
    {
        foreach (var (syntax, column) in new[] { (AssemblySyntax.Att, 1), (AssemblySyntax.Intel, 2) })
        {
            var rows = new ObjdumpSweep(bitness, syntax).Run(code);
            for (var i = 0; i < Math.Max(rows.Count, expected.Count); i++)
            {
                var ours = i >= rows.Count ? "nothing" : rows[i].Text == "..." ? "- ..." : $"{rows[i].Offset:x} {rows[i].Text}";
                var theirs = i >= expected.Count ? "nothing" : $"{expected[i][0]} {expected[i][column]}";
                if (ours == theirs) continue;
                yield return $"{Convert.ToHexString(code)}: {theirs} | {ours}";
                break;
            }
        }
    }
}
