using KernelDebug.KernelLog;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>Every frame shape, as the architectures print them.</summary>
public class SymbolReferenceScannerTests
{
    private static IReadOnlyList<SymbolReference> Scan(string message) => SymbolReferenceScanner.Scan(PrintkLineParser.Parse("[    1.000000] " + message, 1));

    // name, offset, size, module, address, reliable, role, user
    private static string Show(SymbolReference r) =>
        $"{r.Symbol ?? "-"} {r.Offset:x}/{r.Size:x} [{r.Module}] {r.Address:x} {(r.IsReliable ? "" : "?")}{r.Role}{(r.IsUserSpace ? " user" : "")}";

    [Theory]
    [InlineData(" kfree+0x25/0x30", "kfree 25/30 []  ReturnAddress")]
    [InlineData(" foo+0x25/0x30 [mod]", "foo 25/30 [mod]  ReturnAddress")]
    [InlineData(" foo+0x25/0x30 [8021q]", "foo 25/30 [8021q]  ReturnAddress")]
    [InlineData(" ? foo+0x25/0x30 [mod]", "foo 25/30 [mod]  ?ReturnAddress")]
    [InlineData("? foo+0x25/0x30", "foo 25/30 []  ?ReturnAddress")]
    [InlineData(" foo+0x25/0x30 (P)", "foo 25/30 []  ReturnAddress")]
    [InlineData(" foo+0x25/0x30 [mod] (PK)", "foo 25/30 [mod]  ReturnAddress")]
    [InlineData(" [<ffffffff81234567>] foo+0x25/0x30", "foo 25/30 [] ffffffff81234567 ReturnAddress")]
    [InlineData(" [<ffffffff81234567>] ? foo+0x25/0x30 [mod]", "foo 25/30 [mod] ffffffff81234567 ?ReturnAddress")]
    [InlineData(" [<0>] foo+0x25/0x30", "foo 25/30 []  ReturnAddress")]
    [InlineData("RIP: 0010:foo+0x25/0x30 [mod]", "foo 25/30 [mod]  InstructionPointer")]
    [InlineData("RIP: 0010:[<ffffffff81234567>]  [<ffffffff81234567>] foo+0x25/0x30", "foo 25/30 [] ffffffff81234567 InstructionPointer")]
    [InlineData("RIP  [<ffffffff81234567>] foo+0x25/0x30", "foo 25/30 [] ffffffff81234567 InstructionPointer")]
    [InlineData("IP: [<ffffffff81234567>] foo+0x25/0x30", "foo 25/30 [] ffffffff81234567 InstructionPointer")]
    [InlineData("IP: foo+0x25/0x30", "foo 25/30 []  InstructionPointer")]
    [InlineData("EIP: foo+0x25/0x30", "foo 25/30 []  InstructionPointer")]
    [InlineData("EIP is at foo+0x25/0x30", "foo 25/30 []  InstructionPointer")]
    [InlineData("pc : foo+0x25/0x30 [mod]", "foo 25/30 [mod]  InstructionPointer")]
    [InlineData("lr : foo+0x25/0x30", "foo 25/30 []  LinkRegister")]
    [InlineData("PC is at foo+0x25/0x30", "foo 25/30 []  InstructionPointer")]
    [InlineData("LR is at foo+0x25/0x30", "foo 25/30 []  LinkRegister")]
    [InlineData("NIP [c000000000012345] foo+0x25/0x30", "foo 25/30 [] c000000000012345 InstructionPointer")]
    [InlineData("LR [c000000000012345] foo+0x25/0x30", "foo 25/30 [] c000000000012345 LinkRegister")]
    [InlineData("[c0000000fe4b3c50] [c000000000012345] foo+0x25/0x30 (unreliable)", "foo 25/30 [] c000000000012345 ?ReturnAddress")]
    [InlineData("Krnl PSW : 0704c00180000000 000003ff80123456 (foo+0x25/0x30 [mod])", "foo 25/30 [mod] 3ff80123456 InstructionPointer")]
    [InlineData(" [<0000000000123456>] foo+0x25/0x30", "foo 25/30 [] 123456 ReturnAddress")]
    [InlineData("([<0000000000123456>] foo+0x25/0x30)", "foo 25/30 [] 123456 ReturnAddress")]
    [InlineData(" [<000003ff80123456>] (foo+0x25/0x30)", "foo 25/30 [] 3ff80123456 ReturnAddress")]
    [InlineData("epc   : 80123456 foo+0x25/0x30", "foo 25/30 [] 80123456 InstructionPointer")]
    [InlineData("ra    : 80123456 foo+0x25/0x30", "foo 25/30 [] 80123456 LinkRegister")]
    [InlineData("[<8010d4a4>] (unwind_backtrace) from [<8010a0b4>] (show_stack+0x10/0x14)", "show_stack 10/14 [] 8010a0b4 LinkRegister")]
    [InlineData(" show_stack from dump_stack_lvl+0x40/0x4c", "dump_stack_lvl 40/4c []  LinkRegister")]
    [InlineData(" (foo+0x0/0x10)", "foo 0/10 []  ReturnAddress")]
    [InlineData("WARNING: CPU: 1 PID: 5 at kernel/file.c:133 foo+0x25/0x30 [mod]", "foo 25/30 [mod]  InstructionPointer")]
    [InlineData("WARNING: kernel/file.c:133 at foo+0x25/0x30, CPU#1: sh/5", "foo 25/30 []  InstructionPointer")]
    [InlineData("BUG: KASAN: use-after-free in foo+0x25/0x30 [mod]", "foo 25/30 [mod]  ReturnAddress")]
    [InlineData("hardirqs last  enabled at (123): [<ffffffff81234567>] foo+0x25/0x30", "foo 25/30 [] ffffffff81234567 ReturnAddress")]
    [InlineData(" #0: ffff888100 (&lock){+.+.}-{3:3}, at: foo+0x25/0x30", "foo 25/30 []  ReturnAddress")]
    [InlineData(" #0:  (&lock){+.+.}, at: [<ffffffff81234567>] foo+0x25/0x30", "foo 25/30 [] ffffffff81234567 ReturnAddress")]
    [InlineData("{foo+0x25/0x30} state was registered at:", "foo 25/30 []  ReturnAddress")]
    [InlineData(" foo.isra.0.constprop.0+0x25/0x30", "foo.isra.0.constprop.0 25/30 []  ReturnAddress")]
    [InlineData(" foo.llvm.1234567890+0x25/0x30", "foo.llvm.1234567890 25/30 []  ReturnAddress")]
    [InlineData(" __pfx_foo.cfi_jt+0x0/0x8", "__pfx_foo.cfi_jt 0/8 []  ReturnAddress")]
    [InlineData(" _RNvMs0_NtCs1_6kernel4synch+0x25/0x30", "_RNvMs0_NtCs1_6kernel4synch 25/30 []  ReturnAddress")]
    [InlineData(" _ZN4core9panicking5panic17h0123456789abcdefE+0x25/0x30", "_ZN4core9panicking5panic17h0123456789abcdefE 25/30 []  ReturnAddress")]
    [InlineData(" $a$x+0x25/0x30", "$a$x 25/30 []  ReturnAddress")]
    [InlineData(" foo+0x25", "foo 25/ []  ReturnAddress")]
    [InlineData(" ? foo+0x25 [mod]", "foo 25/ [mod]  ?ReturnAddress")]
    [InlineData("RIP: 0010:foo+0x25", "foo 25/ []  InstructionPointer")]
    [InlineData("pc : foo+0x25", "foo 25/ []  InstructionPointer")]
    [InlineData(" foo+37/48", "foo 25/30 []  ReturnAddress")]
    [InlineData(" <IRQ>  [<ffffffff81234567>] foo+0x25/0x30", "foo 25/30 [] ffffffff81234567 ReturnAddress")]
    [InlineData("RIP: 0033:foo+0x25/0x30", "foo 25/30 []  InstructionPointer user")]
    public void One_place(string message, string expected) => Assert.Equal([expected], Scan(message).Select(Show));

