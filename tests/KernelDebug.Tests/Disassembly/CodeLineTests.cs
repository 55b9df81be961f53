using System.Text;
using KernelDebug.Disassembly;
using KernelDebug.Formatting;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Disassembly;

public class CodeLineTests
{
    [Theory]
    [InlineData("lines.att.txt", AssemblySyntax.Att)]
    [InlineData("lines.intel.txt", AssemblySyntax.Intel)]
    public void Every_code_line_of_the_logs_reads_as_decodecode_prints_it(string expected, AssemblySyntax syntax)
    {
        var text = new StringBuilder();
        foreach (var line in CodeFixtures.Lines("lines.txt"))
        {
            text.Append("Code: ").Append(line).Append('\n');
            text.Append(CodeBlockFormatter.Format(CodeDisassembler.Disassemble(CodeFixtures.Parse(line), syntax: syntax)));
        }
        Assert.Equal(CodeFixtures.Text(expected), text.ToString());
    }

    [Fact]
    public void The_case_study_reads_as_published_but_for_the_suffixes_and_blanks()
    {
        var published = CodeFixtures.Lines("article.txt");
        var text = new StringBuilder();
        foreach (var line in published.Where(line => line.StartsWith("Code: ", StringComparison.Ordinal)))
        {
            text.Append(line).Append('\n').Append(CodeBlockFormatter.Format(CodeDisassembler.Disassemble(CodeFixtures.Parse(line[6..]))));
        }
        var ours = text.ToString().Split('\n').Select(Folded).Where(line => line.Length > 0);
        Assert.Equal(published.Select(line => Folded(line).Replace("callq", "call").Replace("jmpq", "jmp")), ours);

        static string Folded(string line) => string.Join(' ', line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void The_row_at_the_marker_is_the_faulting_one()
    {
        var code = CodeFixtures.Parse("48 89 e5 <0f> 0b c3");
        var disassembly = CodeDisassembler.Disassemble(code);
        Assert.Equal("ud2", Assert.Single(disassembly.AllCode, row => row.IsFaulting).Text);
        Assert.True(disassembly.FromFault[0].IsFaulting);
        Assert.Same(disassembly.AllCode, disassembly.Aligned);
        Assert.Equal(0, disassembly.SkippedBytes);
        Assert.Equal("", CodeBlockFormatter.FormatAligned(disassembly));
    }

    [Fact]
    public void A_line_without_marker_has_one_block()
    {
        var disassembly = CodeDisassembler.Disassemble(CodeFixtures.Parse("0f 0b"));
        Assert.Empty(disassembly.AllCode);
        Assert.Equal("ud2", Assert.Single(disassembly.FromFault).Text);
        Assert.False(disassembly.FromFault[0].IsFaulting);
    }

    [Theory]
    [InlineData("aarch64", 4, "no disassembler for aarch64 code: only x86 is known")]
    [InlineData("x86_64", 4, "the code is printed in units of 4 bytes, which no x86 kernel does")]
    public void Another_machine_says_so(string machine, int unit, string reason)
    {
        var code = CodeFixtures.Parse("1f 20 03 d5") with { UnitSize = unit };
        var disassembly = CodeDisassembler.Disassemble(code, machine);
        Assert.Equal(reason, disassembly.UnavailableReason);
        Assert.Empty(disassembly.FromFault);
        Assert.Equal("", CodeBlockFormatter.Format(disassembly));
    }

    [Fact]
    public void The_kernels_own_reason_is_kept()
    {
        var code = CodeFixtures.Parse("") with { UnavailableReason = "Unable to access opcode bytes at 0x4276d6." };
        Assert.Equal(code.UnavailableReason, CodeDisassembler.Disassemble(code).UnavailableReason);
    }

    [Fact]
    public void User_code_is_disassembled_like_any_other()
    {
        var code = CodeFixtures.Parse("b8 01 00 00 00 0f 05 <48> 3d 00 f0 ff ff") with { IsUserSpace = true };
        Assert.Equal("cmp    $0xfffffffffffff000,%rax", CodeDisassembler.Disassemble(code).FromFault[0].Text);
    }

    [Fact]
    public void Thirty_two_bit_code_is_told_by_its_machine()
    {
        var code = CodeFixtures.Parse("<40> 89 c8");
        Assert.Equal(["rex mov %ecx,%eax"], CodeDisassembler.Disassemble(code).FromFault.Select(row => row.Text));
        Assert.Equal(["inc    %eax", "mov    %ecx,%eax"], CodeDisassembler.Disassemble(code, "i686").FromFault.Select(row => row.Text));
    }
}
