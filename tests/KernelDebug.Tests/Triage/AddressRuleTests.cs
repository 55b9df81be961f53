using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Triage;

public class AddressRuleTests
{
    [Theory]
    [InlineData("0000000000000000", "NULL itself")]
    [InlineData("0000000000000010", "0x10 above NULL")]
    [InlineData("0000000000000fff", "0xfff above NULL")]
    [InlineData("0000000000001000", null)]
    public void Null_and_what_is_near_it(string address, string? words)
    {
        DiagnosisFact? fact = Oops.PageFault(address).Fact("NullOffset");
        Assert.Equal(words is not null, fact is not null);
        Assert.Contains(words ?? "", fact?.Statement ?? "", StringComparison.Ordinal);
    }

    // The numbers are those of errno-base.h.
    [Theory]
    [InlineData("fffffffffffffff4", "RDI: fffffffffffffff4", "RDI is -12 (ENOMEM)")]
    [InlineData("fffffffffffffffc", "RDI: ffffffffffffffea", "RDI is -22 (EINVAL), the access is 0x12 above it")]
    [InlineData("fffffffffffffff4", "RDI: ffff888004b0c000", "As an error it would be -12 (ENOMEM), or a lower one")]
    [InlineData("fffffffffffffff4", "RDI: fffffffffffffff4 RSI: fffffffffffffff0", "As an error it would be")]
    [InlineData("fffffffffffffff4", "RDI: ffffffffffffffff", "As an error it would be")]
    public void Error_pointers(string address, string registers, string words) =>
        Assert.Contains(words, Oops.PageFault(address, registers).Fact("ErrorPointer")!.Statement, StringComparison.Ordinal);

    [Fact]
    public void A_return_code_in_a_register_is_no_error_pointer()
    {
        Assert.Empty(Oops.PageFault("ffff888004b0c000", "RAX: fffffffffffffff4 RBX: ffffffffffffffff").Ids());
        Assert.Null(Oops.PageFault("ffffffffffffefff").Fact("ErrorPointer"));
    }

    [Theory]
    [InlineData("6c6c65682f6e6962", "bin/hell")]
    [InlineData("3030303030303030", null)]
    [InlineData("006c65682f6e6962", null)]
    [InlineData("ff6c65682f6e6962", null)]
    public void Text_in_a_pointer(string address, string? text) =>
        Assert.Equal(text, Oops.Protection(address, "RAX: 0000000000000001 RBX: 0000000000000002 RCX: 0000000000000027").Fact("TextInPointer")?.Statement.Split('\'')[1]);

    [Fact]
    public void Text_in_a_register_counts_where_nothing_better_is_known()
    {
        Assert.StartsWith("RBX reads as the text 'bin/hell'", Oops.Protection("", "RAX: 0000000000000001 RBX: 6c6c65682f6e6962").Fact("TextInPointer")!.Statement, StringComparison.Ordinal);
        Assert.Null(Oops.PageFault("ffff888004b0c000", "RBX: 6c6c65682f6e6962").Fact("TextInPointer"));
        Assert.Null(Oops.Protection("dead000000000100", "RBX: 6c6c65682f6e6962").Fact("TextInPointer"));
    }

    [Theory]
    [InlineData("1122334455667798", "RBX: 1122334455667788", "RBX holds no canonical address, and the faulting one is 0x10 above it")]
    [InlineData("1122334455667788", "RBX: 1122334455667788", "RBX holds no canonical address, the faulting one")]
    public void The_register_of_a_non_canonical_access(string address, string registers, string words) =>
        Assert.StartsWith(words, Oops.Protection(address, registers).Fact("NonCanonicalRegister")!.Statement, StringComparison.Ordinal);

    [Theory]
    [InlineData("1122334455667798", "RBX: 2122334455667788")]
    [InlineData("1122334455667798", "RBX: ffff888004b0c000 RCX: 00007fffffffffff RDX: ffff800000000000")]
    [InlineData("", "RBX: 1122334455667788")]
    public void Other_registers_are_not_its(string address, string registers) => Assert.Null(Oops.Protection(address, registers).Fact("NonCanonicalRegister"));

    [Fact]
    public void Kasan_says_what_the_shadow_was_of()
    {
        const string Registers = "RAX: dffffc0000000000 RBX: 0000000000000002 RCX: 0000000000000027";
        Assert.Contains("NULL plus 0x18 to 0x1f", Oops.Protection("dffffc0000000003", Registers, more: "KASAN: null-ptr-deref in range [0x0000000000000018-0x000000000000001f]").Fact("KasanShadowOfNull")!.Statement, StringComparison.Ordinal);
        // The kernel prints that line since v5.11; the arithmetic is the same without it.
        Assert.Contains("NULL plus 0x18 to 0x1f", Oops.Protection("dffffc0000000003", Registers).Fact("KasanShadowOfNull")!.Statement, StringComparison.Ordinal);
        PanicTrace wild = Oops.Protection("e3fffc0000000003", Registers, more: "KASAN: maybe wild-memory-access in range [0x2000000000000018-0x200000000000001f]");
        Assert.Equal(["KasanShadow"], wild.Ids());
        Assert.Contains("0x2000000000000018", wild.Fact("KasanShadow")!.Statement, StringComparison.Ordinal);
        Assert.Null(Oops.Protection("dffffc0000000200", Registers).Fact("KasanShadowOfNull"));
    }