    [Theory]
    [InlineData("epc : foo+0x25/0x30 ra : bar+0x1/0x2", "foo 25/30 []  InstructionPointer", "bar 1/2 []  LinkRegister")]
    [InlineData("[<c0013a4c>] (foo+0x0/0xf8) from [<c0011788>] (bar+0x1/0x2)", "foo 0/f8 [] c0013a4c ReturnAddress", "bar 1/2 [] c0011788 LinkRegister")]
    [InlineData(" call foo+0x25/0x30 and bar+0x1/0x2 [mod], done", "foo 25/30 []  ReturnAddress", "bar 1/2 [mod]  ReturnAddress")]
    [InlineData("pc : [<80008000>]    lr : [<80008004>]    psr: 60000013", "- / [] 80008000 InstructionPointer", "- / [] 80008004 LinkRegister")]
    public void All_places_from_left_to_right(string message, string first, string second) => Assert.Equal([first, second], Scan(message).Select(Show));

    [Theory]
    [InlineData("RIP: 0010:0xffffffffc0123456", "- / [] ffffffffc0123456 InstructionPointer")]
    [InlineData("RIP: 0010:ffffffffc0123456", "- / [] ffffffffc0123456 InstructionPointer")]
    [InlineData("RIP: 0010:0x0", "- / [] 0 InstructionPointer")]
    [InlineData("RIP: 0033:0x47b7a0", "- / [] 47b7a0 InstructionPointer user")]
    [InlineData("RIP: 0023:0xf7f12345", "- / [] f7f12345 InstructionPointer user")]
    [InlineData("EIP: 0073:0xb7712345", "- / [] b7712345 InstructionPointer user")]
    [InlineData("RIP: 0010:[<ffffffffc0123456>]  [<ffffffffc0123456>] 0xffffffffc0123456", "- / [] ffffffffc0123456 InstructionPointer")]
    [InlineData(" 0xffffffffc0123456", "- / [] ffffffffc0123456 ReturnAddress")]
    [InlineData(" ? 0xffffffffc0123456", "- / [] ffffffffc0123456 ?ReturnAddress")]
    [InlineData(" [<ffffffffc0123456>]", "- / [] ffffffffc0123456 ReturnAddress")]
    [InlineData(" [<ffffffffc0123456>] ? 0xffffffffc0123456", "- / [] ffffffffc0123456 ?ReturnAddress")]
    [InlineData("pc : 0xffff800008123456", "- / [] ffff800008123456 InstructionPointer")]
    [InlineData("lr : 0xffff800008123456", "- / [] ffff800008123456 LinkRegister")]
    [InlineData(" 0x00007f1234567890", "- / [] 7f1234567890 ReturnAddress user")]
    public void A_bare_address_where_it_must_be_code(string message, string expected) => Assert.Equal([expected], Scan(message).Select(Show));

