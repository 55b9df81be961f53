using System.Diagnostics;
using System.Text.RegularExpressions;
using KernelDebug.Formatting;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>The function at a fault from its file, against objdump -dr of that file.</summary>
public partial class FaultFunctionTests
{
    public static TheoryData<string> ModuleFaults
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string name in LogFixtures.Cases(FrameTruthTests.Area))
            {
                if (FrameTruth.OfCase(name).SelectMany(t => t).Any(t => t.Module is not null && t.IsExact))
                {
                    data.Add(name);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(ModuleFaults))]
    public void Of_a_module(string name)
    {
        using var tree = new TempTree();
        string module = tree.Put("gtpsim.ko", Decompressed());
        int compared = 0;
        foreach ((SymbolLocation stop, FunctionDisassembly? function) in Functions(name, DecodedLog.WithModule(module)))
        {
            if (stop.Module is null)
            {
                Assert.Null(function);
                continue;
            }

            Assert.NotNull(function);
            Assert.Equal((stop.Symbol, stop.Offset), (function.Symbol, function.FaultOffset));
            Assert.Equal(module, function.ObjectPath);
            List<Row> rows = [.. Objdump(module, "-r").Where(r => r.Function == function.Symbol)];
            Compare(rows, function);
            compared++;
        }

        Assert.True(compared > 0);
    }

    [Theory]
    [InlineData("a1-proc-doublefree")]
    [InlineData("h1-sysrq-c")]
    [InlineData("c1-proc-gpf")]
    [InlineData("f4-many-dumps")]
    public void Of_vmlinux(string name)
    {
        Assert.SkipWhen(DecodedLog.Vmlinux is null, DecodedLog.NeedsVmlinux);
        foreach ((SymbolLocation stop, FunctionDisassembly? function) in Functions(name, DecodedLog.WithModule() with { Vmlinux = DecodedLog.Vmlinux }).Where(f => f.Stop.Module is null).Take(2))
        {
            Assert.NotNull(function);
            ulong start = stop.Candidates.Single().LinkAddress - stop.Offset!.Value;
            List<Row> rows = Objdump(DecodedLog.Vmlinux!, $"--start-address=0x{start:x}", $"--stop-address=0x{start + stop.Size!.Value:x}");
            Compare(rows, function);
        }
    }

    [Fact]
    public void A_report_without_its_pointer_shows_no_function_of_another()
    {
        const string Cpu = "CPU: 0 PID: 1 Comm: a Not tainted 6.1.0-56-amd64 #1";
        string[] log = [Cpu, "RIP: 0010:gtpsim_do_null+0x14/0x30 [gtpsim]", "Code: 90 <0f> 0b", Cpu, "Code: 90 <0f> 0b"];

        CodeDisassembly[] code = [.. DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), log).Lines.Select(l => l.Disassembly).OfType<CodeDisassembly>()];

        Assert.Equal(["gtpsim_do_null", null], code.Select(c => c.Function?.Symbol));
    }

    [Fact]
    public void A_report_of_i386_does_not_make_the_next_one_so()
    {
        string[] log = ["EIP: f+0x1/0x2", "Code: <48> 0f 0b", "RIP: 0010:f+0x1/0x2", "Code: <48> 0f 0b"];

        CodeDisassembly[] code = [.. DecodedLog.Of(DecodedLog.WithModule(DecodedLog.SampleModule), log).Lines.Select(l => l.Disassembly).OfType<CodeDisassembly>()];

        Assert.Equal(["dec    %eax", "rex.W ud2"], code.Select(c => c.FromFault[0].Text));
    }

    private static void Compare(List<Row> rows, FunctionDisassembly function)
    {
        // What fills the room up to the next symbol belongs to the size the kernel prints, and not to objdump's function.
        Assert.InRange(rows.Count, 1, function.Instructions.Count);
        Assert.All(function.Instructions.Skip(rows.Count), r => Assert.Matches("^(nop|xchg|int3|data16|cs nop|lea|ret|\\.\\.\\.)", r.Text));
        DisassembledInstruction fault = Assert.Single(function.Instructions, r => r.IsFaulting);
        Assert.Equal(function.FaultOffset, (ulong)fault.Offset);
        foreach ((Row expected, DisassembledInstruction actual) in rows.Zip(function.Instructions))
        {
            Assert.Equal(rows[0].Address + (ulong)actual.Offset, expected.Address);
            if (expected.Relocation is null)
            {
                Assert.Equal(WithoutAddress(expected.Text), WithoutAddress(actual.Text));
            }
            else
            {
                // objdump shows the bytes before relocation: the operation is the same, and the name is in the relocation.
                Assert.Equal(expected.Text.Split(' ')[0], actual.Text.Split(' ')[0]);
                if (expected.IsCall)
                {
                    Assert.Contains($"<{expected.Relocation}>", actual.Text, StringComparison.Ordinal);
                }
            }
        }
    }

    private static IEnumerable<(SymbolLocation Stop, FunctionDisassembly? Function)> Functions(string name, SymbolizerOptions options)
    {
        SymbolLocation? stop = null;
        foreach (DecodedLine line in DecodedLog.Of(options, LineLayout.Log, LogFixtures.ReadLines(FrameTruthTests.Area, name, "oops.log")).Lines)
        {
            stop = line.Locations.LastOrDefault(l => l.Reference.Role == LocationRole.InstructionPointer) ?? stop;
            if (line.Disassembly is { } code && stop is { Symbol: not null, Reference.IsUserSpace: false } && code.AllCode.Count > 0)
            {
                yield return (stop, code.Function);
            }
            else if (line.Disassembly is not null)
            {
                Assert.Null(line.Disassembly.Function);
            }
        }
    }

    private static byte[] Decompressed()
    {
        using ByteSource packed = ByteSource.OpenFile(DecodedLog.SampleModule);
        return Decompression.Decompress(new ByteSlice(packed, "file", isBigEndian: false), CompressionKind.Xz, null);
    }

    private static List<Row> Objdump(string file, params string[] arguments)
    {
        var rows = new List<Row>();
        string function = "";
        foreach (string line in Run("objdump", ["-d", "--no-show-raw-insn", "-w", .. arguments, file]).Split('\n'))
        {
            if (Heading().Match(line) is { Success: true } heading)
            {
                function = heading.Groups[1].Value;
            }
            else if (RowLine().Match(line) is { Success: true } row)
            {
                ulong address = Convert.ToUInt64(row.Groups[1].Value, 16);
                string[] parts = row.Groups[2].Value.Split('\t', 2);
                Match relocation = RelocationText().Match(parts.Length > 1 ? parts[1] : "");
                rows.Add(new Row(
                    function, address, parts[0].TrimEnd(), relocation.Success ? relocation.Groups[2].Value : null, relocation.Groups[1].Value == "R_X86_64_PLT32"));
            }
        }

        return rows;
    }

    private static string Run(string program, string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"needs {program}");
            throw;
        }
    }

    /// <summary>
    /// Addresses of a module's file mean nothing; the names beside them do. What is said of data behind a <c>#</c> is ours to say.
    /// </summary>
    private static string WithoutAddress(string text) => AddressBeforeName().Replace(text.Split(" #")[0], "<").TrimEnd();

    private sealed record Row(string Function, ulong Address, string Text, string? Relocation, bool IsCall);

    [GeneratedRegex(@"^[0-9a-f]+ <(.*)>:$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\s*([0-9a-f]+):\t(.*)$")]
    private static partial Regex RowLine();

    [GeneratedRegex(@"^\s*[0-9a-f]+: (R_\w+)\s+([\w.$]+?)(?:[-+]0x|$)")]
    private static partial Regex RelocationText();

    [GeneratedRegex(@"[0-9a-f]+ <")]
    private static partial Regex AddressBeforeName();
}
