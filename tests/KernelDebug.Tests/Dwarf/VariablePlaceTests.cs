using System.Globalization;
using System.Text.RegularExpressions;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Tests.Inference;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Dwarf;

/// <summary>Where the variables of a real module's functions are, against llvm-dwarfdump.</summary>
public partial class VariablePlaceTests
{
    [Fact]
    public void Every_place_is_llvm_s()
    {
        using ElfFile elf = ElfFile.Open(MemberCases.ModulePath);
        var dwarf = new DwarfFile(elf);
        ulong text = elf.FindSection(".text")!.Address;
        int understood = 0;
        int others = 0;
        foreach (IGrouping<string, string[]> function in File.ReadLines(FixtureFiles.Path("memberfault/places.llvm.txt")).Select(line => line.Split('\t')).GroupBy(row => row[0]))
        {
            ElfSymbol? symbol = elf.Symbols.FindCode(function.Key).Concat(elf.Symbols.FindCodeVariants(function.Key)).Cast<ElfSymbol?>().FirstOrDefault();
            if (symbol is not { } found || dwarf.FindScopes(found.Address) is not { } scopes || elf.FindCodeSection(found.Address)?.Name != ".text")
            {
                // .init.text and .exit.text: llvm's addresses are those of the section.
                Assert.Contains(function.Key, (string[])["mf_init", "mf_exit", "init_module", "cleanup_module"]);
                continue;
            }

            foreach (string[] row in function)
            {
                VariableLocation? expected = Parse(row[4]);
                LocationEntry[] own = [.. scopes.Variables.Where(variable => variable.Name == row[1]).SelectMany(variable => variable.Places)];
                if (row[2] == row[3] && row[2] != "-")
                {
                    continue; // An empty range: at no instruction.
                }

                AddressRange range = row[2] == "-"
                    ? new AddressRange(0, ulong.MaxValue)
                    : new AddressRange(text + Hex(row[2]), text + Hex(row[3]));
                if (row[4].StartsWith("DW_OP_addr ", StringComparison.Ordinal))
                {
                    // llvm prints the addend of the relocation.
                    LocationKind kind = row[4].EndsWith("stack_value", StringComparison.Ordinal) ? LocationKind.StaticValue : LocationKind.Static;
                    Assert.Contains(own, one => one.Range == range && one.Location.Kind == kind);
                    continue;
                }

                LocationEntry entry = own.First(one => one.Range == range && (expected is null || one.Location == expected));
                if (expected is null)
                {
                    Assert.Equal(LocationKind.Unknown, entry.Location.Kind);
                    others++;
                }
                else
                {
                    understood++;
                }
            }
        }

        Assert.InRange(understood, 150, 1000);
        Assert.InRange(others, 0, understood / 4);
    }

    /// <summary>What an expression says, for those that are one sum; null for others.</summary>
    private static VariableLocation? Parse(string text)
    {
        if (RegisterOnly().Match(text) is { Success: true } register)
        {
            return new(LocationKind.Register, Number(register, 1), 0);
        }

        if (EntryValue().Match(text) is { Success: true } entry)
        {
            return new(LocationKind.EntryValue, Number(entry, 1), 0);
        }

        if (Based().Match(text) is { Success: true } based)
        {
            bool isValue = based.Groups[3].Success;
            return new(isValue ? LocationKind.RegisterValue : LocationKind.Memory, Number(based, 1), Number(based, 2));
        }

        if (Framed().Match(text) is { Success: true } framed)
        {
            return new(framed.Groups[2].Success ? LocationKind.FrameValue : LocationKind.Frame, 0, Number(framed, 1));
        }

        if (Literal().Match(text) is { Success: true } literal)
        {
            return new(LocationKind.Constant, 0, Number(literal, 1));
        }

        if (Constant().Match(text) is { Success: true } constant)
        {
            return new(LocationKind.Constant, 0, (long)Hex(constant.Groups[1].Value));
        }

        return Loaded().Match(text) is { Success: true } loaded
            ? new VariableLocation(LocationKind.LoadedValue, Number(loaded, 1), Number(loaded, 2)) { Added = -Number(loaded, 3) }
            : null;
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static ulong Hex(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^DW_OP_reg(\d+) \w+$")]
    private static partial Regex RegisterOnly();

    [GeneratedRegex(@"^DW_OP_entry_value\(DW_OP_reg(\d+) \w+\), DW_OP_stack_value$")]
    private static partial Regex EntryValue();

    [GeneratedRegex(@"^DW_OP_breg(\d+) \w+([+-]\d+)(, DW_OP_stack_value)?$")]
    private static partial Regex Based();

    [GeneratedRegex(@"^DW_OP_fbreg ([+-]\d+)(, DW_OP_stack_value)?$")]
    private static partial Regex Framed();

    [GeneratedRegex(@"^DW_OP_const\du (0x[0-9a-f]+), DW_OP_stack_value$")]
    private static partial Regex Constant();

    [GeneratedRegex(@"^DW_OP_lit(\d+), DW_OP_stack_value$")]
    private static partial Regex Literal();

    [GeneratedRegex(@"^DW_OP_breg(\d+) \w+([+-]\d+), DW_OP_deref, DW_OP_lit(\d+), DW_OP_minus, DW_OP_stack_value$")]
    private static partial Regex Loaded();
}