    [Theory]
    [InlineData("Code: 48 8b 05 d1 51 77 01 e9 ff fd ff ff <0f> 0b kfree+0x1/0x2")]
    [InlineData("RAX: ffff93e58bc98000 RBX: ffffffff81234567 RCX: 0000000000000000")]
    [InlineData("R13: ffffffffc0425e9f R14: ffff8f1d20190000 R15: 0000000000000000")]
    [InlineData("x29: ffff800008123456 x28: ffff800008123456")]
    [InlineData("general protection fault, probably for non-canonical address 0xdead4ead00000148: 0000 [#1] PREEMPT SMP NOPTI")]
    [InlineData("BUG: unable to handle page fault for address: ffffffffc0123456")]
    [InlineData("Workqueue: events gtpsim_work_fn [gtpsim]")]
    [InlineData("task:sh              state:D stack:0     pid:120   ppid:102    flags:0x00000002")]
    [InlineData("Free of addr ffff88800144de00 by task sh/67")]
    [InlineData("we add a+0x1 and b+0x2 to the sum")]
    [InlineData("mapping a+1/2 of it")]
    [InlineData("path/name+0x1/0x2")]
    [InlineData("user@host+0x1/0x2")]
    [InlineData("0x12+0x1/0x2")]
    [InlineData("9lives+0x1/0x2")]
    [InlineData(" foo+0x/0x30")]
    [InlineData(" foo+0x123456789abcdef01/0x30")]
    [InlineData(" foo+0x25/0x30z")]
    [InlineData(" +0x25/0x30")]
    [InlineData(" 0x0")]
    [InlineData(" 0x1234")]
    [InlineData(" ffffffffc0123456")]
    [InlineData("PKRU: 55555554")]
    [InlineData("")]
    [InlineData("   ")]
    public void No_place(string message) => Assert.Empty(Scan(message));

    [Theory]
    [InlineData(" foo+0x25/0x30 [mod c0ba1fc41e904eec58ca79917d3711d50c1b5543]", "mod", "c0ba1fc41e904eec58ca79917d3711d50c1b5543", true)]
    [InlineData(" foo+0x25/0x30 [mod C0BA1FC41E904EEC58CA79917D3711D50C1B5543]", "mod", "c0ba1fc41e904eec58ca79917d3711d50c1b5543", true)]
    [InlineData(" foo+0x25/0x30 [mod nothex]", null, null, false)]
    [InlineData(" foo+0x25/0x30 [mod", null, null, false)]
    [InlineData(" foo+0x25/0x30 [#1]", null, null, false)]
    [InlineData(" foo+0x25/0x30 [<ffffffff81234567>]", null, null, false)]
    public void The_brackets_behind_a_place(string message, string? module, string? buildId, bool isPartOfIt)
    {
        var reference = Assert.Single(Scan(message));
        Assert.Equal((module, buildId), (reference.Module, reference.BuildId));
        string raw = "[    1.000000] " + message;
        Assert.Equal(isPartOfIt ? message.Trim() : "foo+0x25/0x30", raw.Substring(reference.Start, reference.Length));
    }

    [Fact]
    public void A_name_longer_than_any_symbol_is_none()
    {
        Assert.Single(Scan(" " + new string('a', 512) + "+0x1/0x2"));
        Assert.Empty(Scan(" " + new string('a', 513) + "+0x1/0x2"));
    }

    [Fact]
    public void Places_of_one_line_are_capped() =>
        Assert.Equal(LogLimits.MaxReferencesPerLine, Scan(string.Concat(Enumerable.Repeat(" a+0x1/0x2", 1000))).Count);
}
