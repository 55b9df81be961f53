using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Triage;

/// <summary>Poison values: include/linux/poison.h of the kernel says what each is.</summary>
public class PoisonRuleTests
{
    [Theory]
    [InlineData("6b6b6b6b6b6b6b6b", "UseAfterFree", "POISON_FREE")]
    [InlineData("6b6b6b6b6b6b6b83", "UseAfterFree", "POISON_FREE")]
    [InlineData("000000006b6b6b6b", "UseAfterFree", "POISON_FREE")]
    [InlineData("5a5a5a5a5a5a5a5a", "Uninitialized", "POISON_INUSE")]
    [InlineData("a5a5a5a5a5a5a5a5", "SlabPoisonEnd", "POISON_END")]
    [InlineData("bbbbbbbbbbbbbbbb", "RedZone", "SLUB_RED_INACTIVE")]
    [InlineData("cccccccccccccccc", "RedZone", "SLUB_RED_ACTIVE")]
    [InlineData("aaaaaaaaaaaaaaaa", "PagePoison", "PAGE_POISON")]
    [InlineData("dead000000000100", "ListPoison", "LIST_POISON1")]
    [InlineData("dead000000000122", "ListPoison", "LIST_POISON2")]
    [InlineData("dead000000000200", "ListPoison", "LIST_POISON2")]
    [InlineData("5deadbeef0000100", "ListPoison", "LIST_POISON1")]
    [InlineData("dead000000000300", "PoisonedPointer", "TIMER_ENTRY_STATIC")]
    public void A_register_with_poison_is_named(string value, string id, string constant)
    {
        DiagnosisFact fact = Oops.Protection("", $"RAX: {value} RBX: ffff888004b0c040 RCX: 0000000000000027").Fact(id)!;
        Assert.StartsWith("RAX holds " + constant, fact.Statement, StringComparison.Ordinal);
        Assert.Contains($"RAX is {value.TrimStart('0')}", fact.Evidence, StringComparison.Ordinal);
        Assert.Contains("include/linux/poison.h", fact.Source, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6b6b6b6b00000000")]
    [InlineData("0000000000006b6b")]
    [InlineData("00000000aaaaaaaa")]
    [InlineData("00000000cccccccc")]
    [InlineData("dead000000001100")]
    [InlineData("0000000000000100")]
    [InlineData("0000000000000122")]
    [InlineData("ffff88800dead000")]
    [InlineData("aaaaaaaaaaaaaaab")]
    public void Values_that_only_resemble_it_say_nothing(string value) =>
        Assert.Empty(Oops.Protection("", $"RAX: {value} RBX: ffff888004b0c040 RCX: 0000000000000027").Ids());

    [Fact]
    public void What_code_makes_itself_proves_nothing()
    {
        // list_del loads the list poison to write it, memset multiplies its byte.
        Assert.Empty(Oops.PageFault("ffff888004b0c000", "RAX: dead000000000100 RBX: dead000000000122").Ids());
        Assert.Empty(Oops.PageFault("ffff888004b0c000", "RAX: 6b6b6b6b6b6b6b6b RBX: ffff888004b0c040", rip: "RIP: 0010:memset_orig+0x33/0xb0").Ids());
        Assert.Equal(["UseAfterFree"], Oops.PageFault("ffff888004b0c000", "RAX: 6b6b6b6b6b6b6b6b RBX: ffff888004b0c040").Ids());
    }

    [Fact]
    public void Several_registers_are_named_together()
    {
        DiagnosisFact fact = Oops.Protection("", "RAX: 6b6b6b6b6b6b6b6b RBX: 6b6b6b6b6b6b6b6b RCX: 0000000000000027").Fact("UseAfterFree")!;
        Assert.StartsWith("RAX, RBX hold POISON_FREE", fact.Statement, StringComparison.Ordinal);
    }

    [Fact]
    public void The_stack_pointer_and_the_control_registers_hold_no_poison() =>
        Assert.Empty(Oops.Protection("", "RAX: 0000000000000001 RBX: ffff888004b0c040 RCX: 0000000000000027\nFS:  6b6b6b6b6b6b6b6b(0000) GS:6b6b6b6b6b6b6b6b(0000)").Ids());

    [Fact]
    public void The_faulting_address_may_be_an_offset_from_it()
    {
        Assert.Contains("The faulting address is made of POISON_FREE", Oops.Protection("6b6b6b6b6b6b6bab", "RAX: 0000000000000001 RBX: 0000000000000002 RCX: 0000000000000027").Fact("UseAfterFree")!.Statement, StringComparison.Ordinal);
        Assert.Contains("The faulting address is made of LIST_POISON1", Oops.Protection("dead000000000108", "RAX: 0000000000000001 RBX: 0000000000000002 RCX: 0000000000000027").Fact("ListPoison")!.Statement, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dump_that_was_asked_for_is_no_crash() => Assert.Empty(Oops.Read("""
        sysrq: Show Regs
        CPU: 1 PID: 120 Comm: sh Not tainted 6.1.0 #1
        RIP: 0010:foo_open+0x14/0x40
        RAX: 6b6b6b6b6b6b6b6b RBX: ffff888004b0c040 RCX: 0000000000000027
        Call Trace:
         foo_open+0x14/0x40
        """).Diagnosis);

    [Theory]
    [InlineData("00000100", "00000122", true)]
    [InlineData("00000100", "00000200", true)]
    [InlineData("00000100", "00000300", false)]
    [InlineData("00000104", "00000122", false)]
    public void On_32_bits_the_list_poison_counts_only_as_a_pair(string first, string second, bool isFact) => Assert.Equal(isFact, Oops.Read($"""
        BUG: unable to handle page fault for address: 00000104
        Oops: 0002 [#1] SMP
        CPU: 0 PID: 9 Comm: sh Not tainted 5.10.0 #1
        EIP: foo_open+0x14/0x40
        EAX: {first} EBX: {second} ECX: c1234567 EDX: 00000001
        Call Trace:
         vfs_open+0x28/0x30
        ---[ end trace 0000000000000000 ]---
        """).Fact("ListPoison") is not null);

    [Theory]
    [InlineData("ffff8880dead4ead", "SPINLOCK_MAGIC")]
    [InlineData("00000001deaf1eed", "RWLOCK_MAGIC")]
    [InlineData("dead4ead00000000", null)]
    public void A_lock_taken_for_a_pointer(string address, string? magic) =>
        Assert.Equal(magic, Oops.PageFault(address).Fact("LockMagic")?.Statement.Split(' ').First(w => w.EndsWith("_MAGIC,", StringComparison.Ordinal)).TrimEnd(','));
}
