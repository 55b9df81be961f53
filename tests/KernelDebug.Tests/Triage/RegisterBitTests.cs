using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Triage;

/// <summary>Bits by the names of the kernel's headers; where the kernel prints the decoding itself, its words are the oracle.</summary>
public class RegisterBitTests
{
    private static DecodedRegister Of(PanicTrace trace, string name) => Assert.Single(trace.DecodedRegisters, r => r.Name == name);

    [Fact]
    public void X86()
    {
        PanicTrace trace = Oops.PageFault("ffff888004b0c000", error: 3);
        Assert.Equal(["PF", "ZF", "IF", "RF"], Of(trace, "EFLAGS").Bits);
        Assert.Equal(["PE", "MP", "ET", "NE", "WP", "AM", "PG"], Of(trace, "CR0").Bits);
        Assert.Equal(["PAE", "MCE", "PGE", "OSFXSR", "OSXMMEXCPT"], Of(trace, "CR4").Bits);
        Assert.Equal(["PROT", "WRITE"], Of(trace, "ErrorCode").Bits);
        Assert.Equal("supervisor write, permissions of a page that is there", Of(trace, "ErrorCode").Text);
    }

    // "#PF: supervisor instruction fetch in kernel mode", "#PF: error_code(0x0010) - not-present page" (show_fault_oops).
    [Theory]
    [InlineData(0x10, "supervisor instruction fetch, page not present")]
    [InlineData(0x00, "supervisor read, page not present")]
    [InlineData(0x02, "supervisor write, page not present")]
    [InlineData(0x0b, "supervisor write, reserved bit set in a page table")]
    [InlineData(0x05, "user read, permissions of a page that is there")]
    public void Page_fault_codes(int error, string text) => Assert.Equal(text, Of(Oops.PageFault("ffff888004b0c000", error: error), "ErrorCode").Text);

    [Fact]
    public void Another_trap_has_no_page_fault_code() => Assert.DoesNotContain(Oops.Protection("", "").DecodedRegisters, r => r.Name == "ErrorCode");

