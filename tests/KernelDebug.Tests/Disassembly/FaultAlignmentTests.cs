using KernelDebug.Disassembly;
using KernelDebug.Formatting;
using Xunit;

namespace KernelDebug.Tests.Disassembly;

public class FaultAlignmentTests
{
    [Fact]
    public void Every_marked_line_of_the_logs_has_a_row_at_its_fault()
    {
        foreach (var line in CodeFixtures.Lines("lines.txt"))
        {
            var code = CodeFixtures.Parse(line);
            if (code.FaultIndex is not { } fault) continue;
            var disassembly = CodeDisassembler.Disassemble(code);
            var faulting = Assert.Single(disassembly.Aligned, row => row.IsFaulting);
            Assert.Equal(fault, faulting.Offset);
            Assert.DoesNotContain(disassembly.Aligned.TakeWhile(row => row.Offset < fault), row => row.Text.Contains("(bad)"));
            Assert.InRange(disassembly.SkippedBytes, 0, Math.Min(14, fault));
            Assert.Equal(disassembly.SkippedBytes, disassembly.Aligned[0].Offset);
        }
    }

    [Fact]
    public void A_window_that_begins_inside_an_instruction_is_started_after_it()
    {
        // glibc's syscall error path; the window begins with the last two bytes of a mov, and read from there on it is nonsense
        // for 15 bytes: rex add, ret, (bad), push, fsubs.
        var code = CodeFixtures.Parse("40 00 48 c7 c2 e0 ff ff ff f7 d8 64 89 02 48 c7 c0 ff ff ff ff <c3>");
        var disassembly = CodeDisassembler.Disassemble(code);
        Assert.Equal("rex add %cl,-0x39(%rax)", disassembly.AllCode[0].Text);
        Assert.Equal(2, disassembly.SkippedBytes);
        Assert.Equal(
            ["mov    $0xffffffffffffffe0,%rdx", "neg    %eax", "mov    %eax,%fs:(%rdx)", "mov    $0xffffffffffffffff,%rax", "ret"],
            disassembly.Aligned.Select(row => row.Text));
        Assert.StartsWith("Code without its first 2 bytes", CodeBlockFormatter.FormatAligned(disassembly), StringComparison.Ordinal);
    }

    [Fact]
    public void A_marker_inside_an_instruction_is_found_by_skipping()
    {
        // From the first byte, mov $imm32 swallows the marked ud2.
        var code = CodeFixtures.Parse("b8 90 90 <0f> 0b c3 90");
        var disassembly = CodeDisassembler.Disassemble(code);
        Assert.Equal(0, Assert.Single(disassembly.AllCode, row => row.IsFaulting).Offset);
        Assert.Equal(1, disassembly.SkippedBytes);
        Assert.Equal("ud2", Assert.Single(disassembly.Aligned, row => row.IsFaulting).Text);
    }

    [Fact]
    public void Zero_bytes_before_the_fault_are_not_skipped_over()
    {
        var code = CodeFixtures.Parse("00 00 00 00 00 00 00 00 00 00 <00> 00 c3");
        var disassembly = CodeDisassembler.Disassemble(code);
        Assert.Equal("...", disassembly.AllCode[0].Text);
        Assert.Equal("add    %al,(%rax)", Assert.Single(disassembly.Aligned, row => row.IsFaulting).Text);
    }

    [Fact]
    public void Where_no_start_fits_the_window_starts_at_the_fault()
    {
        // A prefix that belongs to the marked instruction's own bytes at every start but its own.
        var code = CodeFixtures.Parse("66 <0f> 0b");
        var disassembly = CodeDisassembler.Disassemble(code);
        Assert.Equal(1, disassembly.SkippedBytes);
        Assert.Equal("ud2", disassembly.Aligned[0].Text);
    }
}
