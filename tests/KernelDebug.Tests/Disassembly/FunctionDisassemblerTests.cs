using System.Globalization;
using KernelDebug.Disassembly;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Disassembly;

public class FunctionDisassemblerTests
{
    private static readonly (ulong Address, string Name)[] Symbols =
    [
        (0xffffffff81000000, "fixture_entry"), (0xffffffff81000040, "fixture_helper"), (0xffffffff81000070, "fixture_tail"),
        (0xffffffff82000000, "fixture_counter"),
    ];

    private static string? Name(ulong address)
    {
        var (start, name) = Symbols.LastOrDefault(symbol => symbol.Address <= address);
        return name is null ? null : address == start ? name : $"{name}+0x{address - start:x}";
    }

    [Theory]
    [InlineData("function.att.txt", AssemblySyntax.Att)]
    [InlineData("function.intel.txt", AssemblySyntax.Intel)]
    public void A_linked_function_reads_as_objdump_prints_it(string name, AssemblySyntax syntax)
    {
        var functions = Parse(name);
        Assert.Equal(3, functions.Count);
        foreach (var (address, rows) in functions)
        {
            byte[] code = [.. rows.SelectMany(row => row.Bytes)];
            var ours = FunctionDisassembler.Disassemble(code, address, symbols: Name, syntax: syntax);
            Assert.Equal(rows.Select(row => row.Text), ours.Select(row => row.Text));
        }
    }

    [Fact]
    public void Branches_carry_their_target_and_data_does_not()
    {
        var (address, expected) = Parse("function.att.txt")[0];
        var rows = FunctionDisassembler.Disassemble([.. expected.SelectMany(row => row.Bytes)], address, address + 0xd, Name,
            at => new SourceFrame("f", "f.c", (int)(at - address), null, false));
        Assert.Equal("fixture_helper", rows.Single(row => row.IsFaulting).Target);
        Assert.Equal("fixture_entry+0x20", rows.Single(row => row.Text.StartsWith("je ", StringComparison.Ordinal)).Target);
        Assert.Null(rows[1].Target);
        Assert.All(rows, row => Assert.Equal(row.Offset, row.Source!.Line));
    }

    [Fact]
    public void Without_symbols_addresses_stand_as_numbers()
    {
        var rows = FunctionDisassembler.Disassemble([0xe8, 0, 0, 0, 0], 0xffffffff81000000);
        Assert.Equal("call   0xffffffff81000005", Assert.Single(rows).Text);
    }

    [Fact]
    public void A_machine_that_is_not_x86_has_no_rows() =>
        Assert.Empty(FunctionDisassembler.Disassemble([0x1f, 0x20, 0x03, 0xd5], 0, machine: "aarch64"));

    [Fact]
    public void An_absurd_length_is_refused() =>
        Assert.Throws<ArgumentException>(() => FunctionDisassembler.Disassemble(new byte[DisassemblerLimits.MaxFunctionBytes + 1], 0));

    // objdump -d -w: "address <name>:" and rows "address: TAB bytes TAB text", "TAB ..." for zero bytes up to the next row.
    private static List<(ulong Address, List<(byte[] Bytes, string Text)> Rows)> Parse(string name)
    {
        var functions = new List<(ulong, List<(byte[], string)>)>();
        var next = 0UL;
        var pendingZeroes = false;
        foreach (var line in CodeFixtures.Lines(name))
        {
            if (line.EndsWith(">:", StringComparison.Ordinal))
            {
                functions.Add((ulong.Parse(line.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture), []));
                continue;
            }
            if (line == "\t...") pendingZeroes = true;
            var fields = line.Split('\t');
            if (fields.Length < 3) continue;
            var address = ulong.Parse(fields[0].TrimEnd(':'), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (pendingZeroes) functions[^1].Item2.Add((new byte[address - next], "..."));
            pendingZeroes = false;
            var bytes = Convert.FromHexString(fields[1].Replace(" ", ""));
            functions[^1].Item2.Add((bytes, fields[2]));
            next = address + (ulong)bytes.Length;
        }
        return functions;
    }
}