    // Mem abort info as arm64 prints it: "EC = 0x25: DABT (current EL), IL = 32 bits", "FSC = 0x04: level 0 translation fault", "WnR = 0".
    [Theory]
    [InlineData("0x0000000096000004", "data abort (current EL), translation fault, level 0, read")]
    [InlineData("0x0000000096000044", "data abort (current EL), translation fault, level 0, write")]
    [InlineData("0x000000009600004f", "data abort (current EL), permission fault, level 3, write")]
    [InlineData("0x0000000086000004", "instruction abort (current EL), translation fault, level 0")]
    [InlineData("0x0000000096000021", "data abort (current EL), alignment fault, read")]
    [InlineData("0x00000000f2000800", "BRK 0x800")]
    public void Arm64(string syndrome, string text)
    {
        PanicTrace trace = Oops.Read($"""
            Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010
            Mem abort info:
              ESR = {syndrome}
            Internal error: Oops: {syndrome[2..]} [#1] SMP
            CPU: 2 PID: 321 Comm: sh Not tainted 6.12.1-arm64 #1
            pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)
            pc : foo_write+0x24/0x60
            lr : foo_write+0x18/0x60
            sp : ffff80008123bd00
            x2 : 0000000000000001 x1 : ffff000004a60000 x0 : 0000000000000010
            Call trace:
             foo_write+0x24/0x60
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal(text, Of(trace, "ESR").Text);
        // The kernel's own decoding beside it: "nZCv daif +PAN".
        Assert.Equal(["PAN", "C", "Z"], Of(trace, "pstate").Bits);
        Assert.Equal("EL1h", Of(trace, "pstate").Text);
    }

    [Fact]
    public void Arm()
    {
        PanicTrace trace = Oops.Read("""
            8<--- cut here ---
            Unable to handle kernel NULL pointer dereference at virtual address 00000010
            [00000010] *pgd=00000000
            Internal error: Oops: 805 [#1] SMP ARM
            CPU: 0 PID: 77 Comm: sh Not tainted 6.1.0 #1
            PC is at foo_write+0x24/0x60
            LR is at vfs_write+0x18/0x60
            pc : [<c0123456>]    lr : [<c0123400>]    psr: 60000013
            sp : c1001f60  ip : 00000000  fp : 00000000
            r10: 00000000  r9 : c1000000  r8 : 00000000
            r3 : 00000000  r2 : 00000000  r1 : 00000001  r0 : 00000000
            Flags: nZCv  IRQs on  FIQs on  Mode SVC_32  ISA ARM  Segment none
            Call trace:
             foo_write from vfs_write+0x18/0x60
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal(("section translation fault", "WRITE"), (Of(trace, "FSR").Text, Of(trace, "FSR").Bits.Single()));
        // "Flags: nZCv ... Mode SVC_32".
        Assert.Equal(("SVC", "C Z"), (Of(trace, "psr").Text, string.Join(' ', Of(trace, "psr").Bits)));
    }

    [Fact]
    public void Powerpc()
    {
        PanicTrace trace = Oops.Read("""
            BUG: Kernel NULL pointer dereference on write at 0x00000010
            Faulting instruction address: 0xc000000000123456
            Oops: Kernel access of bad area, sig: 11 [#1]
            CPU: 3 PID: 77 Comm: cat Tainted: G           OE      6.6.0 #1
            NIP:  c008000000123456 LR: c000000000223344 CTR: c000000000333333
            REGS: c0000000fe4b3a00 TRAP: 0300   Tainted: G           OE       (6.6.0)
            MSR:  8000000000009033 <SF,EE,ME,IR,DR,RI,LE>  CR: 24000000  XER: 20040000
            CFAR: c00000000000c6ec DAR: 0000000000000010 DSISR: 42000000 IRQMASK: 0
            GPR00: c000000000223344 c0000000fe4b3ca0 c000000001400000 0000000000000001
            NIP [c008000000123456] foo_read+0x36/0x90 [foo]
            Call Trace:
            [c0000000fe4b3cd0] [c000000000223344] vfs_read+0xd4/0x340
            ---[ end trace 0000000000000000 ]---
            """);
        // The kernel's own <SF,EE,ME,IR,DR,RI,LE>, lowest first.
        Assert.Equal(["LE", "RI", "DR", "IR", "ME", "EE", "SF"], Of(trace, "MSR").Bits);
        Assert.Equal(["ISSTORE", "NOHPTE"], Of(trace, "DSISR").Bits);
        Assert.Equal(0x10UL, trace.FaultAddress);
    }

    [Fact]
    public void Riscv_and_s390()
    {
        PanicTrace riscv = Oops.Read("""
            Unable to handle kernel paging request at virtual address dfffffff00000010
            Oops [#1]
            CPU: 1 PID: 99 Comm: sh Not tainted 6.8.0 #3
            epc : foo_show+0x1e/0x40
             ra : dev_attr_show+0x16/0x40
            epc : ffffffff80456789 ra : ffffffff80498765 sp : ff20000000123c00
            status: 0000000200000120 badaddr: dfffffff00000010 cause: 000000000000000d
            [<ffffffff80456789>] foo_show+0x1e/0x40
            ---[ end trace 0000000000000000 ]---
            """);
        Assert.Equal("load page fault", Of(riscv, "cause").Text);
        Assert.Equal(["SPIE", "SPP"], Of(riscv, "status").Bits);
        PanicTrace s390 = Oops.Read("""
            Unable to handle kernel pointer dereference in virtual kernel address space
            Failing address: 0000000000000000 TEID: 0000000000000483
            Oops: 0004 ilc:2 [#1] SMP
            CPU: 1 PID: 5 Comm: sh Not tainted 6.1.0 #1
            Krnl PSW : 0704c00180000000 000003ff80123456 (foo_write+0x26/0x60 [foo])
                       R:0 T:1 IO:1 EX:1 Key:0 M:1 W:0 P:0 AS:3 CC:0 PM:0 RI:0 EA:3
            Krnl GPRS: 0000000000000001 0000000000000002 0000000000000003 0000000000000004
            Call Trace:
             [<000003ff80123456>] foo_write+0x26/0x60 [foo]
            ---[ end trace 0000000000000000 ]---
            """);
        // The kernel's own line: T:1 IO:1 EX:1 Key:0 M:1 W:0 P:0 AS:3 CC:0 EA:3.
        Assert.Equal(["DAT", "IO", "EXT", "MCHECK", "EA", "BA"], Of(s390, "PSW").Bits.OrderBy(b => Array.IndexOf(["DAT", "IO", "EXT", "MCHECK", "EA", "BA"], b)));
        Assert.Equal("key 0, condition code 0, home space", Of(s390, "PSW").Text);
    }
}