    [Theory]
    [InlineData("00007f12d0e0f000", 0, true)]
    [InlineData("00007f12d0e0f000", 4, false)]
    [InlineData("ffff888004b0c000", 0, false)]
    [InlineData("0000800000000000", 0, false)]
    public void A_user_address_in_kernel_mode(string address, int error, bool isFact) => Assert.Equal(isFact, Oops.PageFault(address, error: error).Fact("UserAddress") is not null);

    [Theory]
    [InlineData("ffffffff81000000", "kernel image")]
    [InlineData("ffffffffc0400000", "modules' range")]
    [InlineData("fffffe0000001000", "CPU entry area")]
    [InlineData("ffff888004b0c000", null)]
    [InlineData("ffffc90000477e38", null)]
    [InlineData("ffffea0000000000", null)]
    public void Ranges_that_no_boot_moves(string address, string? words)
    {
        DiagnosisFact? fact = Oops.PageFault(address).Fact("AddressRange");
        Assert.Equal(words is not null, fact is not null);
        Assert.Contains(words ?? "", fact?.Statement ?? "", StringComparison.Ordinal);
    }

    // arch/x86/mm/kaslr.c moves these ranges, unless KASLR is off or KASAN needs its shadow where it is.
    [Theory]
    [InlineData("ffff888004b0c000", "00000000000006e0", "direct map")]
    [InlineData("ffffc90000477e38", "00000000000006e0", "vmalloc")]
    [InlineData("ffffea0000000000", "00000000000006e0", "vmemmap")]
    [InlineData("ffffed1000000000", "00000000000006e0", "KASAN's shadow")]
    [InlineData("ff11000004b0c000", "00000000000016e0", "direct map")]
    [InlineData("ffa0000000477e38", "00000000000016e0", "vmalloc")]
    [InlineData("ffff888004b0c000", "00000000000016e0", "KASAN's shadow")]
    [InlineData("ffffe90000000000", "00000000000006e0", null)]
    public void Ranges_where_nothing_is_moved(string address, string cr4, string? words)
    {
        foreach (string where in new[] { "Oops: 0000 [#1] PREEMPT SMP KASAN", "Oops: 0000 [#1] PREEMPT SMP" })
        {
            DiagnosisFact? fact = Oops.Read($"""
                BUG: unable to handle page fault for address: {address}
                {where}
                CPU: 1 PID: 120 Comm: sh Not tainted 6.1.0 #1
                RIP: 0010:foo_open+0x14/0x40
                RSP: 0018:ffffc90000477e38 EFLAGS: 00010246
                RAX: 0000000000000000 RBX: ffff888004b0c040 RCX: 0000000000000027
                CR2: {address} CR3: 0000000005a5c000 CR4: {cr4}
                Call Trace:
                 vfs_open+0x28/0x30
                ---[ end trace 0000000000000000 ]---
                """).Fact("AddressRange");
            Assert.Equal(words is not null && where.EndsWith("KASAN", StringComparison.Ordinal), fact is not null);
            Assert.Contains(fact is null ? "" : words!, fact?.Statement ?? "", StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("ffff850000000000", true)]
    [InlineData("ffff888004b0c000", false)]
    public void The_hole_below_the_direct_map(string address, bool isFact) => Assert.Equal(isFact, Oops.PageFault(address).Fact("UnmappedHole") is not null);

    [Theory]
    [InlineData("Unable to handle kernel paging request at virtual address ffff80008123bd00", 0xffff80008123bd00)]
    [InlineData("Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010", 0x10)]
    [InlineData("BUG: kernel NULL pointer dereference, address: 0000000000000030", 0x30)]
    [InlineData("BUG: unable to handle kernel NULL pointer dereference at           (null)", 0)]
    [InlineData("BUG: unable to handle kernel paging request at ffffffffa0012345", 0xffffffffa0012345)]
    [InlineData("BUG: Kernel NULL pointer dereference on read at 0x00000010", 0x10)]
    [InlineData("BUG: Unable to handle kernel data access on write at 0xc00a000000000008", 0xc00a000000000008)]
    [InlineData("CPU 1 Unable to handle kernel paging request at virtual address 0000000000000008, era == 9000000000212345, ra == 9000000000212300", 8)]
    public void The_faulting_address_is_the_headline_s(string headline, ulong address) => Assert.Equal(address, Oops.Report(headline).FaultAddress);

    [Fact]
    public void S390_has_a_line_for_it() => Assert.Equal(0x800UL, Oops.Report("Unable to handle kernel pointer dereference in virtual kernel address space", "Failing address: 0000000000000800 TEID: 0000000000000883").FaultAddress);

    [Fact]
    public void CR2_is_an_older_fault_s_where_the_trap_is_another()
    {
        Assert.Null(Oops.Protection("", "").FaultAddress);
        Assert.Null(Oops.Warning("x").FaultAddress);
    }
}
